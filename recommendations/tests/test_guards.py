"""The walls around cards and items, attacked by raw writes."""

from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection

from accounts import consent, rowsecurity
from accounts.purposes import Purpose
from accounts.rowsecurity import MAINTENANCE
from accounts.tests import factories as people
from recommendations.lifecycle import LEGAL, Status
from recommendations.models import Card, CardVersion, Feedback, Recommendation, RecordedMove, Trace
from recommendations.tests.factories import CardFactory, ItemFactory

DECIDED = {
    Status.PENDING: {},
    Status.APPROVED: {"approved_at": "2026-11-20T10:00Z", "approved_by": uuid4()},
    Status.REJECTED: {
        "rejected_at": "2026-11-20T10:00Z",
        "rejected_by": uuid4(),
        "rejection_reason": "Not for this person.",
    },
    Status.WITHDRAWN: {"withdrawn_at": "2026-11-20T10:00Z", "withdrawal_reason": "expired"},
}


def become(item, status):
    with rowsecurity.viewing(MAINTENANCE):
        return Recommendation.objects.filter(pk=item.pk).update(status=status.value, **DECIDED[status])


def approved(user, **fields):
    item = ItemFactory(user=user, **fields)
    become(item, Status.APPROVED)
    return item


def seen_by(user):
    with rowsecurity.viewing(rowsecurity.of(user)):
        return Recommendation.objects.count()


@pytest.mark.parametrize(("before", "after"), [pair for pair in product(Status, Status) if pair[0] != pair[1]])
def test_the_trigger_holds_the_table_of_legal_moves(maya, before, after):
    item = ItemFactory(user=maya)
    if before is not Status.PENDING:
        become(item, before)
    if any((move.before, move.after) == (before, after) for move in LEGAL):
        assert become(item, after) == 1
    else:
        with pytest.raises(DatabaseError, match=f"{before} does not become {after}"):
            become(item, after)


@pytest.mark.parametrize("status", [Status.APPROVED, Status.REJECTED, Status.WITHDRAWN])
def test_an_item_begins_pending(maya, status):
    with pytest.raises(DatabaseError, match="begins pending"):
        ItemFactory(user=maya, status=status.value, **DECIDED[status])


def test_a_reader_sees_what_is_approved_and_not_in_doubt(maya):
    ItemFactory(user=maya)
    assert seen_by(maya) == 0
    item = approved(maya)
    assert seen_by(maya) == 1
    with rowsecurity.viewing(MAINTENANCE):
        Recommendation.objects.filter(pk=item.pk).update(flagged=True)
    assert seen_by(maya) == 0


def test_another_reader_sees_nothing_of_it(maya):
    approved(maya)
    assert seen_by(people.consenting("zoe")) == 0


def test_an_offer_needs_the_consent_to_offers_too(maya, now):
    approved(maya, type="partner_offer", created_at=now + timedelta(minutes=1))
    assert seen_by(maya) == 0
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.grant(user=maya, purpose=Purpose.PARTNER_OFFERS, now=now)
    assert seen_by(maya) == 1


def test_a_new_consent_brings_nothing_old_back(maya, omar, now):
    approved(maya, created_at=now)
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now + timedelta(minutes=1))
    assert seen_by(maya) == seen_by(omar) == 0
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.grant(user=maya, purpose=Purpose.ANALYSIS, now=now + timedelta(minutes=2))
    assert seen_by(maya) == 0
    assert seen_by(omar) == 1  # to be withdrawn, not to be shown


@pytest.mark.parametrize("change", [{"title": "Mine"}, {"status": "withdrawn"}, {"revision": 9}, {"flagged": False}])
def test_a_reader_marks_and_changes_nothing_else(maya, now, change):
    item = approved(maya)
    with rowsecurity.viewing(rowsecurity.of(maya)):
        assert Recommendation.objects.filter(pk=item.pk).update(shown_at=now, seen_at=now, clicked=True, clicked_at=now)
    if change == {"flagged": False}:
        return  # no change at all
    with pytest.raises(DatabaseError, match="a reader marks"), rowsecurity.viewing(rowsecurity.of(maya)):
        Recommendation.objects.filter(pk=item.pk).update(**change)


