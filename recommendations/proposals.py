"""The life of items: the only writer of a status, from the first row to the last move."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts.refusals import Refused
from personas import binary
from recommendations.lifecycle import LEGAL, Move, Status, Verb, Withdrawal
from recommendations.models import Recommendation, RecordedMove
from recommendations.tracing import encoded, plain

SYSTEM_FLAG = "The guardrails refuse this rationale; it waits for an edit that passes."

WITHDRAWN = """
    WITH asked AS (SELECT * FROM jsonb_to_recordset(%(asked)s::jsonb) AS a (id uuid, reason text)),
    moved AS (
        UPDATE recommendations r
           SET status = 'withdrawn', withdrawn_at = %(now)s, withdrawal_reason = asked.reason, revision = r.revision + 1
          FROM asked, recommendations was
         WHERE r.id = asked.id AND was.id = r.id AND r.status IN ('pending', 'approved')
     RETURNING r.id, r.tenant_id, r.user_id, was.status, asked.reason, r.revision)
    INSERT INTO recommendation_moves (id, tenant_id, user_id, recommendation_id, verb, from_status, to_status,
                                      actor_id, reason, revision, at)
    SELECT gen_random_uuid(), tenant_id, user_id, id, %(verb)s, status, 'withdrawn', %(by)s, reason, revision, %(now)s
      FROM moved
"""
# Open items that no consent of their reader covers any more.
STRANDED = """
    SELECT r.id FROM recommendations r
     WHERE r.tenant_id = %(tenant)s AND r.status IN ('pending', 'approved')
       AND (CAST(%(user)s AS uuid) IS NULL OR r.user_id = %(user)s)
       AND (NOT EXISTS (SELECT FROM consent_records c WHERE c.user_id = r.user_id AND c.purpose = 'analysis'
                           AND c.revoked_at IS NULL AND c.since <= r.created_at)
            OR (r.type = 'partner_offer'
                AND NOT EXISTS (SELECT FROM consent_records c WHERE c.user_id = r.user_id
                                   AND c.purpose = 'partner_offers' AND c.revoked_at IS NULL
                                   AND c.since <= r.created_at)))
     ORDER BY r.user_id, r.id LIMIT %(limit)s
"""
# Not FOR UPDATE: each run has written rows that name the card, and two of them would wait for each other's.
USED = """
    UPDATE cards c SET usage_count = usage_count + used.times, last_used_at = %(now)s
      FROM (SELECT card_id FROM cards WHERE card_id = ANY(%(cards)s::uuid[]) ORDER BY card_id
               FOR NO KEY UPDATE) locked
      JOIN (SELECT card_id, count(*) AS times FROM unnest(%(cards)s::uuid[]) AS card_id GROUP BY 1) used USING (card_id)
     WHERE c.card_id = locked.card_id
"""


AT_ONCE = 1000
LOCKED = """
    SELECT FROM users WHERE user_id IN (SELECT user_id FROM recommendations WHERE id = ANY(%s::uuid[]))
     ORDER BY user_id FOR UPDATE
"""


class IllegalMove(Refused):
    code = "ILLEGAL_MOVE"


ORDER = (
    *("considerations", "recommendations", "decision_traces", "recommendation_moves", "recommendation_flags"),
    "card_usage",
)


@dataclass
class Rows:
    """What one run writes, by table: each row an object of its columns, in JSON."""

    of: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, table: str, *, text: Mapping[str, str] | None = None, **row: Any) -> None:
        """`text` columns are JSON already."""
        given = dict(text or {})
        self.columns.setdefault(table, (*row, *given))
        whole = "".join(f',"{name}":{value}' for name, value in given.items())
        self.of[table].append(f"{encoded(row)[:-1]}{whole}}}")

    def insert(self) -> None:
        """One statement a table, whatever the number of rows; they travel as they are, and each is read by itself."""
        with binary.cursor() as cursor:
            for table in ORDER:
                if rows := self.of.get(table):
                    columns = ", ".join(self.columns[table])
                    cursor.execute(
                        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM unnest(%(rows)b::text[]) AS given,"
                        f" LATERAL json_populate_record(NULL::{table}, given::json) ON CONFLICT DO NOTHING",
                        {"rows": rows},
                    )


def count_uses(*, cards: Iterable[UUID], now: datetime) -> None:
    """Raise the counters of the cards that were used, once for each use; locked in order, so that runs only wait."""
    if used := sorted(cards):
        with connection.cursor() as cursor:
            cursor.execute(USED, {"now": now, "cards": used})


def withdraw(
    *,
    reasons: Iterable[tuple[UUID, Withdrawal]],
    now: datetime,
    by: UUID | None = None,
    verb: Verb = Verb.WITHDRAW,
) -> int:
    """Take open items back, each for its reason; how many were open."""
    asked = [{"id": str(item_id), "reason": reason.value} for item_id, reason in reasons]
    if not asked:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(WITHDRAWN, {"asked": json.dumps(asked), "now": now, "by": by, "verb": verb.value})
        return int(cursor.rowcount)


def stranded(*, tenant_id: UUID, user_id: UUID | None = None, limit: int | None = None) -> list[UUID]:
    """Open items that their reader's consent no longer covers; seen in maintenance, where consent hides nothing."""
    with connection.cursor() as cursor:
        cursor.execute(STRANDED, {"tenant": tenant_id, "user": user_id, "limit": limit})
        return [item_id for (item_id,) in cursor.fetchall()]


@transaction.atomic
def withdraw_stranded(*, tenant_id: UUID, now: datetime, user_id: UUID | None = None) -> int:
    """Some of those at a time; a consent given since is younger than they are, so none of them is revived by it."""
    asked = stranded(tenant_id=tenant_id, user_id=user_id, limit=AT_ONCE)
    with connection.cursor() as cursor:
        cursor.execute(LOCKED, [asked])  # people before items, as everywhere
    return withdraw(reasons=[(item_id, Withdrawal.CONSENT_REVOKED) for item_id in asked], now=now)


def move(
    item: Recommendation,
    *,
    verb: Verb,
    after: Status,
    now: datetime,
    by: UUID | None,
    reason: str | None = None,
    changed: Mapping[str, Any] | None = None,
    flags: Iterable[UUID] = (),
) -> Recommendation:
    """One legal move of a locked item, and its record; `changed` fields move with it, `flags` were resolved by it."""
    before = Status(item.status)
    if Move(verb, before, after) not in LEGAL:
        raise IllegalMove(f"An item that is {before} cannot be moved by {verb}.")
    fields = dict(changed or {})
    was = {name: getattr(item, name) for name in fields}
    for name, value in (fields | {"status": after.value, "revision": item.revision + 1}).items():
        setattr(item, name, value)
    item.save(update_fields=[*fields, "status", "revision"])
    RecordedMove.objects.create(
        tenant_id=item.tenant_id,
        user_id=item.user_id,
        recommendation=item,
        verb=verb.value,
        from_status=before.value,
        to_status=after.value,
        actor_id=by,
        reason=reason,
        before=plain(was),
        after=plain(fields | {"flags": list(flags)}),
        revision=item.revision,
        at=now,
    )
    return item
