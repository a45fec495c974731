"""Governs the five frames that signals are measured from: their columns, kinds and empty shapes."""

from enum import StrEnum
from typing import NamedTuple

import polars as pl

from accounts.statements.classes import FLOW

LOOKBACK = 180  # days of rows that a measurement sees


class Kind(StrEnum):
    """What an account is to the signals; `other` holds none."""

    CHECKING = "checking"
    SAVINGS = "savings"
    HSA = "hsa"
    CARD = "card"
    OTHER = "other"


class Correction(StrEnum):
    """What a person says the engine has wrong."""

    NOT_SUBSCRIPTION = "not_subscription"
    NOT_INCOME = "not_income"
    TRANSFER = "transfer"


KIND = pl.Enum([kind.value for kind in Kind])
SAVED = (Kind.SAVINGS.value, Kind.HSA.value)
SAVINGS_SUBTYPES = ("savings", "high_yield_savings", "money_market", "cd")

# user_id and account_id may have any type that all frames share: text, an integer, an Enum of the batch's ids.
PEOPLE = pl.Schema(
    {
        "user_id": pl.String(),
        "as_of": pl.Date(),
        "first_posted_on": pl.Date(),
        "currency": pl.String(),
        "pending_excluded": pl.Int64(),
        "future_excluded": pl.Int64(),
        "other_currency_excluded": pl.Int64(),
    }
)
# Used rows of the last 180 days. `merchant_key` is the entity id where one is known; `interest_code` says that the
# detailed category is BANK_FEES_INTEREST_CHARGE, `categorised` that the row has a category at all.
TRANSACTIONS = pl.Schema(
    {
        "user_id": pl.String(),
        "account_id": pl.String(),
        "ordinal": pl.Int64(),
        "posted_on": pl.Date(),
        "cents": pl.Int64(),
        "merchant": pl.String(),
        "merchant_key": pl.String(),
        "flow": FLOW,
        "interest_code": pl.Boolean(),
        "categorised": pl.Boolean(),
    }
)
ACCOUNTS = pl.Schema(
    {
        "user_id": pl.String(),
        "account_id": pl.String(),
        "external_id": pl.String(),
        "kind": KIND,
        "name": pl.String(),
        "mask": pl.String(),
        "balance_cents": pl.Int64(),
        "limit_cents": pl.Int64(),
        "has_ledger": pl.Boolean(),
    }
)
LIABILITIES = pl.Schema(
    {
        "user_id": pl.String(),
        "account_id": pl.String(),
        "minimum_cents": pl.Int64(),
        "last_payment_cents": pl.Int64(),
        "statement_cents": pl.Int64(),
        "last_payment_on": pl.Date(),
        "due_on": pl.Date(),
        "is_overdue": pl.Boolean(),
    }
)
# A merchant's rows when posted_on is null, else the first row of that account, day and amount (and of the merchant,
# where one is named as well).
CORRECTIONS = pl.Schema(
    {
        "user_id": pl.String(),
        "correction_id": pl.String(),
        "kind": pl.String(),
        "merchant_key": pl.String(),
        "account_id": pl.String(),
        "posted_on": pl.Date(),
        "cents": pl.Int64(),
    }
)


class Frames(NamedTuple):
    """The arguments of `measure`, in its order."""

    transactions: pl.DataFrame
    accounts: pl.DataFrame
    liabilities: pl.DataFrame
    corrections: pl.DataFrame
    people: pl.DataFrame


def empty() -> Frames:
    schemas = (TRANSACTIONS, ACCOUNTS, LIABILITIES, CORRECTIONS, PEOPLE)
    return Frames(*(pl.DataFrame(schema=schema) for schema in schemas))


def kind_of(type_: pl.Expr, subtype: pl.Expr) -> pl.Expr:
    """The kind of an account of a statement."""
    depository = type_ == "depository"
    return (
        pl.when(type_ == "credit")
        .then(pl.lit(Kind.CARD.value))
        .when(depository & (subtype == "hsa"))
        .then(pl.lit(Kind.HSA.value))
        .when(depository & subtype.is_in(SAVINGS_SUBTYPES))
        .then(pl.lit(Kind.SAVINGS.value))
        .when(depository)
        .then(pl.lit(Kind.CHECKING.value))
        .otherwise(pl.lit(Kind.OTHER.value))
        .cast(KIND)
    )