@pytest.mark.parametrize("change", ["subject = 'x'", "type = 'partner_offer'", "card_version = 2"])
def test_what_an_item_is_about_never_changes(maya, change):
    ItemFactory(user=maya)
    with (
        pytest.raises(DatabaseError, match="never changes"),
        rowsecurity.viewing(MAINTENANCE),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE recommendations SET {change}")


def test_no_reader_sees_how_it_was_made(maya, now):
    item = approved(maya)
    with rowsecurity.viewing(MAINTENANCE):
        Trace.objects.create(tenant=maya.tenant, user=maya, recommendation=item, trace_data={}, created_at=now)
    with rowsecurity.viewing(rowsecurity.of(maya)):
        assert Trace.objects.count() == RecordedMove.objects.count() == Card.objects.count() == 0


@pytest.mark.parametrize("statement", ["UPDATE decision_traces SET trace_data = '{}'", "DELETE FROM decision_traces"])
def test_a_trace_is_never_changed(maya, omar, now, statement):
    item = ItemFactory(user=maya)
    with rowsecurity.viewing(MAINTENANCE):
        Trace.objects.create(tenant=maya.tenant, user=maya, recommendation=item, trace_data={}, created_at=now)
    with (
        pytest.raises(DatabaseError, match="never changed"),
        rowsecurity.viewing(rowsecurity.of(omar)),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_an_erasure_takes_items_with_all_that_hangs_on_them(maya, now):
    item = ItemFactory(user=maya)
    with rowsecurity.viewing(MAINTENANCE):
        Trace.objects.create(tenant=maya.tenant, user=maya, recommendation=item, trace_data={}, created_at=now)
        Feedback.objects.create(
            tenant=maya.tenant, user=maya, recommendation=item, rating=5, created_at=now, updated_at=now
        )
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM recommendations WHERE user_id = %s", [maya.pk])
        assert Trace.objects.count() == Feedback.objects.count() == 0


def test_a_row_beside_an_item_is_of_the_same_person(maya, noor, now):
    item = ItemFactory(user=maya)
    with pytest.raises(DatabaseError), rowsecurity.viewing(MAINTENANCE):
        Feedback.objects.create(
            tenant=noor.tenant, user=noor, recommendation=item, rating=5, created_at=now, updated_at=now
        )
        connection.check_constraints()


def test_cards_belong_to_an_institution(maya, omar):
    other = people.TenantFactory(slug="elsewhere")
    card = CardFactory(tenant=other)
    with rowsecurity.viewing(rowsecurity.of(omar)):
        assert Card.objects.count() == 0
    with pytest.raises(DatabaseError, match="row-level security"), rowsecurity.viewing(rowsecurity.of(omar)):
        CardVersion.objects.create(
            tenant=other, card=card, version=1, title="x", content={}, content_hash="0" * 64, changed_by="x"
        )
    with pytest.raises(DatabaseError, match="card_versions_card"), rowsecurity.viewing(rowsecurity.of(omar)):
        CardVersion.objects.create(
            tenant=omar.tenant, card=card, version=1, title="x", content={}, content_hash="0" * 64, changed_by="x"
        )


@pytest.mark.parametrize("tags", [["Credit"], ["a", "a"], [""], [str(n) for n in range(21)]])
def test_tags_are_plain(db, tags):
    with pytest.raises(DatabaseError, match="cards_tags"):
        CardFactory(tags=tags)


def test_using_a_card_does_not_touch_it(db):
    card = CardFactory()
    with rowsecurity.viewing(MAINTENANCE):
        Card.objects.filter(pk=card.pk).update(usage_count=3)
        assert Card.objects.get(pk=card.pk).updated_at == Card.objects.get(pk=card.pk).created_at
        Card.objects.filter(pk=card.pk).update(title="Another")
        assert Card.objects.get(pk=card.pk).updated_at >= Card.objects.get(pk=card.pk).created_at


@pytest.mark.parametrize(("table", "column"), [("decision_traces", "trace_data"), ("considerations", "candidates")])
def test_what_a_run_writes_most_of_is_not_packed_at_length(db, table, column):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attstorage::text, attcompression::text FROM pg_attribute WHERE attrelid = %s::regclass"
            " AND attname = %s",
            [table, column],
        )
        assert cursor.fetchone() in (("e", ""), ("x", "l"))  # as it is, or by lz4 where the server has it
