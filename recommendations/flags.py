"""Doubts about an item: raised by staff or the system, answered once; an open one hides and blocks it."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from accounts import audit, kept
from accounts.audit import Action
from accounts.models import User
from accounts.origin import NOWHERE, Origin
from accounts.refusals import NotThere, Refused
from accounts.stated import worded
from recommendations import items
from recommendations.lifecycle import OPEN
from recommendations.models import Flag, Recommendation


class FlagNotFound(NotThere):
    code = "FLAG_NOT_FOUND"
    sentence = "There is no such flag."


class AlreadyFlagged(Refused):
    code = "OPEN_FLAG"
    sentence = "There is an open flag on this item already."


class FlagResolved(Refused):
    code = "FLAG_RESOLVED"
    sentence = "This flag has been resolved."


class NotOpen(Refused):
    code = "ILLEGAL_MOVE"
    sentence = "Only an item that waits or is shown can be flagged."


@transaction.atomic
def raise_flag(
    *, item_id: UUID, by: User, now: datetime, reason: str, revision: int | None = None, origin: Origin = NOWHERE
) -> Flag:
    """From this commit on the item is hidden from its reader and cannot be approved."""
    said = worded(reason)
    item = items.in_hand(item_id=item_id, revision=revision)
    if item.status not in OPEN:
        raise NotOpen
    if item.flagged:
        raise AlreadyFlagged
    flag = Flag.objects.create(
        tenant_id=item.tenant_id,
        user_id=item.user_id,
        recommendation=item,
        flagged_by=by.pk,
        flag_reason=said,
        flagged_at=now,
    )
    _mark(item, flagged=True)
    _record(Action.FLAG, flag, by, now, said, origin)
    return flag


@transaction.atomic
def resolve(*, flag_id: UUID, by: User, now: datetime, resolution: str, origin: Origin = NOWHERE) -> Flag:
    said = worded(resolution)
    item_id = Flag.objects.filter(pk=flag_id).values_list("recommendation_id", flat=True).first()
    if item_id is None:
        raise FlagNotFound
    item = items.in_hand(item_id=item_id)
    flag = Flag.objects.get(pk=flag_id)
    if flag.resolved:
        raise FlagResolved
    answer(item=item, by=by, now=now, resolution=said)
    _mark(item, flagged=False)
    flag.refresh_from_db()
    _record(Action.RESOLVE_FLAG, flag, by, now, said, origin)
    return flag


def answer(
    *, item: Recommendation, by: User, now: datetime, resolution: str, only_of_the_system: bool = False
) -> list[UUID]:
    """Resolve what is open on a locked item; the caller moves the item and says that no flag is open any more."""
    if not item.flagged:
        return []
    opened = Flag.objects.filter(recommendation_id=item.pk, resolved=False)
    if only_of_the_system:
        opened = opened.filter(flagged_by=None)
    answered = list(opened.values_list("pk", flat=True))
    if answered:
        opened.update(resolved=True, resolved_by=by.pk, resolved_at=now, resolution=resolution)
    return answered


def reopen(*, item: Recommendation, flag_ids: Iterable[UUID]) -> bool:
    """As they were before the decision that answered them, unless somebody has raised another one since."""
    if item.flagged:
        return False
    wanted = Flag.objects.filter(recommendation_id=item.pk, pk__in=list(flag_ids))
    return bool(wanted.update(resolved=False, resolved_by=None, resolved_at=None, resolution=None))


def _mark(item: Recommendation, *, flagged: bool) -> None:
    """The reader's policy sees this column and no flag."""
    Recommendation.objects.filter(pk=item.pk).update(flagged=flagged, revision=F("revision") + 1)
    kept.forget(user_ids=[item.user_id])


def _record(action: Action, flag: Flag, by: User, now: datetime, said: str, origin: Origin) -> None:
    audit.record(
        action=action,
        tenant_id=flag.tenant_id,
        operator_id=by.pk,
        now=now,
        object_type="flag",
        object_id=str(flag.pk),
        subject=flag.user_id,
        recommendation_id=flag.recommendation_id,
        detail={"reason": said},
        origin=origin,
    )
