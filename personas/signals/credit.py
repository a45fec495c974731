"""Governs the signals of credit: what cards owe, what they cost, and how they are paid."""

import polars as pl

from accounts.statements.classes import Flow

from .frames import Kind
from .laid import Laid
from .rounding import money, percent
from .spending import a_month

HIGH, CALM = 50, 30  # percent of the limit
LEVELS = ((30, "low"), (50, "medium"), (80, "high"))
GRACE = 25  # days before the due date in which the last payment was made for it
PAYMENTS, PAYMENT_DAYS = 3, 120
CARD = (
    "account_id", "name", "mask", "balance", "limit", "utilization_pct", "utilization_level", "minimum_payment",
    "last_payment", "minimum_payment_only", "minimum_payment_basis", "interest_charged", "is_overdue",
)  # fmt: skip


def credit(laid: Laid) -> pl.DataFrame:
    charged = laid.rows.filter(
        pl.col("flow") == Flow.INTEREST.value,
        pl.col("cents") < 0,
        (pl.col("kind") == Kind.CARD.value) | ((pl.col("kind") == Kind.CHECKING.value) & pl.col("interest_code")),
    )
    interest = {"interest": -pl.col("cents")}
    cards = _cards(laid)
    by_card = cards.join(laid.windows.over(cards.select("account"), charged, interest), on="account")
    by_card = by_card.with_columns(interest_charged=money(pl.col("interest"))).sort(
        "person", "window", "utilization_pct", "external_id",
        descending=[False, False, True, False], nulls_last=True,
    )  # fmt: skip
    listed = by_card.group_by("person", "window", maintain_order=True).agg(cards=pl.struct(CARD))
    known = (
        laid.each.join(_totals(cards), on="person", how="left", maintain_order="left")
        .join(listed, on=["person", "window"], how="left", maintain_order="left")
        .join(
            laid.windows.over(laid.persons, charged, interest),
            on=["person", "window"],
            maintain_order="left",
        )
    )
    limit, used_of_limited = pl.col("limited"), pl.col("used_of_limited")
    return known.select(
        "person", "window", pl.col("known_cards").fill_null(0),
        pl.col("held").fill_null(0).alias("credit.num_credit_cards"),
        percent(pl.col("known_used"), pl.col("known_limit")).alias("credit.aggregate_utilization_pct"),
        pl.col("highest").alias("credit.highest_card_utilization_pct"),
        (pl.col("highest") >= HIGH).fill_null(False).alias("credit.any_card_high_util"),
        pl.col("not_calm").fill_null(0).alias("credit.cards_not_below_30"),
        (pl.col("rows") > 0).alias("credit.any_interest_charges"),
        money(pl.col("interest")).alias("credit.interest_charged"),
        a_month("interest", "divided").alias("credit.interest_monthly"),
        pl.col("overdue").fill_null(False).alias("credit.any_overdue"),
        pl.col("minimum_only").fill_null(False).alias("credit.any_minimum_payment_only"),
        money(limit).alias("credit.total_credit_limit"),
        money(pl.col("used")).alias("credit.total_credit_used"),
        money((limit - used_of_limited).clip(lower_bound=0)).alias("credit.total_credit_available"),
        pl.col("cards").fill_null([]).alias("credit.cards"),
    )  # fmt: skip


def _cards(laid: Laid) -> pl.DataFrame:
    """One row a card with everything that does not depend on the window."""
    owed = laid.liabilities.drop("user_id", "account_id")
    cards = (
        laid.accounts.filter(pl.col("kind") == Kind.CARD.value)
        .join(owed, on="account", how="left", maintain_order="left")
        .join(laid.people.select("person", "as_of"), on="person", maintain_order="left")
        .with_columns(used=pl.col("balance_cents").abs(), limited=pl.col("limit_cents") > 0)
        .with_columns(limited=pl.col("limited").fill_null(False))
    )
    cards = cards.join(_small_payments(laid, cards), on="account", how="left", maintain_order="left")
    utilization = percent(pl.col("used"), pl.when("limited").then("limit_cents"))
    due, paid = pl.col("due_on"), pl.col("last_payment_on")
    missed = (due < pl.col("as_of")) & (paid < due - pl.duration(days=GRACE))
    return cards.with_columns(
        utilization_pct=utilization,
        is_overdue=pl.coalesce("is_overdue", missed).fill_null(False),
        minimum_payment_basis=_basis(),
        minimum_payment_only=_minimum_only().fill_null(False),
    ).with_columns(
        utilization_level=_level(pl.col("utilization_pct")),
        balance=money(pl.col("used")),
        limit=money(pl.col("limit_cents")),
        minimum_payment=money(pl.col("minimum_cents")),
        last_payment=money(pl.col("last_payment_cents")),
    )


def _small_payments(laid: Laid, cards: pl.DataFrame) -> pl.DataFrame:
    """account, `small`: how many of the last three inflows lie near the minimum, where no payment is stated."""
    asked = cards.filter(pl.col("minimum_cents") > 0, pl.col("last_payment_cents").is_null())
    minimum = pl.col("minimum_cents")
    return (
        laid.rows.filter(pl.col("cents") > 0, pl.col("age") < PAYMENT_DAYS)
        .join(asked.select("account", "minimum_cents"), on="account", maintain_order="left")
        .group_by("account", maintain_order=True)
        .tail(PAYMENTS)
        .group_by("account")
        .agg(small=((pl.col("cents") - minimum).abs() * 10 <= minimum).sum())
    )


def _minimum_only() -> pl.Expr:
    minimum, paid, statement = pl.col("minimum_cents"), pl.col("last_payment_cents"), pl.col("statement_cents")
    little = (paid > 0) & ((paid * 10 <= minimum * 11) | (paid <= minimum + 500))
    stated = little & (paid < statement).fill_null(True)
    return (minimum > 0) & pl.when(paid.is_not_null()).then(stated).otherwise(pl.col("small") >= 2)


def _basis() -> pl.Expr:
    return (
        pl.when((pl.col("minimum_cents") > 0).fill_null(False))
        .then(pl.when(pl.col("last_payment_cents").is_not_null()).then(pl.lit("liability")).otherwise(pl.lit("ledger")))
        .otherwise(pl.lit("unknown"))
    )


def _level(utilization: pl.Expr) -> pl.Expr:
    level = pl.lit("severe")
    for below, word in reversed(LEVELS):
        level = pl.when(utilization < below).then(pl.lit(word)).otherwise(level)
    return pl.when(utilization.is_not_null()).then(level)


def _totals(cards: pl.DataFrame) -> pl.DataFrame:
    """One row for each person with a card."""
    known, unknown = pl.col("utilization_pct").is_not_null(), pl.col("utilization_pct").is_null()
    used, limit = pl.col("used"), pl.col("limit_cents")
    may_owe = unknown & (used != 0).fill_null(True)
    return cards.group_by("person").agg(
        held=pl.len().cast(pl.Int64),
        known_cards=known.sum().cast(pl.Int64),
        known_used=used.filter(known).sum(),
        known_limit=limit.filter(known).sum(),
        highest=pl.col("utilization_pct").max(),
        not_calm=((pl.col("utilization_pct") >= CALM).fill_null(False) | may_owe).sum().cast(pl.Int64),
        limited=limit.filter("limited").sum(),
        used=used.sum(),
        used_of_limited=used.filter("limited").sum(),
        overdue=pl.col("is_overdue").any(),
        minimum_only=pl.col("minimum_payment_only").any(),
    )
