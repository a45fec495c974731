"""What is due on the cards and loans of a batch, as a bank states it on a day."""

from datetime import date, timedelta

import polars as pl

from .chance import between, happens
from .stories import Credit
from .streams import STREAMS


def liabilities(people: pl.DataFrame, rows: pl.DataFrame, last_day: date, since: int = 0, at: str = "") -> pl.DataFrame:
    """What is due on each card and loan, with the newest payment taken from the rows themselves."""
    cards = [
        _card(people, rows, last_day, since, at, card, held)
        for card, held in (
            ("", pl.col("has_card")),
            ("2", pl.col("second_card") & happens("second stated", 500)),
        )
    ]
    loans = people.filter(pl.col("loan") > 0).select(
        "number",
        place=pl.lit(4),
        user_id="user_id",
        account_external_id=pl.concat_str("number_text", pl.lit("-loan")),
        apr_percentage=_rate(pl.lit(None)),
        interest_rate=_rate(between("loan rate", 349, 799)),
        apr_type=pl.lit(None, dtype=pl.String),
        is_overdue=pl.lit(None, dtype=pl.Boolean),
        minimum_payment_cents=pl.col("loan"),
        last_payment_cents=pl.col("loan"),
        last_statement_cents=pl.lit(None, dtype=pl.Int64),
        last_payment_date=pl.lit(None, dtype=pl.Date),
        next_payment_due_date=pl.lit(None, dtype=pl.Date),
    )
    return pl.concat([*cards, loans]).sort("number", "place").drop("number", "place")


def _rate(hundredths: pl.Expr) -> pl.Expr:
    return (hundredths.cast(pl.Decimal(9, 4)) / pl.lit(100)).cast(pl.Decimal(7, 4))


def _card(
    people: pl.DataFrame, rows: pl.DataFrame, last_day: date, since: int, at: str, card: str, held: pl.Expr
) -> pl.DataFrame:
    kinds = [_code(f"paid{card}-credit"), _code(f"paid-before{card}-credit")]
    paid = (
        rows.filter(pl.col("stream").is_in(kinds), pl.col("ago") >= since)
        .group_by("number", maintain_order=True)
        .agg(paid_cents=pl.col("cents").sort_by("ago").first(), paid_on=pl.col("day").max())
    )
    credit = pl.col(f"credit{at}")
    overdue = credit == Credit.OVERDUE
    as_of = last_day - timedelta(days=since)
    due = pl.when(overdue).then(pl.lit(as_of - timedelta(days=12))).otherwise(pl.lit(as_of + timedelta(days=9)))
    # Half of the overdue say so; of the others only the dates tell.
    stated = pl.when(overdue & happens("overdue by dates", 500)).then(pl.lit(None)).otherwise(overdue)
    return (
        people.filter(held)
        .join(paid, on="number", how="left", maintain_order="left")
        .select(
            "number",
            place=pl.lit(2 if not card else 3),
            user_id="user_id",
            account_external_id=pl.concat_str("number_text", pl.lit(f"-card{card}")),
            apr_percentage=_rate(pl.col("apr")),
            interest_rate=_rate(pl.lit(None)),
            apr_type=pl.lit("purchase"),
            is_overdue=stated,
            minimum_payment_cents=pl.col(f"minimum{card}{at}"),
            last_payment_cents="paid_cents",
            last_statement_cents=pl.when(credit == Credit.CALM).then("paid_cents").otherwise(f"owed{card}{at}"),
            last_payment_date="paid_on",
            next_payment_due_date=due,
        )
    )


def _code(name: str) -> int:
    return next(code for code, stream in enumerate(STREAMS) if stream.name == name)
