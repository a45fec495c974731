"""The uses of cards: an event for each workflow and a counter for each use. The only writer of both."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts.refusals import NotThere

# One use: the event of a workflow stands once, the counter goes up each time.
USED = """
    WITH card AS (SELECT tenant_id, card_id, version FROM cards
                   WHERE tenant_id = %(tenant)s AND card_id = %(card)s AND is_active),
    event AS (
        INSERT INTO card_usage (usage_id, tenant_id, card_id, card_version, workflow_id, workflow_type, session_id,
                                trace_id, metadata, used_at)
        SELECT gen_random_uuid(), tenant_id, card_id, version, %(workflow)s, %(type)s, %(session)s, %(trace)s,
               %(metadata)s::jsonb, %(now)s
          FROM card
            ON CONFLICT (tenant_id, workflow_id, card_id) WHERE workflow_id IS NOT NULL DO NOTHING
     RETURNING 1)
    UPDATE cards c SET usage_count = c.usage_count + 1, last_used_at = greatest(c.last_used_at, %(now)s)
      FROM card WHERE c.card_id = card.card_id AND c.is_active
    RETURNING c.card_type, c.usage_count,
              (SELECT count(*) FROM card_usage u WHERE u.tenant_id = c.tenant_id AND u.card_id = c.card_id)
              + (SELECT count(*) FROM event),
              c.last_used_at, EXISTS (SELECT FROM event)
"""
# Many uses by one run. Not FOR UPDATE: each run has written rows that name the card, and two of them would wait for
# each other's.
USED_BY_A_RUN = """
    WITH used AS (
        SELECT card_id, version, count(*) AS times
          FROM unnest(%(cards)s::uuid[], %(versions)s::int[]) AS given (card_id, version) GROUP BY 1, 2),
    locked AS (SELECT card_id FROM cards WHERE card_id = ANY(%(cards)s::uuid[]) ORDER BY card_id FOR NO KEY UPDATE),
    events AS (
        INSERT INTO card_usage (usage_id, tenant_id, card_id, card_version, workflow_id, workflow_type, trace_id,
                                metadata, used_at)
        SELECT gen_random_uuid(), %(tenant)s, card_id, version, %(run)s, 'recommendation_generation', '', '{}', %(now)s
          FROM used JOIN locked USING (card_id))
    UPDATE cards c SET usage_count = usage_count + used.times, last_used_at = %(now)s
      FROM locked JOIN used USING (card_id) WHERE c.card_id = locked.card_id
"""


class CardNotFound(NotThere):
    code = "CARD_NOT_FOUND"
    sentence = "The card was not found."


@dataclass(frozen=True)
class Use:
    card_type: str
    usage_count: int
    unique_usage_count: int
    last_used_at: datetime
    recorded: bool


@transaction.atomic
def use(
    *,
    tenant_id: UUID,
    card_id: UUID,
    now: datetime,
    workflow_id: str | None = None,
    workflow_type: str | None = None,
    session_id: str | None = None,
    trace_id: str = "",
    metadata: Mapping[str, Any] | None = None,
) -> Use:
    """Count one use of an active card, and keep an event of it unless its workflow has one."""
    with connection.cursor() as cursor:
        cursor.execute(
            USED,
            {
                "tenant": tenant_id,
                "card": card_id,
                "workflow": workflow_id,
                "type": workflow_type,
                "session": session_id,
                "trace": trace_id,
                "metadata": json.dumps(dict(metadata or {})),
                "now": now,
            },
        )
        counted = cursor.fetchone()
    if counted is None:
        raise CardNotFound
    return Use(*counted)


@transaction.atomic
def use_in_run(*, tenant_id: UUID, run_id: UUID, cards: Iterable[tuple[UUID, int]], now: datetime) -> None:
    """Count what a run used, card and version: once for each item, with one event for each card."""
    used = list(cards)
    if not used:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            USED_BY_A_RUN,
            {
                "tenant": tenant_id,
                "run": str(run_id),
                "cards": [card_id for card_id, _ in used],
                "versions": [version for _, version in used],
                "now": now,
            },
        )
