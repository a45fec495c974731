"""What staff do about a person that lasts: flags they wear, and overrules of what was said of them or to them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts import audit, authority
from accounts.audit import Action
from accounts.models import User
from accounts.origin import NOWHERE, Origin
from accounts.refusals import ConsentRequired, NotThere, Refused
from accounts.stated import worded
from operators.models import ActionType, OperatorAction
from personas import overriding, profiles
from personas.models import Assignment, Window
from personas.rules import Persona
from recommendations import items, reviewing
from recommendations.models import Recommendation

FLAGS, OVERRIDES = "operators.flag", "personas.override"


class AlreadyFlagged(Refused):
    code = "OPEN_FLAG"
    sentence = "There is an open flag on this person already."


class NotFlagged(NotThere):
    code = "FLAG_NOT_FOUND"
    sentence = "There is no open flag on this person."


def about(user: User) -> QuerySet[OperatorAction]:
    """Newest first."""
    return OperatorAction.objects.filter(user=user).order_by("-created_at", "-id")


def worn(user: User) -> OperatorAction | None:
    """The open flag."""
    return about(user).filter(action_type=ActionType.FLAG, cleared_at=None).first()


@transaction.atomic
def flag(*, user: User, reason: str, by: User, now: datetime, origin: Origin = NOWHERE) -> OperatorAction:
    """The person wears the risk flag until somebody takes it off."""
    said = worded(reason)
    authority.still(by=by, permission=FLAGS)
    _locked(user)
    if worn(user):
        raise AlreadyFlagged
    action = _written(user, ActionType.FLAG, said, by, now)
    _sealed(Action.FLAG_USER, action, {"reason": said}, by, now, origin)
    return action


@transaction.atomic
def unflag(*, user: User, by: User, now: datetime, origin: Origin = NOWHERE) -> OperatorAction:
    authority.still(by=by, permission=FLAGS)
    _locked(user)
    action = worn(user)
    if action is None:
        raise NotFlagged
    action.cleared_at, action.cleared_by = now, by.pk
    action.save(update_fields=["cleared_at", "cleared_by"])
    _sealed(Action.UNFLAG_USER, action, {}, by, now, origin)
    return action


@transaction.atomic
def override_item(
    *,
    item_id: UUID,
    reason: str,
    by: User,
    now: datetime,
    user: User | None = None,
    revision: int | None = None,
    origin: Origin = NOWHERE,
) -> tuple[OperatorAction, Recommendation]:
    """Take an item back for good; where a person is named, one of somebody else is not theirs and not there."""
    said = worded(reason)
    authority.still(by=by, permission=OVERRIDES)
    found = Recommendation.objects.select_related("user").filter(pk=item_id).first()
    if found is None or user not in (None, found.user):
        raise items.RecommendationNotFound
    action = _written(found.user, ActionType.OVERRIDE, said, by, now, item_id)
    item = reviewing.override(item_id=item_id, by=by, now=now, reason=said, revision=revision, origin=origin)
    return action, item


@transaction.atomic
def override_persona(
    *,
    user: User,
    window: Window,
    persona: Persona | None,
    reason: str,
    by: User,
    now: datetime,
    hold_days: int = overriding.HELD,
    origin: Origin = NOWHERE,
) -> tuple[OperatorAction, Assignment]:
    """Say what a person is for a while; without a persona, let the rules speak again."""
    said = worded(reason)
    authority.still(by=by, permission=OVERRIDES)
    _locked(user)
    action = _written(user, ActionType.OVERRIDE, said, by, now)
    told: dict[str, Any] = {"user": user, "window": window, "reason": said, "by": by, "now": now, "origin": origin}
    if persona is None:
        return action, overriding.release(**told)
    return action, overriding.override(persona=persona, hold_days=hold_days, **told)


def _locked(user: User) -> None:
    if not profiles.locked(user_ids=[user.pk]):
        raise ConsentRequired


def _written(
    user: User, kind: ActionType, said: str, by: User, now: datetime, item_id: UUID | None = None
) -> OperatorAction:
    return OperatorAction.objects.create(
        tenant_id=user.tenant_id,
        operator_id=by.pk,
        user=user,
        action_type=kind.value,
        reason=said,
        recommendation_id=item_id,
        created_at=now,
    )


def _sealed(
    deed: Action, action: OperatorAction, detail: dict[str, Any], by: User, now: datetime, origin: Origin
) -> None:
    audit.record(
        action=deed,
        tenant_id=action.tenant_id,
        operator_id=by.pk,
        now=now,
        object_type="user",
        subject=action.user_id,
        detail={**detail, "action_id": str(action.pk)},
        origin=origin,
    )
