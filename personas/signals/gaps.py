"""Governs what the rows of a person cannot tell, and the sentence that says so."""

from typing import NamedTuple

import polars as pl

from personas.catalogue import Category

SHORT = 60  # days in which three monthly charges cannot be seen
CARDS, CHECKING = pl.col("credit.num_credit_cards") > 0, pl.col("checking") > 0
SAVINGS = pl.col("savings.num_savings_accounts") > 0
COVERED, PAYDAYS, WINDOW = pl.col("days_covered"), pl.col("income.payday_count"), pl.col("window")


class Gap(NamedTuple):
    """Something that the rows cannot tell; `numbers` stand in the sentence where it has braces."""

    category: Category
    reason: str
    when: pl.Expr
    sentence: str
    numbers: tuple[pl.Expr, ...] = ()


GAPS = (
    Gap(
        Category.CREDIT,
        "no_limit_or_balance",
        CARDS & (pl.col("known_cards") == 0),
        "No card has a known balance and limit.",
    ),
    Gap(
        Category.INCOME,
        "few_paydays",
        CHECKING & (PAYDAYS < 2),
        "Two paydays are needed to see a rhythm; {} known.",
        (PAYDAYS,),
    ),
    Gap(Category.SAVINGS, "no_balance", SAVINGS & (pl.col("balances") == 0), "No savings balance is known."),
    Gap(
        Category.SUBSCRIPTIONS,
        "short_history",
        COVERED < SHORT,
        f"Three monthly charges need about {SHORT} days of rows; {{}} covered.",
        (COVERED,),
    ),
    Gap(
        Category.SPENDING,
        "short_history",
        COVERED < WINDOW,
        "{} of {} days are covered; amounts are scaled to a month.",
        (COVERED, WINDOW),
    ),
)


def not_enough(known: pl.DataFrame) -> pl.DataFrame:
    """person, window and not_enough, for those to whom it applies."""
    found = [
        known.filter(gap.when).select(
            "person",
            "window",
            place=pl.lit(place),
            category=pl.lit(gap.category.value),
            reason=pl.lit(gap.reason),
            sentence=pl.format(gap.sentence, *gap.numbers),
        )
        for place, gap in enumerate(GAPS)
    ]
    return (
        pl.concat(found)
        .sort("person", "window", "place")
        .group_by("person", "window", maintain_order=True)
        .agg(not_enough=pl.struct("category", "reason", "sentence"))
    )
