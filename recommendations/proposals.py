"""The life of items: the only writer of a status after the first, which `recording` writes with the item."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts.refusals import Refused
from recommendations.lifecycle import LEGAL, Move, Status, Verb, Withdrawal
from recommendations.models import Recommendation, RecordedMove
from recommendations.tracing import plain

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
AT_ONCE = 1000
LOCKED = """
    SELECT FROM users WHERE user_id IN (SELECT user_id FROM recommendations WHERE id = ANY(%s::uuid[]))
     ORDER BY user_id FOR UPDATE
"""


class IllegalMove(Refused):
    code = "ILLEGAL_MOVE"


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
