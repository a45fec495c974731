"""Where an institution stands now: what waits, what was decided today, and what went wrong; four statements."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from accounts import rowsecurity
from accounts.models import AuditHead
from operators import days
from personas.signals.insights import STALE

# A decision counts where it stands: an item that was undone no longer carries its time.
ITEMS = """
    SELECT count(*) FILTER (WHERE status = 'pending'), min(created_at) FILTER (WHERE status = 'pending'),
           count(*) FILTER (WHERE created_at >= %(since)s AND NOT guardrails_passed)
      FROM recommendations
     WHERE tenant_id = %(tenant)s AND (status = 'pending' OR (created_at >= %(since)s AND NOT guardrails_passed))
"""
DECIDED = """
    SELECT count(*) FILTER (WHERE m.verb = 'approve'), count(*) FILTER (WHERE m.verb = 'reject'),
           avg(extract(epoch FROM m.at - r.created_at))::float8,
           (SELECT count(*) FROM recommendation_flags f WHERE f.tenant_id = %(tenant)s AND NOT f.resolved)
      FROM recommendation_moves m JOIN recommendations r ON r.id = m.recommendation_id
     WHERE m.tenant_id = %(tenant)s AND m.at >= %(since)s AND m.verb IN ('approve', 'reject')
       AND m.at = CASE m.verb WHEN 'approve' THEN r.approved_at ELSE r.rejected_at END
"""
PEOPLE = """
    SELECT count(*), count(*) FILTER (WHERE p.as_of < %(fresh)s),
           count(*) FILTER (WHERE k.outcome = 'insufficient_content')
      FROM users u LEFT JOIN persona_profiles p USING (user_id)
      LEFT JOIN LATERAL (SELECT outcome FROM considerations WHERE user_id = u.user_id
                          ORDER BY created_at DESC LIMIT 1) k ON true
     WHERE u.tenant_id = %(tenant)s AND u.role = 'user' AND u.consent_status
"""
AGES = ((1, "< 1 h"), (4, "1-4 h"), (24, "4-24 h"), (72, "1-3 d"), (168, "3-7 d"))
OLDER = "> 7 d"
WAITING = """
    SELECT width_bucket(extract(epoch FROM %(now)s - created_at)::float8 / 3600, %(edges)s::float8[]), count(*)
      FROM recommendations WHERE tenant_id = %(tenant)s AND status = 'pending' GROUP BY 1
"""


@dataclass(frozen=True)
class Today:
    pending: int
    oldest_pending_at: datetime | None
    failed_checks: int
    approved: int
    rejected: int
    review_seconds: float | None
    open_flags: int
    consenting: int
    stale: int
    without_content: int
    chain_valid: bool | None


def today(*, tenant_id: UUID, zone: str, now: datetime) -> Today:
    """Of people who agree. Many are counted with the eyes of the pipeline: the same people, asked about at once."""
    here = days.day_of(now, zone)
    asked = {"tenant": tenant_id, "since": days.beginning(here, zone), "fresh": here - timedelta(days=STALE)}
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        (pending, oldest, failed), decided, people = (_rows(query, **asked)[0] for query in (ITEMS, DECIDED, PEOPLE))
    valid = AuditHead.objects.filter(pk=tenant_id).values_list("valid", flat=True).first()
    approved, rejected, seconds, flags = decided
    consenting, stale, without_content = people
    return Today(pending, oldest, failed, approved, rejected, seconds, flags, consenting, stale, without_content, valid)


def pending_ages(*, tenant_id: UUID, now: datetime) -> list[tuple[str, int]]:
    """How many items wait, by how long."""
    edges = [hours for hours, _ in AGES]
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        found = dict(_rows(WAITING, tenant=tenant_id, now=now, edges=edges))
    names = [*(name for _, name in AGES), OLDER]
    return [(name, found.get(place, 0)) for place, name in enumerate(names)]


def _rows(query: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()
