"""What a question about one's own money is answered from, read with the person's own eyes."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from accounts.models import User
from personas import ledger
from personas.signals import stale
from personas.signals.laid import lay, spent
from personas.signals.windows import Windows
from recommendations import feed, standing
from recommendations.conversation import Intent, Known, Question, Spent, Sum
from recommendations.conversation.intents import OF_ROWS
from recommendations.conversation.known import Paid
from recommendations.conversation.periods import LOOKBACK, USUAL, Period, period_of
from recommendations.pieces import Shelf

NOBODY_ELSE = Shelf(())  # no card is spoken of, so none is read


def known(*, user: User, question: Question, today: date) -> tuple[Question, Known | None]:
    """The question with the person's own merchant in it, and what is known; None where nothing was measured."""
    if question.refusal:
        return question, None
    people, _ = standing.persons(user_ids=[user.pk], shelf=NOBODY_ELSE)
    person = people.get(user.pk)
    if person is None:
        return question, None
    found = None
    if question.intent in OF_ROWS or question.intent is Intent.HELP:
        rows = _spending(user, person.as_of, today)
        question = question.about(rows["merchant"].unique().sort().to_list())
        found = _spent(rows, period_of(question.text, person.as_of), person.as_of)
    titles: tuple[str, ...] = ()
    if question.intent is Intent.RECOMMENDATIONS:
        titles = tuple(item["title"] for item in feed.told(user=user, today=today).items)
    return question, Known(person, stale(person.as_of, today), found, titles)


def _spending(user: User, as_of: date, today: date) -> pl.DataFrame:
    """The rows that the signals count as spending, each under its merchant's newest name."""
    laid = lay(ledger.frames(user_ids=[user.pk], today=today, as_of=as_of), Windows((USUAL,)))
    key = pl.col("merchant_key").cast(pl.String)
    return laid.rows.filter(spent()).select(
        "posted_on",
        cents=-pl.col("cents"),
        merchant=pl.col("merchant").cast(pl.String).last().over(key),
        flow=pl.col("flow").cast(pl.String),
    )


def _spent(rows: pl.DataFrame, period: Period | None, as_of: date) -> Spent:
    first = as_of - timedelta(days=LOOKBACK - 1)
    if period is None:
        return Spent(None, first)
    meant = rows.filter(pl.col("posted_on").is_between(period.since, period.until))
    largest = meant.sort("cents", "posted_on", "merchant", descending=[True, True, False]).head(10)
    return Spent(
        period,
        first,
        _money(meant["cents"].sum()),
        meant.height,
        _sums(meant, "flow"),
        _sums(meant, "merchant"),
        tuple(Paid(name, _money(cents), on) for on, cents, name, _ in largest.iter_rows()),
    )


def _sums(rows: pl.DataFrame, by: str) -> tuple[Sum, ...]:
    summed = rows.group_by(by).agg(pl.col("cents").sum(), count=pl.len()).sort("cents", by, descending=[True, False])
    grouped: Sequence[tuple[Any, ...]] = summed.rows()
    return tuple(Sum(name, _money(cents), count) for name, cents, count in grouped)


def _money(cents: Any) -> Decimal:
    return Decimal(int(cents)).scaleb(-2)
