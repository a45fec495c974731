"""Holding a pending item for a few minutes while reading it, so that two do not decide the same thing."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.models import User
from recommendations import items
from recommendations.models import Claim, Recommendation

HELD = timedelta(minutes=5)


@transaction.atomic
def claim(*, item_id: UUID, by: User, now: datetime, take_over: bool = False) -> Claim:
    """Hold it, hold it longer, or take it over from whoever holds it."""
    item = items.in_hand(item_id=item_id, pending=True)
    if not take_over:
        items.held_by_nobody_else(item, by=by, now=now)
    held = Claim.objects.filter(pk=item.pk, operator_id=by.pk, expires_at__gt=now).first()
    mine, _ = Claim.objects.update_or_create(
        recommendation_id=item.pk,
        defaults={
            "tenant_id": item.tenant_id,
            "user_id": item.user_id,
            "operator_id": by.pk,
            "claimed_at": held.claimed_at if held else now,
            "expires_at": now + HELD,
        },
    )
    return mine


@transaction.atomic
def release(*, item_id: UUID, by: User) -> None:
    """Let go of it; letting go of what one does not hold changes nothing."""
    if not Recommendation.objects.filter(pk=item_id).exists():
        raise items.RecommendationNotFound
    Claim.objects.filter(pk=item_id, operator_id=by.pk).delete()


def of(*, item_id: UUID, now: datetime) -> Claim | None:
    """Who holds this item."""
    return Claim.objects.filter(pk=item_id, expires_at__gt=now).first()


def standing(*, tenant_id: UUID, now: datetime) -> list[Claim]:
    """Who holds what, soonest free first."""
    return list(Claim.objects.filter(tenant_id=tenant_id, expires_at__gt=now).order_by("expires_at", "pk"))
