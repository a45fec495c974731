"""Notes and tags beside an item: whose they are, what of them is kept, and what is refused."""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts import consent, rowsecurity
from accounts.models import AuditEntry
from accounts.purposes import Purpose
from accounts.refusals import Unacceptable
from accounts.tests import factories
from operators import notes
from operators.models import Note, Tag, TagName
from recommendations.items import RecommendationNotFound
from recommendations.tests.proposed import MADE_AT, proposed

NOW = MADE_AT + timedelta(hours=1)
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def item(maya):
    return proposed(maya)


@pytest.fixture
def staff(omar):
    with rowsecurity.viewing(rowsecurity.of(omar)):
        yield omar


def last():
    return AuditEntry.objects.select_related("detail").order_by("seq").last()


def test_a_note_is_written_changed_and_taken_away_and_the_chain_keeps_what_it_said(item, staff):
    note = notes.write(item_id=item.pk, by=staff, now=NOW, text="  The limit was <b>raised</b>.  ")
    assert (note.note_text, note.operator_id, note.user_id) == ("The limit was <b>raised</b>.", staff.pk, item.user_id)
    assert (last().action, last().object_id, last().recommendation_id) == ("note_add", str(note.pk), item.pk)
    notes.rewrite(note_id=note.pk, by=staff, now=LATER, text="It was not.")
    assert last().detail.detail | {"user_id": ""} == {
        "before": "The limit was <b>raised</b>.", "after": "It was not.", "user_id": "",
    }  # fmt: skip
    changed = Note.objects.get()
    assert (changed.note_text, changed.created_at, changed.updated_at) == ("It was not.", NOW, LATER)
    notes.take_away(note_id=note.pk, by=staff, now=LATER)
    assert (last().action, last().detail.detail["before"]) == ("note_delete", "It was not.")
    assert Note.objects.get().deleted_at == LATER
    for act in (notes.take_away, notes.rewrite):
        more = {"text": "Once more."} if act is notes.rewrite else {}
        with pytest.raises(notes.NoteNotFound):
            act(note_id=note.pk, by=staff, now=LATER, **more)


def test_saying_the_same_again_changes_nothing(item, staff):
    note = notes.write(item_id=item.pk, by=staff, now=NOW, text="As it is.")
    notes.rewrite(note_id=note.pk, by=staff, now=LATER, text=" As it is. ")
    assert (Note.objects.get().updated_at, AuditEntry.objects.count()) == (NOW, 1)


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 5001])
def test_a_note_has_words_and_an_end(item, staff, text):
    with pytest.raises(Unacceptable, match="1 to 5,000"):
        notes.write(item_id=item.pk, by=staff, now=NOW, text=text)
    assert not Note.objects.exists()


def test_only_its_author_or_an_administrator_changes_a_note(item, staff, junior, ada):
    note = notes.write(item_id=item.pk, by=staff, now=NOW, text="Mine.")
    with pytest.raises(notes.NotTheAuthor):
        notes.rewrite(note_id=note.pk, by=junior, now=NOW, text="Not yours.")
    with pytest.raises(notes.NotTheAuthor):
        notes.take_away(note_id=note.pk, by=junior, now=NOW)
    notes.rewrite(note_id=note.pk, by=ada, now=NOW, text="In order now.")
    assert (Note.objects.get().operator_id, last().operator_id) == (staff.pk, ada.pk)


def test_a_tag_stands_once_and_is_taken_away_by_anybody(item, staff, junior):
    tag = notes.tag(item_id=item.pk, by=staff, now=NOW, name=TagName.EDGE_CASE)
    assert (last().action, last().detail.detail["tag"]) == ("tag_add", "edge_case")
    with pytest.raises(notes.DuplicateTag):
        notes.tag(item_id=item.pk, by=junior, now=NOW, name="edge_case")
    with pytest.raises(notes.UnknownTag, match="needs_review, edge_case"):
        notes.tag(item_id=item.pk, by=staff, now=NOW, name="nice")
    notes.untag(tag_id=tag.pk, by=junior, now=NOW)
    assert (last().action, last().operator_id, Tag.objects.count()) == ("tag_remove", junior.pk, 0)
    with pytest.raises(notes.TagNotFound):
        notes.untag(tag_id=tag.pk, by=staff, now=NOW)


def test_nobody_writes_beside_what_they_cannot_see(maya, item, omar):
    stranger = factories.UserFactory(
        email="far@example.test", role="operator", level="senior", tenant=factories.TenantFactory(slug="elsewhere")
    )
    with rowsecurity.viewing(rowsecurity.of(omar)):
        note = notes.write(item_id=item.pk, by=omar, now=NOW, text="Only here.")
        tag = notes.tag(item_id=item.pk, by=omar, now=NOW, name="edge_case")
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=NOW)
    for who in (stranger, omar):
        with rowsecurity.viewing(rowsecurity.of(who)):
            with pytest.raises(RecommendationNotFound):
                notes.write(item_id=item.pk, by=who, now=NOW, text="Of somebody else.")
            with pytest.raises(RecommendationNotFound):
                notes.tag(item_id=uuid4(), by=who, now=NOW, name="edge_case")
            with pytest.raises(notes.NoteNotFound):
                notes.rewrite(note_id=note.pk, by=who, now=NOW, text="Of somebody else.")
            with pytest.raises(notes.TagNotFound):
                notes.untag(tag_id=tag.pk, by=who, now=NOW)
