"""What staff decide about an item: approve, reject, modify, override, undo; each one move and one row of the audit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import audit, kept
from accounts.audit import Action, Deed
from accounts.models import User
from accounts.origin import NOWHERE, Origin
from accounts.refusals import ConsentRequired, Refused
from accounts.roles import Role
from accounts.stated import ReasonInvalid, worded
from recommendations import edits, flags, items, proposals
from recommendations.lifecycle import DECISIONS, Status, Verb, Withdrawal
from recommendations.models import Claim, Recommendation, RecordedMove

UNDOABLE = timedelta(minutes=5)
NOTES = 500


class GuardrailFailed(Refused):
    code = "GUARDRAIL_FAILED"
    sentence = "The guardrails refuse this item. Edit it until it passes, or reject it."


class OpenFlag(Refused):
    code = "OPEN_FLAG"
    sentence = "There is an open flag on this item. Resolve it first."


class CardDeleted(Refused):
    code = "CARD_DELETED"
    sentence = "The card of this item has been deleted."


class NotLastDecision(Refused):
    code = "NOT_LAST_DECISION"
    sentence = "Only the last decision can be undone, and this item has none, or has moved on since."


class UndoExpired(Refused):
    code = "UNDO_EXPIRED"
    sentence = "A decision can be undone for 5 minutes; they are over."


class UndoShown(Refused):
    code = "UNDO_SHOWN"
    sentence = "The item has been shown to its reader, so the decision stands. Override it instead."


class SomebodyElses(Refused):
    status = 403
    code = "FORBIDDEN_ROLE"
    sentence = "Only whoever decided may undo it, or an administrator."


@dataclass(frozen=True)
class Bulk:
    """What became of many: the items that moved, and why each of the others did not, in the order asked."""

    succeeded: tuple[Recommendation, ...]
    failed: tuple[tuple[UUID, Refused], ...]


Decided = tuple[Recommendation, Deed]
Deciding = Callable[..., Decided]


@transaction.atomic
def approve(
    *, item_id: UUID, by: User, now: datetime, notes: str = "", revision: int | None = None, origin: Origin = NOWHERE
) -> Recommendation:
    """From this commit on its reader sees it."""
    return _sealed(_approved(item_id, by=by, now=now, said=notes, revision=revision), by, now, origin)


@transaction.atomic
def reject(
    *, item_id: UUID, by: User, now: datetime, reason: str, revision: int | None = None, origin: Origin = NOWHERE
) -> Recommendation:
    """Its subject is silent for this person for 90 days; open flags are answered by it."""
    return _sealed(_rejected(item_id, by=by, now=now, said=reason, revision=revision), by, now, origin)


@transaction.atomic
def modify(
    *,
    item_id: UUID,
    by: User,
    now: datetime,
    changes: Mapping[str, str],
    revision: int | None = None,
    origin: Origin = NOWHERE,
) -> Recommendation:
    """Other words or another priority, when they pass every guardrail; that answers the flag of the system."""
    item = items.in_hand(item_id=item_id, revision=revision, pending=True)
    items.held_by_nobody_else(item, by=by, now=now)
    changed = edits.accepted(item, changes)
    answered = flags.answer(
        item=item, by=by, now=now, resolution="An edit passed the guardrails.", only_of_the_system=True
    )
    was = {name: getattr(item, name) for name in changed}
    fields = {
        **changed,
        "guardrails_passed": True,
        "modified_at": now,
        "modified_by": by.pk,
        **({"flagged": False} if answered else {}),
    }
    proposals.move(item, verb=Verb.MODIFY, after=Status.PENDING, now=now, by=by.pk, changed=fields, flags=answered)
    _freed(item)
    detail = {name: {"before": was[name], "after": changed[name]} for name in changed}
    return _sealed((item, deed(Action.MODIFY, item, {"changes": detail})), by, now, origin)


@transaction.atomic
def override(
    *, item_id: UUID, by: User, now: datetime, reason: str, revision: int | None = None, origin: Origin = NOWHERE
) -> Recommendation:
    """Take an open item back for good; what follows is a new decision, not an undo."""
    said = worded(reason)
    item = items.in_hand(item_id=item_id, revision=revision)
    if item.status in (Status.PENDING, Status.APPROVED):
        items.held_by_nobody_else(item, by=by, now=now)
    changed = {"withdrawn_at": now, "withdrawal_reason": Withdrawal.OVERRIDDEN.value}
    proposals.move(item, verb=Verb.OVERRIDE, after=Status.WITHDRAWN, now=now, by=by.pk, reason=said, changed=changed)
    _freed(item)
    return _sealed((item, deed(Action.OVERRIDE, item, {"reason": said})), by, now, origin)


@transaction.atomic
def undo(
    *, item_id: UUID, by: User, now: datetime, revision: int | None = None, origin: Origin = NOWHERE
) -> Recommendation:
    """Status, text and flags as they were before the last decision."""
    item = items.in_hand(item_id=item_id, revision=revision)
    if item.status == Status.WITHDRAWN:
        raise proposals.IllegalMove("A withdrawn item stays withdrawn.")
    last = _undoable(item, by, now)
    items.held_by_nobody_else(item, by=by, now=now)
    answered = [UUID(flag_id) for flag_id in (last.after or {}).get("flags", ())]
    reopened = flags.reopen(item=item, flag_ids=answered)
    changed = items.former(last)
    if not reopened:
        changed.pop("flagged", None)
    proposals.move(item, verb=Verb.UNDO, after=Status.PENDING, now=now, by=by.pk, changed=changed)
    kept.forget(user_ids=[item.user_id])
    return _sealed((item, deed(Action.UNDO, item, {"undone": last.verb})), by, now, origin)


@transaction.atomic
def decide_all(
    *,
    verb: Verb,
    item_ids: Sequence[UUID],
    by: User,
    now: datetime,
    batch_id: UUID,
    said: str = "",
    origin: Origin = NOWHERE,
) -> Bulk:
    """Approve or reject many, each in a savepoint of its own; duplicates once, and the audit rows last, in order."""
    done: list[Decided] = []
    failed: list[tuple[UUID, Refused]] = []
    for item_id in dict.fromkeys(item_ids):
        try:
            with transaction.atomic():
                done.append(DECIDING[verb](item_id, by=by, now=now, said=said, revision=None))
        except Refused as refused:
            failed.append((item_id, refused))
    if done:
        audit.record_all(
            deeds=[one for _, one in done],
            tenant_id=by.tenant_id,
            operator_id=by.pk,
            now=now,
            batch_id=batch_id,
            origin=origin,
        )
    return Bulk(tuple(item for item, _ in done), tuple(failed))


def _approved(item_id: UUID, *, by: User, now: datetime, said: str, revision: int | None) -> Decided:
    notes = said.strip()
    if len(notes) > NOTES:
        raise ReasonInvalid(f"Notes have at most {NOTES} characters.")
    item = items.in_hand(item_id=item_id, revision=revision, pending=True)
    items.held_by_nobody_else(item, by=by, now=now)
    if not items.agreed(item):
        raise ConsentRequired
    if not item.card.is_active:
        raise CardDeleted
    if not item.guardrails_passed:
        raise GuardrailFailed
    if item.flagged:
        raise OpenFlag
    changed = {"approved_at": now, "approved_by": by.pk}
    proposals.move(
        item, verb=Verb.APPROVE, after=Status.APPROVED, now=now, by=by.pk, reason=notes or None, changed=changed
    )
    _freed(item)
    return item, deed(Action.APPROVE, item, {"notes": notes})


def _rejected(item_id: UUID, *, by: User, now: datetime, said: str, revision: int | None) -> Decided:
    reason = worded(said)
    item = items.in_hand(item_id=item_id, revision=revision, pending=True)
    items.held_by_nobody_else(item, by=by, now=now)
    answered = flags.answer(item=item, by=by, now=now, resolution="The item was rejected.")
    changed = {
        "rejected_at": now,
        "rejected_by": by.pk,
        "rejection_reason": reason,
        **({"flagged": False} if answered else {}),
    }
    proposals.move(
        item,
        verb=Verb.REJECT,
        after=Status.REJECTED,
        now=now,
        by=by.pk,
        reason=reason,
        changed=changed,
        flags=answered,
    )
    _freed(item)
    return item, deed(Action.REJECT, item, {"reason": reason})


DECIDING: Mapping[Verb, Deciding] = {Verb.APPROVE: _approved, Verb.REJECT: _rejected}


def _undoable(item: Recommendation, by: User, now: datetime) -> RecordedMove:
    last = items.latest_move(item)
    if last is None or last.verb not in DECISIONS:
        raise NotLastDecision
    if last.actor_id != by.pk and by.role != Role.ADMIN:
        raise SomebodyElses
    if item.shown_at:
        raise UndoShown
    if now - last.at > UNDOABLE:
        raise UndoExpired
    return last


def _freed(item: Recommendation) -> None:
    """A decision ends whatever hold there was, and what was kept of the reader's answers."""
    Claim.objects.filter(pk=item.pk).delete()
    kept.forget(user_ids=[item.user_id])


def deed(action: Action, item: Recommendation, detail: Mapping[str, Any]) -> Deed:
    return Deed(
        action,
        "recommendation",
        object_id=str(item.pk),
        subject=item.user_id,
        recommendation_id=item.pk,
        detail={name: value for name, value in detail.items() if value},
    )


def _sealed(decided: Decided, by: User, now: datetime, origin: Origin) -> Recommendation:
    item, done = decided
    audit.record_all(deeds=[done], tenant_id=item.tenant_id, operator_id=by.pk, now=now, origin=origin)
    return item
