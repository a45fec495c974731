"""Which measurements of the past are kept, and the act that deletes the others."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts import rowsecurity
from accounts.models import User
from accounts.roles import Role

RECENT = timedelta(days=35)
MONTHS = 25

# The latest is kept however old it is: it is what the person is shown, and what the next assignment will cite.
PRUNED = """
    WITH judged AS (
        SELECT snapshot_id,
               s.computed_at >= %(recent)s
               OR EXISTS (SELECT FROM user_personas a WHERE a.snapshot_id = s.snapshot_id)
               OR (NOT s.backfill AND row_number() OVER latest = 1)
               OR (s.as_of >= date_trunc('month', %(today)s::date) - make_interval(months => %(months)s - 1)
                   AND row_number() OVER of_month = 1) AS kept
          FROM signal_snapshots s WHERE s.user_id = ANY(%(users)s)
        WINDOW latest AS (PARTITION BY s.user_id, s.time_window, s.backfill ORDER BY s.computed_at DESC),
               of_month AS (PARTITION BY s.user_id, s.time_window, date_trunc('month', s.as_of)
                            ORDER BY s.as_of DESC, s.computed_at DESC)),
    gone AS (
        DELETE FROM signal_snapshots s USING judged j WHERE s.snapshot_id = j.snapshot_id AND NOT j.kept RETURNING 1)
    SELECT (SELECT count(*) FROM judged), (SELECT count(*) FROM gone)
"""


@dataclass(frozen=True)
class Pruned:
    deleted: int
    kept: int


def whose(*, tenant_id: UUID) -> list[UUID]:
    """Whoever has revoked too: what is no longer kept goes with or without consent."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        people = User.objects.filter(tenant_id=tenant_id, role=Role.USER.value)
        return list(people.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def prune(*, user_ids: Collection[UUID], now: datetime) -> Pruned:
    """One statement for these people, in the maintenance context; a second call finds nothing.

    Kept are what an assignment cites, what was measured in the last 35 days, the latest, and of each of the last 25
    months of data (this one included) the newest day.
    """
    values: dict[str, Any] = {"users": list(user_ids), "recent": now - RECENT, "today": now.date(), "months": MONTHS}
    with connection.cursor() as cursor:
        cursor.execute(PRUNED, values)
        found, deleted = cursor.fetchone()
    return Pruned(deleted, found - deleted)
