"""Where the people of an institution stand and how they move: four numbers for its staff, one statement each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from personas.rules import Persona
from personas.transitions import CELEBRATIONS

# Current is the latest row of a person, unless nothing is left to measure. Consent is asked by the policies.
CURRENT = """
    SELECT DISTINCT ON (a.user_id) a.user_id, a.primary_persona, a.assigned_at
      FROM user_personas a
     WHERE a.tenant_id = %(tenant)s AND a.window_type = %(window)s
       AND NOT coalesce((SELECT s.no_signals FROM signal_snapshots s
                          WHERE s.user_id = a.user_id AND s.time_window = a.window_type AND NOT s.backfill
                          ORDER BY s.computed_at DESC LIMIT 1), false)
     ORDER BY a.user_id, a.assigned_at DESC, a.seq DESC
"""
STANDING = f"""
    SELECT primary_persona, count(*) FROM ({CURRENT}) c
     WHERE CAST(%(since)s AS timestamptz) IS NULL OR assigned_at >= %(since)s GROUP BY primary_persona
"""
MOVING = """
    SELECT from_persona, to_persona, count(*), round(avg(days_in_previous_persona), 1)
      FROM persona_transitions
     WHERE tenant_id = %(tenant)s AND window_type = %(window)s AND transition_date >= %(since)s
     GROUP BY from_persona, to_persona ORDER BY count(*) DESC, from_persona, to_persona LIMIT %(limit)s
"""
CELEBRATED = """
    SELECT count(*), count(*) FILTER (WHERE celebration_shown)
      FROM persona_transitions
     WHERE tenant_id = %(tenant)s AND window_type = %(window)s AND transition_date >= %(since)s AND cause = 'data'
"""
LASTING = f"""
    SELECT user_id, primary_persona, assigned_at, count(*) OVER () FROM ({CURRENT}) c
     WHERE assigned_at <= %(until)s ORDER BY assigned_at, user_id LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Share:
    persona: str
    users: int
    share_pct: Decimal


@dataclass(frozen=True)
class Pattern:
    """A pair of personas; `positive` when a step from the one to the other is one to celebrate."""

    from_persona: str
    to_persona: str
    count: int
    avg_days_in_previous: Decimal
    positive: bool


@dataclass(frozen=True)
class Rate:
    total_transitions: int
    positive_transitions: int
    positive_rate_pct: Decimal | None


@dataclass(frozen=True)
class Lasting:
    user_id: UUID
    primary_persona: str
    assigned_at: datetime
    days_since: int


def shares(*, tenant_id: UUID, window: str, days: int | None, now: datetime) -> list[Share]:
    """All five personas, in the order of their priority."""
    since = now - timedelta(days=days) if days else None
    users = dict(_rows(STANDING, tenant=tenant_id, window=window, since=since))
    total = sum(users.values())
    return [
        Share(
            persona.value, users.get(persona.value, 0), _percent(users.get(persona.value, 0), total) or Decimal("0.00")
        )
        for persona in Persona
    ]


def patterns(*, tenant_id: UUID, window: str, days: int, limit: int, now: datetime) -> list[Pattern]:
    """The most frequent steps first."""
    since = (now - timedelta(days=days)).date()
    found = _rows(MOVING, tenant=tenant_id, window=window, since=since, limit=limit)
    return [Pattern(one, other, count, days, (one, other) in CELEBRATIONS) for one, other, count, days in found]


def positive_rate(*, tenant_id: UUID, window: str, days: int, now: datetime) -> Rate:
    """Of what people's own data brought about, how much was celebrated."""
    ((total, positive),) = _rows(CELEBRATED, tenant=tenant_id, window=window, since=(now - timedelta(days=days)).date())
    return Rate(total, positive, _percent(positive, total))


def ready(*, tenant_id: UUID, window: str, min_age_days: int, limit: int, now: datetime) -> tuple[int, list[Lasting]]:
    """How many people's latest assignment is at least that old, and the oldest of them."""
    until = now - timedelta(days=min_age_days)
    rows = list(_rows(LASTING, tenant=tenant_id, window=window, until=until, limit=limit))
    people = [Lasting(user_id, persona, at, (now - at).days) for user_id, persona, at, _ in rows]
    return (rows[0][3] if rows else 0), people


def _percent(part: int, whole: int) -> Decimal | None:
    return (Decimal(part * 100) / whole).quantize(Decimal("0.01"), ROUND_HALF_UP) if whole else None


def _rows(query: str, **values: Any) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        yield from cursor.fetchall()
