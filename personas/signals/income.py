"""Governs the signals of income: deposits, their rhythm, and how long the checking balance lasts."""

import polars as pl

from accounts.statements.classes import Flow
from personas.catalogue import Frequency, IncomeType

from .frames import LOOKBACK, SAVED, Kind
from .laid import Laid
from .rounding import decimal, money, quotient

LEAST = 10_000  # cents of an inflow without a category that may be a deposit
OFTEN = 3
BLOCK = 30  # days
SPAN = 4  # days of the month


def income(laid: Laid, spent: pl.DataFrame) -> pl.DataFrame:
    found = deposits(laid.rows)
    checking = (
        laid.accounts.filter(pl.col("kind") == Kind.CHECKING.value)
        .group_by("person")
        .agg(
            checking=pl.len().cast(pl.Int64),
            balance=pl.when(pl.col("balance_cents").count() > 0).then(pl.col("balance_cents").sum()),
        )
    )
    known = laid.each
    for frame in (_amounts(found, laid), _paydays(found), checking):
        known = known.join(frame, on="person", how="left", maintain_order="left")
    known = known.join(spent, on=["person", "window"], maintain_order="left")
    buffer = quotient(pl.col("balance").cast(pl.Int128) * pl.col("divided"), pl.col("spend") * 30, 100)
    return known.select(
        "person", "window",
        pl.col("checking").fill_null(0),
        pl.col("deposits").fill_null(0).alias("income.deposit_count"),
        pl.col("paydays").fill_null(0).alias("income.payday_count"),
        decimal(pl.col("gap") * 10, 1).alias("income.median_pay_gap_days"),
        _frequency().alias("income.payment_frequency"),
        decimal(pl.col("varies").fill_null(0), 2).alias("income.income_variability_pct"),
        decimal(buffer, 2).alias("income.cash_flow_buffer_months"),
        money(pl.col("balance")).alias("income.checking_balance"),
        money(pl.col("monthly")).alias("income.monthly_income"),
        pl.col("last_on").alias("income.last_pay_date"),
        pl.lit(LOOKBACK, dtype=pl.Int64).alias("income.lookback_days"),
    ).with_columns(_type().alias("income.income_type"))  # fmt: skip


def deposits(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that are income."""
    paid = pl.col("flow") == Flow.INCOME.value
    uncategorised = ~pl.col("categorised") & (pl.col("cents") >= LEAST)
    inflows = rows.filter(
        pl.col("cents") > 0,
        pl.col("kind").is_in([Kind.CHECKING.value, *SAVED]),
        pl.col("flow") != Flow.TRANSFER.value,
        ~pl.col("not_income"),
        paid | uncategorised,
    )
    regular = (
        inflows.filter(uncategorised)
        .group_by("person", "merchant_key")
        .agg(times=pl.len())
        .filter(pl.col("times") >= OFTEN)
    )
    comes_often = inflows.filter(~paid).join(regular, on=["person", "merchant_key"], how="semi")
    return pl.concat([inflows.filter(paid), comes_often]).sort("at")


def _amounts(found: pl.DataFrame, laid: Laid) -> pl.DataFrame:
    """deposits, monthly, last_on and `varies`: hundredths of a percent between deposits."""
    cents, n = pl.col("cents").cast(pl.Int128), pl.col("deposits").cast(pl.Int128)
    blocks = [f"block_{block}" for block in range(3)]
    grouped = found.group_by("person").agg(
        total=cents.sum(),
        squares=(cents * cents).sum(),
        deposits=pl.len().cast(pl.Int64),
        last_on=pl.col("posted_on").max(),
        **{name: pl.col("cents").filter(pl.col("age") // BLOCK == block).sum() for block, name in enumerate(blocks)},
    )
    total = pl.col("total")
    spread = n * (n * pl.col("squares") - total * total)
    deviation = (spread.cast(pl.Float64) / (n - 1).cast(pl.Float64)).sqrt() / total.cast(pl.Float64) * 100
    middle = pl.sum_horizontal(blocks) - pl.max_horizontal(blocks) - pl.min_horizontal(blocks)
    return grouped.select(
        "person", "deposits", "last_on",
        monthly=middle,
        varies=pl.when(pl.col("deposits") > 1).then(((deviation + 1e-9) * 100 + 0.5).floor().cast(pl.Int64)),
    )  # fmt: skip


def _paydays(found: pl.DataFrame) -> pl.DataFrame:
    """paydays, `gap` (median), and whether their days of the month fit into two short spans."""
    days = found.select("person", "posted_on").unique(maintain_order=True)
    gap = pl.when(pl.col("person") == pl.col("person").shift()).then(
        (pl.col("posted_on") - pl.col("posted_on").shift()).dt.total_days()
    )
    days = days.with_columns(gap=gap, day=pl.col("posted_on").dt.day().cast(pl.Int64))
    # The first span can only begin at the first day; what it leaves over has to fit into the second.
    rest = pl.col("day").filter(pl.col("day") >= pl.col("day").min() + SPAN)
    return days.group_by("person").agg(
        paydays=pl.len().cast(pl.Int64),
        gap=pl.col("gap").median(),
        two_spans=(rest.max() - rest.min()).fill_null(0) < SPAN,
    )


def _frequency() -> pl.Expr:
    gap = pl.col("gap")
    fortnight = gap.is_between(12, 18)
    twice = (gap == 15) | ((pl.col("paydays") >= 4) & pl.col("two_spans"))
    return (
        pl.when(gap.is_null())
        .then(pl.lit(Frequency.UNKNOWN.value))
        .when(gap.is_between(6, 8))
        .then(pl.lit(Frequency.WEEKLY.value))
        .when(gap.is_between(25, 35))
        .then(pl.lit(Frequency.MONTHLY.value))
        .when(fortnight & twice)
        .then(pl.lit(Frequency.SEMI_MONTHLY.value))
        .when(fortnight & (gap <= 16))
        .then(pl.lit(Frequency.BIWEEKLY.value))
        .otherwise(pl.lit(Frequency.IRREGULAR.value))
    )


def _type() -> pl.Expr:
    frequency, varies = pl.col("income.payment_frequency"), pl.col("income.income_variability_pct")
    return (
        pl.when(frequency == Frequency.UNKNOWN.value)
        .then(pl.lit(IncomeType.UNKNOWN.value))
        .when(varies >= 20)
        .then(pl.lit(IncomeType.FREELANCE.value))
        .when((frequency != Frequency.IRREGULAR.value) & (varies < 10))
        .then(pl.lit(IncomeType.PAYROLL.value))
        .otherwise(pl.lit(IncomeType.MIXED.value))
    )
