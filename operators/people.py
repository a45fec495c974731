"""Many people at once, as the desk lists them: where each stands, what is risky, and how many there are of what."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.words import Word
from personas.rules import Persona, Strength
from personas.signals.insights import STALE

LATELY = timedelta(days=7)


class Flag(Word):
    """What a person wears in the list: the risks of their last month, a flag of an operator, and old data."""

    HIGH_UTILIZATION = "high_utilization"
    OVERDUE = "overdue"
    INTEREST_CHARGED = "interest_charged"
    LOW_BUFFER = "low_buffer"
    FLAGGED = "flagged"
    STALE = "stale"


class Sort(Word):
    NAME = "name"
    PERSONA_30D = "persona_30d"
    STRENGTH = "strength"
    PERSONA_180D = "persona_180d"
    RISK_FLAGS = "risk_flags"
    LIVE_ITEMS = "live_items"
    LAST_ACTIVE_AT = "last_active_at"
    CONSENT = "consent"


@dataclass(frozen=True)
class Wanted:
    """Who is looked for; `among` are ids, and several risk flags must all be worn."""

    search: str = ""
    persona: str | None = None
    strength: str | None = None
    risk_flags: Sequence[str] = ()
    consent: bool | None = None
    stale: bool | None = None
    active_from: datetime | None = None
    active_before: datetime | None = None
    among: Sequence[UUID] = ()
    sort: Sort = Sort.LAST_ACTIVE_AT
    descending: bool = True


@dataclass(frozen=True)
class Row:
    """One person. Without consent nothing is known of them but who they are; `live_items` is then None."""

    user_id: UUID
    name: str | None
    email: str | None
    persona_30d: str | None
    strength: str | None
    persona_180d: str | None
    risk_flags: list[str]
    live_items: int | None
    last_active_at: datetime | None
    consent: dict[str, bool]


@dataclass(frozen=True)
class Stats:
    """Everybody of the institution, whoever is looked for; the personas are those of the last 30 days."""

    total: int = 0
    by_persona: dict[str, int] = field(default_factory=dict)
    active_7d: int = 0
    flagged: int = 0


@dataclass(frozen=True)
class People:
    rows: list[Row]
    total: int
    stats: Stats


# Each table is read once, and what a page does not ask for is not read: the walls ask the consent of every row.
EVERYBODY = """
    WITH people AS MATERIALIZED (
        SELECT user_id, email, consent_status, last_active_at FROM users
         WHERE tenant_id = %(tenant)s AND role = 'user'),
    stands AS MATERIALIZED (
        SELECT user_id, persona_30d, strength_30d, persona_180d, risks, as_of FROM persona_profiles
         WHERE tenant_id = %(tenant)s),
    named AS MATERIALIZED (
        SELECT user_id, nullif(concat_ws(' ', first_name, last_name), '') AS name FROM persons
         WHERE tenant_id = %(tenant)s AND user_id IS NOT NULL),
    flags AS MATERIALIZED (
        SELECT user_id FROM operator_actions
         WHERE tenant_id = %(tenant)s AND action_type = 'flag' AND cleared_at IS NULL),
    everybody AS MATERIALIZED (
        SELECT p.user_id, n.name, p.email, s.persona_30d, s.strength_30d AS strength, s.persona_180d,
               array_remove(s.risks || ARRAY[
                   CASE WHEN f.user_id IS NOT NULL THEN 'flagged' END,
                   CASE WHEN s.as_of < %(stale_before)s THEN 'stale' END]::varchar[], NULL) AS risk_flags,
               p.last_active_at, p.consent_status
          FROM people p LEFT JOIN stands s USING (user_id) LEFT JOIN named n USING (user_id)
               LEFT JOIN flags f USING (user_id)),
    {live}
    found AS MATERIALIZED (SELECT e.*{live_column} FROM everybody e {live_join} WHERE {wanted}),
    page AS (SELECT * FROM found ORDER BY {order}, user_id LIMIT %(limit)s OFFSET %(offset)s),
    counted AS (
        SELECT count(*) AS people, count(*) FILTER (WHERE last_active_at >= %(lately)s) AS lately,
               count(*) FILTER (WHERE 'flagged' = ANY(risk_flags)) AS flagged,
               (SELECT jsonb_object_agg(persona_30d, users)
                  FROM (SELECT persona_30d, count(*) AS users FROM everybody
                         WHERE persona_30d IS NOT NULL GROUP BY persona_30d) each) AS by_persona,
               (SELECT count(*) FROM found) AS found
          FROM everybody)
