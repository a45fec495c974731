"""What was said about a person and since when: the current assignment, its tenure, and the transitions before it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from accounts.models import ConsentRecord
from accounts.purposes import Purpose
from accounts.refusals import NotThere
from personas import measured, transitions
from personas.catalogue import CATALOGUE
from personas.models import Assignment, Snapshot, Transition
from personas.signals import stale
from personas.transitions import Row, Tenure

# The first row of every run and the last two rows tell all that durations and changes are made of,
# however often the same was said in between.
TURNS = """
    SELECT a.user_id, a.window_type, a.assignment_id, a.primary_persona, a.assigned_at, a.seq, a.source,
           a.rule_set_version, coalesce(s.corrections, '{}')
      FROM (SELECT user_id, window_type, assignment_id, primary_persona, assigned_at, seq, source, rule_set_version,
                   snapshot_id, as_of, lag(primary_persona) OVER told AS before,
                   row_number() OVER (PARTITION BY user_id, window_type ORDER BY assigned_at DESC, seq DESC) AS back
              FROM user_personas WHERE user_id = ANY(%(users)s) AND window_type = ANY(%(windows)s)
            WINDOW told AS (PARTITION BY user_id, window_type ORDER BY assigned_at, seq)) a
      LEFT JOIN signal_snapshots s ON s.snapshot_id = a.snapshot_id AND s.as_of = a.as_of
     WHERE a.back <= 2 OR a.before IS DISTINCT FROM a.primary_persona
     ORDER BY a.user_id, a.window_type, a.assigned_at, a.seq
"""
DAYS_COVERED = CATALOGUE["spending.days_covered"].column


class PersonaNotFound(NotThere):
    code = "PERSONA_NOT_FOUND"
    sentence = "No persona assignment found"


@dataclass(frozen=True)
class Freshness:
    """Until when the data behind a result reaches, and what it cannot tell. Without a snapshot nothing is known."""

    confirmed_as_of: date | None
    stale: bool
    days_covered: int | None
    not_enough: list[dict[str, str]]


@dataclass(frozen=True)
class Current:
    assignment: Assignment
    freshness: Freshness
    last_transition: Transition | None


def freshness(snapshot: Snapshot | None, *, today: date) -> Freshness:
    if snapshot is None:
        return Freshness(None, True, None, [])
    return Freshness(
        confirmed_as_of=snapshot.as_of,
        stale=stale(snapshot.as_of, today),
        days_covered=measured.days_covered(snapshot),
        not_enough=measured.not_enough(snapshot),
    )


def assignments(*, user_id: UUID, window: str | None = None) -> QuerySet[Assignment]:
    """Everything that was said of a person, or of one window of theirs, newest first."""
    rows = Assignment.objects.filter(user_id=user_id).order_by("-assigned_at", "-seq")
    return rows.filter(window_type=window) if window else rows


def current(*, user_id: UUID, window: str, today: date) -> Current:
    """Three statements. Who has nothing left to measure has no current persona; the rows stay."""
    snapshot = _measured(user_id, window)
    own = Assignment.objects.filter(user_id=user_id, window_type=window)
    latest = None if snapshot and snapshot.no_signals else own.order_by("-assigned_at", "-seq").first()
    if latest is None:
        raise PersonaNotFound
    return Current(latest, freshness(snapshot, today=today), changes(user_id=user_id, windows=[window]).first())


def changes(*, user_id: UUID, windows: Sequence[str]) -> QuerySet[Transition]:
    """Newest first."""
    own = Transition.objects.filter(user_id=user_id, window_type__in=windows)
    return own.order_by("-created_at", "-transition_id")


def tenure(*, user_id: UUID, window: str, now: datetime) -> tuple[Tenure, Freshness]:
    """Two statements, however long the history."""
    snapshot = _measured(user_id, window)
    rows = [] if snapshot and snapshot.no_signals else turns(user_ids=[user_id], windows=[window])[user_id, window]
    lasting = transitions.tenure(rows, now=now)
    if lasting is None:
        raise PersonaNotFound
    return lasting, freshness(snapshot, today=now.date())


def turns(*, user_ids: Collection[UUID], windows: Collection[str]) -> defaultdict[tuple[UUID, str], list[Row]]:
    """The rows that matter of these people's histories, oldest first. One statement."""
    found: defaultdict[tuple[UUID, str], list[Row]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(TURNS, {"users": list(user_ids), "windows": list(windows)})
        for user_id, window, assignment_id, primary, assigned_at, seq, source, version, corrections in cursor:
            row = Row(assignment_id, primary, assigned_at, seq, source, version, frozenset(corrections))
            found[user_id, window].append(row)
    return found


def reach(*, user_id: UUID, window: str, today: date) -> Freshness:
    """How fresh what is known of a person is. One statement."""
    return freshness(_measured(user_id, window), today=today)


def revoked(*, user_ids: Collection[UUID], since: datetime) -> bool:
    """Whether one of these people has taken their consent back in the meantime. One statement."""
    gone = ConsentRecord.objects.filter(purpose=Purpose.ANALYSIS, revoked_at__gte=since, user__consent_status=False)
    return gone.filter(user_id__in=user_ids).exists()


def _measured(user_id: UUID, window: str) -> Snapshot | None:
    """The latest with no more of its signals than freshness tells; of a hundred columns that is half the cost."""
    own = Snapshot.objects.filter(user_id=user_id, time_window=window, backfill=False)
    return own.only("as_of", "meta", "no_signals", DAYS_COVERED).order_by("-computed_at").first()
