"""Recreating where people stand from the history it is derived from, and saying what differed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from personas import glancing
from personas.assigning import PRIORITY, PROFILE_WINDOWS
from personas.profiles import LOCKED
from personas.rules import Persona

# What a refresh marks (when, by which algorithm, with which rules, of which basis) is no history and stays where it
# stands; a profile that was missing has no basis, and so is due.
DIFFERING = """
    WITH latest AS (
        SELECT DISTINCT ON (user_id, window_type) user_id, window_type, primary_persona, rule_set_version, as_of,
               assigned_at
          FROM user_personas WHERE user_id = ANY(%(users)s)
         ORDER BY user_id, window_type, assigned_at DESC, seq DESC),
    said AS (
        SELECT user_id, max(rule_set_version) AS rule_set_version, max(as_of) AS as_of, max(assigned_at) AS assigned_at,
               coalesce(min(array_position(%(priority)s::varchar[], primary_persona))
                            FILTER (WHERE window_type = ANY(%(windows)s)), %(fallback)s) AS place
          FROM latest GROUP BY user_id),
    measured AS (
        SELECT DISTINCT ON (user_id) user_id, no_signals, as_of, algorithm_version, computed_at
          FROM signal_snapshots WHERE user_id = ANY(%(users)s) AND NOT backfill
         ORDER BY user_id, computed_at DESC),
    standing AS (
        SELECT user_id, coalesce(m.as_of, s.as_of) AS as_of, s.rule_set_version,
               (%(priority)s::varchar[])[CASE WHEN NOT coalesce(m.no_signals, false) THEN s.place END] AS persona,
               coalesce(m.algorithm_version, '') AS algorithm, coalesce(m.computed_at, s.assigned_at) AS refreshed_at
          FROM said s FULL JOIN measured m USING (user_id))
    SELECT n.user_id, p.persona, n.persona, p.as_of, n.as_of, n.rule_set_version, n.algorithm, n.refreshed_at
      FROM standing n LEFT JOIN persona_profiles p USING (user_id)
     WHERE p.user_id IS NULL OR (p.persona, p.as_of) IS DISTINCT FROM (n.persona, n.as_of)
     ORDER BY n.user_id
"""
REBUILT = """
    INSERT INTO persona_profiles (profile_id, tenant_id, user_id, persona, persona_id, persona_name, as_of,
                                  rule_set_version, algorithm_version, refreshed_at)
    SELECT gen_random_uuid(), %(tenant)s, *
      FROM unnest(%(users)s::uuid[], %(personas)s::varchar[], %(ids)s::smallint[], %(names)s::varchar[],
                  %(days)s::date[], %(versions)s::integer[], %(algorithms)s::varchar[], %(marks)s::timestamptz[])
    ON CONFLICT (user_id) DO UPDATE
       SET persona = EXCLUDED.persona, persona_id = EXCLUDED.persona_id, persona_name = EXCLUDED.persona_name,
           as_of = EXCLUDED.as_of
"""


@dataclass(frozen=True)
class Difference:
    """What stood there and what the history says; None where there is no persona."""

    user_id: UUID
    persona_before: str | None
    persona: str | None
    as_of_before: date | None
    as_of: date | None


@transaction.atomic
def rebuild(*, user_ids: Collection[UUID], tenant_id: UUID) -> list[Difference]:
    """Four statements, however many people; a second call finds nothing."""
    with connection.cursor() as cursor:
        cursor.execute(LOCKED, [[str(user_id) for user_id in user_ids]])
        locked = [user_id for user_id, *_ in cursor.fetchall()]
        asked: dict[str, Any] = {
            "users": [UUID(user_id) for user_id in locked],
            "priority": PRIORITY,
            "fallback": len(PRIORITY),
            "windows": list(PROFILE_WINDOWS),
        }
        cursor.execute(DIFFERING, asked)
        rows = cursor.fetchall()
        if rows:
            users, _, personas, _, days, versions, algorithms, marks = map(list, zip(*rows, strict=True))
            named = [Persona(persona) if persona else None for persona in personas]
            cursor.execute(
                REBUILT,
                {
                    "tenant": tenant_id,
                    "users": users,
                    "personas": personas,
                    "ids": [one and one.number for one in named],
                    "names": [one and one.title_words for one in named],
                    "days": days,
                    "versions": versions,
                    "algorithms": algorithms,
                    "marks": marks,
                },
            )
        glancing.again(user_ids=asked["users"])
    return [Difference(*row[:5]) for row in rows]
