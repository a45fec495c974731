"""Governs what a measurement says of itself: what it saw, what it left out, and from what it was made."""

import polars as pl

from personas.catalogue import Category

from .gaps import CARDS, CHECKING, SAVINGS, not_enough
from .laid import Laid

ALGORITHM = "signals-1"
EXCLUDED = ("pending_excluded", "future_excluded", "other_currency_excluded")


def meta(laid: Laid, measured: pl.DataFrame, fingerprints: pl.DataFrame) -> pl.DataFrame:
    """Takes what the categories answered, and person, data_fingerprint."""
    in_force = laid.corrections.group_by("person").agg(
        corrections=pl.col("correction_id").cast(pl.String).sort(),
    )
    people = laid.people.drop("as_of", "days_covered").join(fingerprints, on="person", maintain_order="left")
    known = (
        measured.select(pl.exclude("credit.cards", "subscriptions.merchants"))
        .join(laid.each, on=["person", "window"], maintain_order="left")
        .join(people, on="person", maintain_order="left")
        .join(in_force, on="person", how="left", maintain_order="left")
    )
    known = known.join(not_enough(known), on=["person", "window"], how="left", maintain_order="left")
    days = pl.col("window")
    return known.select(
        "person", "window",
        pl.format("{}d", days).alias("meta.window"),
        (pl.col("as_of") - pl.duration(days=days - 1)).alias("meta.window_start"),
        pl.col("as_of").alias("meta.as_of"),
        pl.col("currency").alias("meta.currency"),
        _present().alias("meta.categories_present"),
        _behaviors().alias("meta.behaviors_detected"),
        *(pl.col(name).fill_null(0).alias(f"meta.{name}") for name in EXCLUDED),
        (pl.col("days_covered") < days).alias("meta.partial_window"),
        pl.col("not_enough").fill_null([]).alias("meta.not_enough"),
        pl.col("corrections").fill_null([]).alias("meta.corrections"),
        pl.lit(ALGORITHM).alias("meta.algorithm_version"),
        pl.col("data_fingerprint").alias("meta.data_fingerprint"),
    )  # fmt: skip


def _present() -> pl.Expr:
    present = {
        Category.CREDIT: CARDS,
        Category.INCOME: CHECKING | (pl.col("income.deposit_count") > 0),
        Category.SAVINGS: SAVINGS,
        Category.SUBSCRIPTIONS: pl.col("quarter_rows") > 0,
    }
    named = [pl.when(holds).then(pl.lit(category.value)) for category, holds in present.items()]
    return pl.concat_list(named).list.drop_nulls()


def _behaviors() -> pl.Expr:
    moved = (pl.col("savings.total_savings_balance") > 0) | (pl.col("savings.net_savings_inflow") != 0)
    detected = (
        pl.col("known_cards") > 0,
        pl.col("income.deposit_count") >= 2,
        moved.fill_null(False),
        pl.col("subscriptions.recurring_merchant_count") >= 1,
    )
    return pl.sum_horizontal(one.cast(pl.Int64) for one in detected)
