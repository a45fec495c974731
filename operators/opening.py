"""An item taken to the desk: held while it is read, shown with all its evidence, and the opening written down."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts import access
from accounts.audit import Action
from accounts.models import User
from accounts.origin import NOWHERE, Origin
from operators import doubts, evidence, tracebook
from operators.evidence import Evidence
from operators.models import Note
from operators.notes import NoteNotFound
from operators.tracebook import Kept
from recommendations import claims, items
from recommendations.models import Claim, Flag, Recommendation


@dataclass(frozen=True)
class Held:
    hold: Claim
    holder: str
    mine: bool


@dataclass(frozen=True)
class Opened:
    evidence: Evidence
    held: Held | None  # nobody holds what waits no more


@transaction.atomic
def open_item(*, item_id: UUID, by: User, now: datetime, today: date, origin: Origin = NOWHERE) -> Opened:
    """Whoever opens an item that waits holds it, unless somebody else does."""
    held = hold(item_id=item_id, by=by, now=now)
    found = evidence.of(item_id=item_id, today=today)
    access.opened(
        by=by, whom=found.item.user_id, section="recommendation", now=now, origin=origin, recommendation_id=item_id
    )
    return Opened(found, held)


def opened_row(*, item: Recommendation, by: User, now: datetime, origin: Origin = NOWHERE) -> None:
    """One item out of the queue, on a page of its own."""
    access.opened(by=by, whom=item.user_id, section="recommendation", now=now, origin=origin, recommendation_id=item.pk)


@transaction.atomic
def open_trace(*, item_id: UUID, by: User, now: datetime, origin: Origin = NOWHERE) -> Kept:
    return _noted(tracebook.kept(item_id=item_id), Action.VIEW_TRACE, by, now, origin)


@transaction.atomic
def take_trace(*, item_id: UUID, by: User, now: datetime, origin: Origin = NOWHERE) -> Kept:
    """As a file, which leaves the house."""
    return _noted(tracebook.kept(item_id=item_id), Action.EXPORT, by, now, origin)


@transaction.atomic
def open_note(*, note_id: UUID, by: User, now: datetime, origin: Origin = NOWHERE) -> Note:
    note = Note.objects.filter(pk=note_id, deleted_at=None).first()
    if note is None:
        raise NoteNotFound
    access.opened(
        by=by, whom=note.user_id, section="notes", now=now, origin=origin, recommendation_id=note.recommendation_id
    )
    return note


@transaction.atomic
def open_flag(*, flag_id: UUID, by: User, now: datetime, origin: Origin = NOWHERE) -> Flag:
    flag = doubts.find(flag_id=flag_id, tenant_id=by.tenant_id)
    access.opened(
        by=by, whom=flag.user_id, section="flag", now=now, origin=origin, recommendation_id=flag.recommendation_id
    )
    return flag


def hold(*, item_id: UUID, by: User, now: datetime, take_over: bool = False) -> Held | None:
    """Who holds it after this asked to: nobody, where it waits no more."""
    try:
        mine = claims.claim(item_id=item_id, by=by, now=now, take_over=take_over)
    except items.AlreadyDecided:
        return None
    except items.Claimed:
        theirs = claims.of(item_id=item_id, now=now)
        if theirs is None:
            return None
        return Held(theirs, evidence.staff_of([theirs.operator_id]).get(theirs.operator_id, "somebody"), False)
    return Held(mine, by.email or "", True)


def _noted(kept: Kept, action: Action, by: User, now: datetime, origin: Origin) -> Kept:
    access.opened(
        by=by,
        whom=kept.item.user_id,
        section="trace",
        now=now,
        origin=origin,
        action=action,
        recommendation_id=kept.item.pk,
    )
    return kept
