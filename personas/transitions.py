"""From the history of one window to its runs, its latest transition, the cause, and what to celebrate."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import groupby
from typing import Any

from personas.rules.document import Persona

OPERATOR = "operator"


class Cause(StrEnum):
    OPERATOR = "operator"
    RULES = "rules"
    CORRECTION = "correction"
    DATA = "data"


@dataclass(frozen=True)
class Row:
    """One assignment of a history; `corrections` are those in force in its snapshot."""

    assignment_id: Any
    primary: str
    assigned_at: datetime
    seq: int
    source: str
    rule_set_version: int
    corrections: frozenset[Any] = frozenset()


@dataclass(frozen=True)
class Run:
    """A block of consecutive rows with the same primary."""

    primary: str
    since: datetime


@dataclass(frozen=True)
class Celebration:
    milestone: str
    title: str
    message: str


@dataclass(frozen=True)
class Change:
    """The step from one row to the next with another primary."""

    assignment_id: Any
    from_assignment_id: Any
    from_persona: str
    to_persona: str
    transition_date: date
    from_assigned_at: datetime
    days_in_previous_persona: int
    cause: Cause
    celebration: Celebration | None

    @property
    def is_positive(self) -> bool:
        return self.celebration is not None


@dataclass(frozen=True)
class Tenure:
    current_persona: str
    assigned_at: datetime
    since: datetime
    days_in_persona: int
    previous_persona: str | None
    last_transition_date: date | None


HIGH, VARIABLE, SUBSCRIPTIONS, SAVINGS, WELL = Persona
CELEBRATIONS: dict[tuple[str, str], Celebration] = {
    (HIGH, SAVINGS): Celebration(
        "credit_to_savings",
        "Financial Health Turnaround",
        "Congratulations! Your cards are under control and your savings are growing.",
    ),
    (HIGH, SUBSCRIPTIONS): Celebration(
        "credit_improved",
        "Credit Health Recovery",
        "Your card balances have come down. A look at subscriptions can free up more.",
    ),
    (HIGH, WELL): Celebration(
        "credit_normalized", "Credit Health Restored", "Your credit use is back in a comfortable range."
    ),
    (HIGH, VARIABLE): Celebration(
        "credit_improved",
        "Credit Health Progress",
        "Your cards are in better shape. Next comes a steadier cash flow.",
    ),
    (VARIABLE, SAVINGS): Celebration(
        "stability_achieved",
        "Income Stability & Savings",
        "Your income carries you further now, and savings are building.",
    ),
    (VARIABLE, WELL): Celebration(
        "cash_flow_improved", "Cash Flow Stability", "Your cash cushion has grown past a month of spending."
    ),
    (SUBSCRIPTIONS, SAVINGS): Celebration(
        "spending_optimized",
        "Spending Optimization Success",
        "Fewer recurring charges, more savings: well balanced.",
    ),
    (SUBSCRIPTIONS, WELL): Celebration(
        "subscriptions_managed", "Subscription Discipline", "Your recurring charges are back under control."
    ),
}


def celebration(from_persona: str, to_persona: str, cause: Cause) -> Celebration | None:
    """Only what the person's own data brought about is celebrated."""
    return CELEBRATIONS.get((from_persona, to_persona)) if cause is Cause.DATA else None


def cause(before: Row, after: Row) -> Cause:
    if OPERATOR in (before.source, after.source):
        return Cause.OPERATOR
    if before.rule_set_version != after.rule_set_version:
        return Cause.RULES
    if before.corrections != after.corrections:
        return Cause.CORRECTION
    return Cause.DATA


def runs(history: Collection[Row]) -> list[Run]:
    """Oldest first; the rows may come in any order."""
    blocks = groupby(_ordered(history), key=lambda row: row.primary)
    return [Run(primary, next(block).assigned_at) for primary, block in blocks]


def latest_change(history: Collection[Row]) -> Change | None:
    """The transition between the latest row and the one before it, or None when their primaries agree."""
    rows = _ordered(history)
    if len(rows) < 2 or rows[-1].primary == rows[-2].primary:
        return None
    before, after = rows[-2:]
    previous = runs(rows)[-2]
    why = cause(before, after)
    return Change(
        assignment_id=after.assignment_id,
        from_assignment_id=before.assignment_id,
        from_persona=before.primary,
        to_persona=after.primary,
        transition_date=_day(after.assigned_at),
        from_assigned_at=previous.since,
        days_in_previous_persona=whole_days(previous.since, after.assigned_at),
        cause=why,
        celebration=celebration(before.primary, after.primary, why),
    )


def tenure(history: Collection[Row], *, now: datetime) -> Tenure | None:
    """How long the current persona has lasted; None without a history."""
    rows = _ordered(history)
    if not rows:
        return None
    *earlier, current = runs(rows)
    return Tenure(
        current_persona=current.primary,
        assigned_at=rows[-1].assigned_at,
        since=current.since,
        days_in_persona=whole_days(current.since, now),
        previous_persona=earlier[-1].primary if earlier else None,
        last_transition_date=_day(current.since) if earlier else None,
    )


def whole_days(start: datetime, end: datetime) -> int:
    return max(0, (end - start).days)


def _ordered(history: Collection[Row]) -> Sequence[Row]:
    return sorted(history, key=lambda row: (row.assigned_at, row.seq))


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
