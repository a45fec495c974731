"""Governs the signals of savings."""

import polars as pl

from accounts.statements.classes import Flow
from personas.catalogue import FundLevel

from .frames import SAVED, Kind
from .laid import Laid
from .rounding import decimal, money, percent, quotient
from .spending import a_month

NAMED = r"(?i)(?:^|[^\pL\pN])savings(?:$|[^\pL\pN])"
LEVELS = ((6, FundLevel.EXCELLENT), (3, FundLevel.GOOD), (1, FundLevel.BUILDING))


def savings(laid: Laid, spent: pl.DataFrame) -> pl.DataFrame:
    held = _held(laid)
    cents = pl.col("saved")
    moves = laid.windows.over(
        held.select("person"),
        _moves(laid, held),
        {"flow": cents},
        {"deposit": cents.clip(lower_bound=0), "withdrawal": (-cents).clip(lower_bound=0)},
    )
    known = (
        laid.each.join(held, on="person", how="left", maintain_order="left")
        .join(moves, on=["person", "window"], how="left", maintain_order="left")
        .join(spent, on=["person", "window"], maintain_order="left")
    )
    start = pl.col("balance") - pl.col("flow")
    growth = (
        pl.when(pl.col("balances") == 0)
        .then(None)
        .when(start > 0)
        .then(percent(pl.col("flow"), start))
        .when(pl.col("flow") > 0)
        .then(decimal(pl.lit(10_000), 2))
        .when(pl.col("flow") <= 0)
        .then(decimal(pl.lit(0), 2))
    )
    fund = decimal(
        quotient(pl.col("fund").cast(pl.Int128) * pl.col("quarter_divided"), pl.col("quarter_spend") * 30, 100), 2
    )
    return known.select(
        "person", "window", "balances",
        pl.col("accounts").fill_null(0).alias("savings.num_savings_accounts"),
        money(pl.col("balance")).alias("savings.total_savings_balance"),
        a_month("flow", "divided").alias("savings.net_savings_inflow"),
        growth.alias("savings.savings_growth_rate_pct"),
        fund.alias("savings.emergency_fund_months"),
        money(pl.col("deposit")).alias("savings.largest_deposit"),
        money(pl.col("withdrawal")).alias("savings.largest_withdrawal"),
        pl.col("inferred").alias("savings.inferred"),
    ).with_columns(_level(pl.col("savings.emergency_fund_months")).alias("savings.emergency_fund_level"))  # fmt: skip


def _held(laid: Laid) -> pl.DataFrame:
    """One row for each person with a savings account."""
    balance = pl.col("balance_cents")
    return (
        laid.accounts.filter(pl.col("kind").is_in(SAVED))
        .group_by("person")
        .agg(
            accounts=pl.len().cast(pl.Int64),
            balances=balance.count().cast(pl.Int64),
            balance=balance.sum(),
            fund=balance.filter(pl.col("kind") != Kind.HSA.value).sum(),
            inferred=~pl.col("has_ledger").any(),
        )
    )


def _moves(laid: Laid, held: pl.DataFrame) -> pl.DataFrame:
    """Rows that show money saved: those of the savings accounts, else what checking says of transfers."""
    inferred = held.filter("inferred").select("person")
    own = laid.rows.filter(pl.col("kind").is_in(SAVED)).join(inferred, on="person", how="anti")
    said = laid.rows.filter(pl.col("kind") == Kind.CHECKING.value).join(inferred, on="person", how="semi")
    said = said.filter((pl.col("flow") == Flow.TRANSFER.value) | pl.col("merchant").cast(pl.String).str.contains(NAMED))
    return pl.concat([own.select("person", "age", saved="cents"), said.select("person", "age", saved=-pl.col("cents"))])


def _level(months: pl.Expr) -> pl.Expr:
    level = pl.lit(FundLevel.LOW.value)
    for least, word in reversed(LEVELS):
        level = pl.when(months >= least).then(pl.lit(word.value)).otherwise(level)
    return pl.when(months.is_not_null()).then(level)
