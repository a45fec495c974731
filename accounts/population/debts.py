"""What a person's cards allow, what is owed on them and what is paid of it, by the trait of credit."""

import polars as pl

from .chance import between, happens
from .stories import Credit
from .traits import by_trait


def with_cards(people: pl.DataFrame) -> pl.DataFrame:
    one_high = pl.col("credit") == Credit.ONE_HIGH
    has_card = pl.col("credit") != Credit.NONE
    people = people.with_columns(
        has_card=has_card,
        second_card=has_card & (one_high | happens("second card", 300)),
        apr=between("apr", 1899, 2999),
        limit=pl.when(one_high).then(between("limit", 10, 20)).otherwise(between("limit", 20, 90)) * 10_000,
    ).with_columns(
        limit2=pl.when(one_high).then(pl.col("limit") * 5).otherwise(between("second limit", 20, 120) * 10_000)
    )
    return people.with_columns(column for at in ("", "_before") for column in _owed(at)).with_columns(
        column for at in ("", "_before") for column in _paid(at)
    )


def _owed(at: str) -> tuple[pl.Expr, pl.Expr]:
    use = {
        Credit.MAXED: (7200, 9700),
        Credit.CARRYING: (5200, 6700),
        Credit.OVERDUE: (3000, 6000),
        Credit.MINIMUM_ONLY: (800, 2400),
        Credit.ONE_HIGH: (5500, 7500),
    }
    first = by_trait(
        f"credit{at}",
        {trait: between("use", *span) for trait, span in use.items()},
        between("use", 300, 2400),
    )
    other = {trait: between("second use", *span) for trait, span in use.items() if trait != Credit.ONE_HIGH}
    second = by_trait(f"credit{at}", other, between("second use", 300, 1500))
    return (
        (pl.col("limit") * first // 10_000).alias(f"owed{at}"),
        (pl.col("limit2") * second // 10_000).alias(f"owed2{at}"),
    )


def _paid(at: str) -> tuple[pl.Expr, ...]:
    """The minimum, what is paid of each card in a month, and a month's interest."""
    full = pl.col(f"credit{at}") == Credit.CALM
    only_minimum = pl.col(f"credit{at}") == Credit.MINIMUM_ONLY
    least, least2 = (pl.max_horizontal(pl.lit(2500), pl.col(f"owed{card}{at}") * 25 // 1000) for card in ("", "2"))
    return (
        least.alias(f"minimum{at}"),
        least2.alias(f"minimum2{at}"),
        pl.when(full)
        .then(pl.col("on_card"))
        .when(only_minimum)
        .then(least)
        .otherwise(3 * least + 2000)
        .alias(f"payment{at}"),
        pl.when(full)
        .then(pl.col("fuel") * 30 // 9 + 3000)
        .when(only_minimum)
        .then(least2)
        .otherwise(3 * least2 + 2000)
        .alias(f"payment2{at}"),
        (pl.col(f"owed{at}") * pl.col("apr") // 120_000).alias(f"interest{at}"),
    )
