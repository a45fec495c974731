"""What lies on an operator's desk: which item comes next, and what they may still take back."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from personas.signals import stale
from recommendations.lifecycle import DECISIONS, Status
from recommendations.models import Claim, Recommendation
from recommendations.reviewing import UNDOABLE

# By the chain, which is indexed by who acted; the move says whether it is still the last thing that happened.
LATELY = """
    SELECT r.id, r.title, last.verb, last.at, r.revision
      FROM audit_entries e
      JOIN recommendations r ON r.id = e.recommendation_id AND r.shown_at IS NULL AND r.status <> 'withdrawn'
     CROSS JOIN LATERAL (SELECT m.verb, m.actor_id, m.at FROM recommendation_moves m
                          WHERE m.recommendation_id = r.id ORDER BY m.revision DESC, m.at DESC LIMIT 1) last
     WHERE e.tenant_id = %(tenant)s AND e.operator_id = %(by)s AND e.at > %(since)s AND e.action = ANY(%(verbs)s)
       AND last.actor_id = %(by)s AND last.verb = ANY(%(verbs)s) AND last.at > %(since)s
     ORDER BY last.at DESC, e.seq DESC LIMIT 1
"""


@dataclass(frozen=True)
class Lately:
    """The last decision of an operator, while it can be undone."""

    item_id: UUID
    title: str
    verb: str
    at: datetime
    revision: int

    @property
    def undo_until(self) -> datetime:
        return self.at + UNDOABLE


def upcoming(*, by: User, now: datetime, after: Recommendation | None = None) -> UUID | None:
    """The next item that waits and that nobody else holds: behind this one, or the oldest of all."""
    held = Claim.objects.filter(recommendation_id=OuterRef("pk"), expires_at__gt=now).exclude(operator_id=by.pk)
    waiting = Recommendation.objects.filter(~Exists(held), tenant_id=by.tenant_id, status=Status.PENDING)
    in_order = waiting.order_by("created_at", "id").values_list("pk", flat=True)
    if after is None:
        return in_order.first()
    behind = Q(created_at__gt=after.created_at) | Q(created_at=after.created_at, pk__gt=after.pk)
    return in_order.filter(behind, created_at__gte=after.created_at).first() or in_order.exclude(pk=after.pk).first()


def doubtful(*, item_id: UUID, today: date) -> bool:
    """Whether approving it is asked about once more: its data are old, or its card has been written anew."""
    item = Recommendation.objects.select_related("card").filter(pk=item_id).first()
    return item is not None and (stale(item.as_of, today) or item.card.version > item.card_version)


def lately(*, by: User, now: datetime) -> Lately | None:
    asked: dict[str, Any] = {"tenant": by.tenant_id, "by": by.pk, "since": now - UNDOABLE, "verbs": sorted(DECISIONS)}
    with connection.cursor() as cursor:
        cursor.execute(LATELY, asked)
        row = cursor.fetchone()
    return Lately(*row) if row else None