"""
LIVE = """live AS MATERIALIZED (
        SELECT user_id, count(*) AS live_items FROM recommendations
         WHERE tenant_id = %(tenant)s AND status IN ('pending', 'approved') GROUP BY user_id),"""
PAGE = """
    SELECT page.user_id, name, email, persona_30d, strength, persona_180d, risk_flags,
           CASE WHEN consent_status THEN (
               SELECT count(*) FROM recommendations r
                WHERE r.user_id = page.user_id AND r.status IN ('pending', 'approved')) END,
           last_active_at, consent_status,
           ARRAY(SELECT purpose FROM consent_records c WHERE c.user_id = page.user_id AND c.revoked_at IS NULL),
           people, lately, flagged, by_persona, found
      FROM counted LEFT JOIN page ON true ORDER BY {order}, page.user_id
"""
SHOWN = [each.name for each in fields(Row)][:-1]
PURPOSES = ("analysis", "partner_offers", "notes")
BY_PRIORITY = f"array_position(ARRAY{[persona.value for persona in Persona]}, {{}}::text)"
BY_STRENGTH = f"array_position(ARRAY{[strength.value for strength in Strength]}, strength::text)"
ORDER = {
    Sort.NAME: "lower(coalesce(name, email))",
    Sort.PERSONA_30D: BY_PRIORITY.format("persona_30d"),
    Sort.STRENGTH: BY_STRENGTH,
    Sort.PERSONA_180D: BY_PRIORITY.format("persona_180d"),
    Sort.RISK_FLAGS: "nullif(cardinality(risk_flags), 0)",
    Sort.LIVE_ITEMS: "live_items",
    Sort.LAST_ACTIVE_AT: "last_active_at",
    Sort.CONSENT: "consent_status",
}
WANTED = {
    "search": "(email ILIKE %(like)s OR name ILIKE %(like)s OR user_id::text LIKE %(prefix)s)",
    "persona": "persona_30d = %(persona)s",
    "strength": "strength = %(strength)s",
    "risk_flags": "risk_flags @> %(risk_flags)s::varchar[]",
    "consent": "consent_status = %(consent)s",
    "stale": "(('stale' = ANY(risk_flags)) = %(stale)s AND persona_30d IS NOT NULL)",
    "active_from": "last_active_at >= %(active_from)s",
    "active_before": "last_active_at < %(active_before)s",
    "among": "user_id = ANY(%(among)s::uuid[])",
}


def listed(*, tenant_id: UUID, wanted: Wanted, now: datetime, today: date, limit: int, offset: int) -> People:
    """A page, how many there are of those who are looked for, and of everybody. One statement."""
    asked: dict[str, Any] = {name: getattr(wanted, name) for name in WANTED if name != "search"}
    asked |= {"risk_flags": list(wanted.risk_flags), "among": list(wanted.among)}
    asked |= {"tenant": tenant_id, "limit": limit, "offset": offset}
    asked |= {"like": f"%{_literally(wanted.search)}%", "prefix": f"{_literally(wanted.search.lower())}%"}
    asked |= {"lately": now - LATELY, "stale_before": today - timedelta(days=STALE)}
    given = [name for name in WANTED if getattr(wanted, name) not in (None, "", ())]
    by_live = wanted.sort is Sort.LIVE_ITEMS
    order = f"{ORDER[wanted.sort]} {'DESC' if wanted.descending else 'ASC'} NULLS LAST"
    query = EVERYBODY.format(
        live=LIVE if by_live else "",
        live_column=", l.live_items" if by_live else "",
        live_join="LEFT JOIN live l USING (user_id)" if by_live else "",
        wanted=" AND ".join(WANTED[name] for name in given) or "true",
        order=order,
    ) + PAGE.format(order=order)
    with connection.cursor() as cursor:
        cursor.execute(query, asked)
        rows = cursor.fetchall()
    *_, total, lately, flagged, by_persona, found = rows[0]
    users = json.loads(by_persona or "{}")
    stands = {persona.value: users.get(persona.value, 0) for persona in Persona}
    return People([_row(*row[:-5]) for row in rows if row[0]], found, Stats(total, stands, lately, flagged))


def _row(*values: Any) -> Row:
    *known, agreed, purposes = values
    named = dict(zip(SHOWN, known, strict=True))
    return Row(**named, consent={purpose: agreed and purpose in purposes for purpose in PURPOSES})


def _literally(text: str) -> str:
    """What is typed is looked for as it stands."""
    return text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
