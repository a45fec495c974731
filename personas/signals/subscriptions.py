"""Governs the signals of subscriptions: what recurs in the last 90 days, whether it still does, what it costs."""

import polars as pl

from accounts.statements.classes import Flow

from .laid import SPENDING_KINDS, Laid
from .recurring import recurring
from .rounding import decimal, quotient, whole
from .windows import QUARTER

UNKNOWN = "unknown"  # the merchant key of a row that names none: no merchant, however often it comes
STILL_WEEKLY, STILL_OTHERS = 10, 45  # days since the last charge
MERCHANT = (
    "name", "merchant_key", "amount", "average_charge", "frequency", "rule", "charges_in_window",
    "first_charge_date", "last_charge_date", "active",
)  # fmt: skip


def subscriptions(laid: Laid, spent: pl.DataFrame) -> pl.DataFrame:
    merchants = _merchants(laid)
    active = pl.col("active")
    found = merchants.group_by("person", maintain_order=True).agg(
        active.sum().cast(pl.Int64).alias("active"),
        (~active).sum().cast(pl.Int64).alias("inactive"),
        pl.col("nanos").filter(active).sum(),
        pl.struct(MERCHANT).alias("merchants"),
    )
    known = laid.each.join(found, on="person", how="left", maintain_order="left").join(
        spent, on=["person", "window"], maintain_order="left"
    )
    nanos = pl.col("nanos").fill_null(0).cast(pl.Int128)
    share = quotient(nanos * pl.col("divided") * 10_000, pl.col("spend") * 30)
    return known.select(
        "person", "window",
        pl.col("active").fill_null(0).alias("subscriptions.recurring_merchant_count"),
        pl.col("inactive").fill_null(0).alias("subscriptions.inactive_merchant_count"),
        decimal(whole(nanos), 2).alias("subscriptions.monthly_recurring_spend"),
        decimal(whole(share).fill_null(0), 2).alias("subscriptions.subscription_share_pct"),
        pl.lit(QUARTER, dtype=pl.Int64).alias("subscriptions.lookback_days"),
        pl.col("merchants").fill_null([]).alias("subscriptions.merchants"),
    )  # fmt: skip


def _merchants(laid: Laid) -> pl.DataFrame:
    """The recurring merchants of everybody, by person, dearest first."""
    found = recurring(_charges(laid)).with_columns(person=(pl.col("group") // 2**32).cast(pl.UInt32))
    named = laid.rows[found["newest"]].select(
        name=pl.col("merchant").cast(pl.String), merchant_key=pl.col("merchant_key").cast(pl.String)
    )
    found = found.hstack(named).join(laid.people.select("person", "as_of"), on="person", maintain_order="left")
    silent = pl.col("as_of").cast(pl.Int32) - pl.col("last")
    still = pl.when(pl.col("frequency") == "weekly").then(STILL_WEEKLY).otherwise(STILL_OTHERS)
    return found.with_columns(
        amount=decimal(whole(pl.col("nanos")), 2),
        average_charge=decimal(quotient(pl.col("total"), pl.col("times")), 2),
        charges_in_window=pl.col("times").cast(pl.Int64),
        first_charge_date=pl.col("first").cast(pl.Date),
        last_charge_date=pl.col("last").cast(pl.Date),
        active=silent <= still,
    ).sort("person", "amount", "name", "merchant_key", descending=[False, True, False, False])


def _charges(laid: Laid) -> pl.DataFrame:
    rows = laid.rows.filter(
        pl.col("age") < QUARTER,
        pl.col("cents") < 0,
        pl.col("kind").is_in(SPENDING_KINDS),
        pl.col("flow").is_in([Flow.SUBSCRIPTION.value, Flow.OTHER.value]),
        ~pl.col("not_subscription"),
    )
    merchant = rows["merchant_key"].cast(pl.Categorical)
    group = pl.col("person").cast(pl.Int64) * 2**32 + pl.lit(merchant.to_physical())
    quarter = laid.each.filter(pl.col("window") == QUARTER).select("person", "divided")
    return (
        rows.select(
            "person",
            "at",
            group=group,
            known=pl.lit(merchant) != UNKNOWN,
            day=pl.col("posted_on").cast(pl.Int32),
            charge=-pl.col("cents"),
            subscribed=pl.col("flow") == Flow.SUBSCRIPTION.value,
        )
        .filter("known", pl.len().over("group") >= 3)
        .join(quarter, on="person", maintain_order="left")
    )
