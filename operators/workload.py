"""How much waits for staff and how much they got done on the institution's day, in the few numbers of the desk."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from accounts import rowsecurity
from accounts.models import User
from operators import days
from operators.today import DECIDED

WAITING = """
    SELECT (SELECT count(*) FROM recommendations WHERE tenant_id = %(tenant)s AND status = 'pending'),
           (SELECT created_at FROM recommendations WHERE tenant_id = %(tenant)s AND status = 'pending'
             ORDER BY created_at, id LIMIT 1),
           (SELECT count(*) FROM recommendation_moves m JOIN recommendations r ON r.id = m.recommendation_id
             WHERE m.tenant_id = %(tenant)s AND m.at >= %(since)s AND m.actor_id = %(by)s
               AND m.verb IN ('approve', 'reject')
               AND m.at = CASE m.verb WHEN 'approve' THEN r.approved_at ELSE r.rejected_at END)
"""
LAST = """
    SELECT m.at, m.actor_id FROM recommendation_moves m
     WHERE m.tenant_id = %(tenant)s AND m.verb IN ('approve', 'reject') ORDER BY m.at DESC, m.id LIMIT 1
"""


@dataclass(frozen=True)
class Stats:
    """Times in whole seconds; none where nothing waits or nothing was decided."""

    pending: int
    approved_today: int
    rejected_today: int
    flagged: int
    avg_review_time_seconds: int | None
    oldest_pending_seconds: int | None
    my_decisions_today: int


def stats(*, by: User, now: datetime) -> Stats:
    """Counted with the eyes of the pipeline, as the queue is."""
    zone = by.tenant.time_zone
    asked: dict[str, Any] = {"tenant": by.tenant_id, "since": days.beginning(days.day_of(now, zone), zone), "by": by.pk}
    with rowsecurity.viewing(rowsecurity.pipeline(by.tenant_id)), connection.cursor() as cursor:
        pending, oldest, mine = cursor.execute(WAITING, asked).fetchone()
        approved, rejected, mean, flagged = cursor.execute(DECIDED, asked).fetchone()
    return Stats(
        pending=pending,
        approved_today=approved,
        rejected_today=rejected,
        flagged=flagged,
        avg_review_time_seconds=None if mean is None else round(mean),
        oldest_pending_seconds=None if oldest is None else max(0, round((now - oldest).total_seconds())),
        my_decisions_today=mine,
    )


def last_decision(*, by: User) -> tuple[datetime, bool] | None:
    """When somebody last decided, and whether that was this operator."""
    with connection.cursor() as cursor:
        row = cursor.execute(LAST, {"tenant": by.tenant_id}).fetchone()
    return (row[0], row[1] == by.pk) if row else None
