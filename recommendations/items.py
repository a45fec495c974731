"""An item taken in hand by staff: locked behind its person, as it was when it was read, and held by nobody else."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models

from accounts.models import ConsentRecord, User
from accounts.purposes import Purpose
from accounts.refusals import NotThere, Refused
from recommendations.lifecycle import DECISIONS, Status
from recommendations.models import Claim, Kind, Recommendation, RecordedMove


class RecommendationNotFound(NotThere):
    code = "RECOMMENDATION_NOT_FOUND"
    sentence = "There is no such recommendation."


class RevisionConflict(Refused):
    code = "REVISION_CONFLICT"
    sentence = "The item has changed since you opened it. Read it again, then decide."


class AlreadyDecided(Refused):
    code = "ALREADY_DECIDED"
    sentence = "This item waits for no decision any more."


class Claimed(Refused):
    code = "CLAIMED"
    sentence = "Somebody else is reviewing this item. Take it over, or wait until they are done."


def in_hand(*, item_id: UUID, revision: int | None = None, pending: bool = False) -> Recommendation:
    """The person's row first, as a run and a revocation take it, then the item: nobody waits in a circle."""
    User.objects.select_for_update(of=("self",)).filter(recommendations=item_id).first()
    item = Recommendation.objects.select_for_update(of=("self",)).select_related("card").filter(pk=item_id).first()
    if item is None:
        raise RecommendationNotFound
    if pending and item.status != Status.PENDING:
        raise _decided(item)
    if revision is not None and revision != item.revision:
        raise RevisionConflict(revision=item.revision)
    return item


def lined_up(*, item_ids: Sequence[UUID]) -> None:
    """The people of many items, all at once and in one order: two that decide about the same many only wait."""
    whose = Recommendation.objects.filter(pk__in=item_ids).values("user_id")
    list(User.objects.select_for_update(of=("self",)).filter(pk__in=whose).order_by("pk").values_list("pk"))


def _decided(item: Recommendation) -> AlreadyDecided:
    """Says when, not by whom."""
    last = latest_move(item)
    if last is None or last.verb not in DECISIONS:
        return AlreadyDecided()
    return AlreadyDecided(
        f"This item was decided at {last.at:%H:%M:%S} UTC on {last.at:%Y-%m-%d}.", decided_at=last.at.isoformat()
    )


def latest_move(item: Recommendation) -> RecordedMove | None:
    return RecordedMove.objects.filter(recommendation_id=item.pk).order_by("-revision", "-at").first()


def former(move: RecordedMove) -> dict[str, Any]:
    """The fields as they were before it, out of the JSON that it kept of them."""
    kept = {field.name: field for field in Recommendation._meta.get_fields() if isinstance(field, models.Field)}
    return {name: kept[name].to_python(value) for name, value in (move.before or {}).items()}


def held_by_nobody_else(item: Recommendation, *, by: User, now: datetime) -> None:
    claim = Claim.objects.filter(pk=item.pk, expires_at__gt=now).exclude(operator_id=by.pk).first()
    if claim:
        raise Claimed(held_by=str(claim.operator_id), until=claim.expires_at.isoformat())


def agreed(item: Recommendation) -> bool:
    """Whether the person agrees to all that this item needs, without a break since it was made."""
    needed = {Purpose.ANALYSIS} | ({Purpose.PARTNER_OFFERS} if item.type == Kind.PARTNER_OFFER else set())
    standing = ConsentRecord.objects.filter(
        user_id=item.user_id, purpose__in=needed, revoked_at=None, since__lte=item.created_at
    )
    return standing.count() == len(needed)
