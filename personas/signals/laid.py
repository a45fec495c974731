"""Governs what the measurements share: people, accounts and rows with their place, age and final class."""

from dataclasses import dataclass

import polars as pl

from accounts.statements.classes import FLOW, Flow

from .corrected import corrected
from .frames import KIND, LOOKBACK, Correction, Frames, Kind
from .mirrors import mirrored
from .windows import Windows, days_divided

NOT_SPENT = (Flow.INCOME.value, Flow.TRANSFER.value, Flow.PAYMENT.value)
SPENDING_KINDS = (Kind.CHECKING.value, Kind.CARD.value)


@dataclass(frozen=True)
class Laid:
    """Frames in which a person and an account are small numbers and rows stand in the ledger's order.

    `each` has one row per person and window: window, as_of, days_covered, divided (D of section 1).
    """

    people: pl.DataFrame
    accounts: pl.DataFrame
    liabilities: pl.DataFrame
    corrections: pl.DataFrame
    rows: pl.DataFrame
    windows: Windows
    each: pl.DataFrame

    @property
    def persons(self) -> pl.DataFrame:
        return self.people.select("person")


def lay(frames: Frames, windows: Windows) -> Laid:
    people = frames.people.with_row_index("person").with_columns(
        days_covered=((pl.col("as_of") - pl.col("first_posted_on")).dt.total_days() + 1).fill_null(0)
    )
    persons = people.select("user_id", "person")
    accounts = frames.accounts.join(persons, on="user_id", maintain_order="left").with_row_index("account")
    owed = frames.liabilities.join(accounts.select("user_id", "account_id", "account"), on=["user_id", "account_id"])
    corrections = frames.corrections.join(persons, on="user_id")
    return Laid(
        people,
        accounts,
        owed,
        corrections,
        _rows(frames.transactions, people, accounts, corrections),
        windows,
        windows.each(people.select("person"))
        .join(people.select("person", "as_of", "days_covered"), on="person", maintain_order="left")
        .with_columns(divided=days_divided(pl.col("window"))),
    )


def _rows(
    transactions: pl.DataFrame, people: pl.DataFrame, accounts: pl.DataFrame, corrections: pl.DataFrame
) -> pl.DataFrame:
    """Used rows of the look-back: person, account, kind, age in days (0 is as_of), `at` (place in the ledger),
    `flow` (the final class) and `stated` (the class that the ledger holds).
    """
    # Joined by their ids alone and put beside the rows: a join would copy every merchant's text.
    whose = (
        transactions.select("user_id", "account_id", "posted_on")
        .join(people.select("user_id", "person", "as_of"), on="user_id", how="left", maintain_order="left")
        .join(
            accounts.select("user_id", "account_id", "account", "kind"),
            on=["user_id", "account_id"],
            how="left",
            maintain_order="left",
        )
        .select(
            "person",
            "account",
            kind=pl.col("kind").fill_null(Kind.OTHER.value),
            age=(pl.col("as_of").cast(pl.Int32) - pl.col("posted_on").cast(pl.Int32)).cast(pl.Int16),
        )
    )
    rows = pl.concat([transactions.drop("user_id"), whose], how="horizontal").filter(
        pl.col("age").is_between(0, LOOKBACK - 1)
    )
    rows = _in_order(rows).with_row_index("at")
    return _classed(rows, corrections)


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """By person, day and ordinal; a ledger that is read in order is not sorted again."""
    key = (pl.col("person").cast(pl.Int64) * 256 + (255 - pl.col("age"))) * 2**32 + pl.col("ordinal")
    places = rows.select(key.alias("key"))["key"]
    return rows if places.is_sorted() else rows[places.arg_sort()]


def _classed(rows: pl.DataFrame, corrections: pl.DataFrame) -> pl.DataFrame:
    marks = corrected(rows, corrections)
    moved = marks[Correction.TRANSFER].scatter(mirrored(rows), True)
    return rows.with_columns(
        stated="flow",
        flow=pl.when(pl.lit(moved)).then(pl.lit(Flow.TRANSFER.value, dtype=FLOW)).otherwise("flow"),
        not_income=marks[Correction.NOT_INCOME],
        not_subscription=marks[Correction.NOT_SUBSCRIPTION],
    )


def spent() -> pl.Expr:
    """Whether a row is spending."""
    return (
        (pl.col("cents") < 0)
        & pl.col("kind").is_in(pl.Series(SPENDING_KINDS, dtype=KIND).implode())
        & ~pl.col("flow").is_in(pl.Series(NOT_SPENT, dtype=FLOW).implode())
    )
