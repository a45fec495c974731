"""Governs the signals of spending."""

import polars as pl

from .laid import Laid, spent
from .rounding import decimal, money, quotient
from .windows import QUARTER


def spending(laid: Laid) -> pl.DataFrame:
    """Beside the signals: `spend`, `quarter_spend`, `quarter_divided` and `quarter_rows`, which others divide by."""
    sums = laid.windows.over(
        laid.persons,
        laid.rows,
        {"spend": pl.when(spent()).then(-pl.col("cents")).otherwise(0)},
    )
    known = laid.each.join(sums, on=["person", "window"], maintain_order="left")
    quarter = known.filter(pl.col("window") == QUARTER).select(
        "person", quarter_spend="spend", quarter_divided="divided", quarter_rows="rows"
    )
    known = known.join(quarter, on="person", maintain_order="left")
    return known.select(
        "person", "window", "spend", "quarter_spend", "quarter_divided", "quarter_rows",
        pl.col("days_covered").alias("spending.days_covered"),
        pl.col("rows").alias("spending.transaction_count"),
        money(pl.col("spend")).alias("spending.spend_total"),
        a_month("spend", "divided").alias("spending.monthly_spend"),
        a_month("quarter_spend", "quarter_divided").alias("spending.monthly_spend_90d"),
    )  # fmt: skip


def a_month(cents: str, divided: str) -> pl.Expr:
    """What an amount of a window comes to in a month of 30 days."""
    return decimal(quotient(pl.col(cents).cast(pl.Int128) * 30, pl.col(divided)), 2)
