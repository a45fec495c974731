"""What staff write beside an item for one another: notes, and tags out of a short list; the one writer of both."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts import audit
from accounts.audit import Action, Deed
from accounts.models import User
from accounts.origin import NOWHERE, Origin
from accounts.refusals import NotThere, Refused, Unacceptable
from accounts.roles import Role
from operators.models import Note, Tag, TagName
from operators.models.notes import NOTE
from recommendations.items import RecommendationNotFound
from recommendations.models import Recommendation

ONCE = "recommendation_tags_once"


class NoteNotFound(NotThere):
    code = "NOTE_NOT_FOUND"
    sentence = "There is no such note."


class TagNotFound(NotThere):
    code = "TAG_NOT_FOUND"
    sentence = "There is no such tag on an item."


class NoteInvalid(Unacceptable):
    sentence = f"A note has 1 to {NOTE:,} characters."


class NotTheAuthor(Refused):
    status = 403
    code = "FORBIDDEN_ROLE"
    sentence = "Only its author may change a note, or an administrator."


class UnknownTag(Unacceptable):
    code = "UNKNOWN_TAG"
    sentence = f"A tag is one of {', '.join(TagName.values())}."


class DuplicateTag(Refused):
    code = "DUPLICATE_TAG"
    sentence = "The item has this tag already."


@transaction.atomic
def write(*, item_id: UUID, by: User, now: datetime, text: str, origin: Origin = NOWHERE) -> Note:
    said = _worded(text)
    item = _item(item_id)
    note = Note.objects.create(**_beside(item), operator_id=by.pk, note_text=said, created_at=now, updated_at=now)
    _sealed(Action.NOTE_ADD, "note", note, by, now, {"text": said}, origin)
    return note


@transaction.atomic
def rewrite(*, note_id: UUID, by: User, now: datetime, text: str, origin: Origin = NOWHERE) -> Note:
    """What it said before stays in the audit chain; saying the same again changes nothing."""
    said = _worded(text)
    note = _own(note_id, by)
    before = note.note_text
    if said != before:
        note.note_text, note.updated_at = said, now
        note.save(update_fields=["note_text", "updated_at"])
        _sealed(Action.NOTE_EDIT, "note", note, by, now, {"before": before, "after": said}, origin)
    return note


@transaction.atomic
def take_away(*, note_id: UUID, by: User, now: datetime, origin: Origin = NOWHERE) -> Note:
    note = _own(note_id, by)
    note.deleted_at = now
    note.save(update_fields=["deleted_at"])
    _sealed(Action.NOTE_DELETE, "note", note, by, now, {"before": note.note_text}, origin)
    return note


@transaction.atomic
def tag(*, item_id: UUID, by: User, now: datetime, name: str, origin: Origin = NOWHERE) -> Tag:
    added = _tagged(item_id, by, now, _named(name))
    _sealed(Action.TAG_ADD, "tag", added, by, now, {"tag": name}, origin)
    return added


@transaction.atomic
def tag_all(
    *, item_ids: Iterable[UUID], by: User, now: datetime, batch_id: UUID, name: str, origin: Origin = NOWHERE
) -> tuple[list[Tag], list[tuple[UUID, Refused]]]:
    """What was tagged, and why the others were not; the audit rows last, in order."""
    known = _named(name)
    added: list[Tag] = []
    failed: list[tuple[UUID, Refused]] = []
    for item_id in item_ids:
        try:
            added.append(_tagged(item_id, by, now, known))
        except Refused as refused:
            failed.append((item_id, refused))
    if added:
        deeds = [_deed(Action.TAG_ADD, "tag", one, {"tag": known}) for one in added]
        audit.record_all(
            deeds=deeds, tenant_id=by.tenant_id, operator_id=by.pk, now=now, batch_id=batch_id, origin=origin
        )
    return added, failed


@transaction.atomic
def untag(*, tag_id: UUID, by: User, now: datetime, origin: Origin = NOWHERE) -> Tag:
    """Anybody's: a tag says something of the item, not of who put it there."""
    found = Tag.objects.select_for_update().filter(pk=tag_id).first()
    if found is None:
        raise TagNotFound
    Tag.objects.filter(pk=found.pk).delete()
    _sealed(Action.TAG_REMOVE, "tag", found, by, now, {"tag": found.tag_name}, origin)
    return found


def _worded(text: str) -> str:
    said = text.strip()
    if not 1 <= len(said) <= NOTE:
        raise NoteInvalid
    return said


def _named(name: str) -> str:
    if name not in TagName.values():
        raise UnknownTag
    return name


def _tagged(item_id: UUID, by: User, now: datetime, name: str) -> Tag:
    item = _item(item_id)
    try:
        with transaction.atomic():
            return Tag.objects.create(**_beside(item), tag_name=name, tagged_by=by.pk, tagged_at=now)
    except IntegrityError as twice:
        if ONCE not in str(twice):
            raise
        raise DuplicateTag from None


def _item(item_id: UUID) -> Recommendation:
    item = Recommendation.objects.only("id", "tenant_id", "user_id").filter(pk=item_id).first()
    if item is None:
        raise RecommendationNotFound
    return item


def _beside(item: Recommendation) -> dict[str, UUID]:
    return {"tenant_id": item.tenant_id, "user_id": item.user_id, "recommendation_id": item.pk}


def _own(note_id: UUID, by: User) -> Note:
    note = Note.objects.select_for_update().filter(pk=note_id, deleted_at=None).first()
    if note is None:
        raise NoteNotFound
    if note.operator_id != by.pk and by.role != Role.ADMIN:
        raise NotTheAuthor
    return note


def _deed(action: Action, kind: str, row: Note | Tag, said: Mapping[str, Any]) -> Deed:
    return Deed(
        action,
        kind,
        object_id=str(row.pk),
        subject=row.user_id,
        recommendation_id=row.recommendation_id,
        detail=said,
    )


def _sealed(
    action: Action, kind: str, row: Note | Tag, by: User, now: datetime, said: Mapping[str, Any], origin: Origin
) -> None:
    deed = _deed(action, kind, row, said)
    audit.record_all(deeds=[deed], tenant_id=row.tenant_id, operator_id=by.pk, now=now, origin=origin)
