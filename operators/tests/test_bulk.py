"""Many items at once: what each of them becomes, what refuses all of them, and the chain behind it."""

from uuid import uuid4

import pytest

from accounts import audit, authority, consent, rowsecurity
from accounts.models import AuditEntry, User
from accounts.purposes import Purpose
from accounts.stated import ReasonInvalid
from accounts.tests import factories
from operators import bulk, notes
from operators.bulk import Deed
from operators.models import Tag
from operators.tests.desk import NOW, item
from personas.tests.at_once import elsewhere, until_somebody_waits_for_a_row
from recommendations import claims, flags
from recommendations.models import Recommendation
from recommendations.tests.factories import CardFactory

REASON = "It does not fit what these people have."


@pytest.fixture
def card(maya):
    return CardFactory(tenant=maya.tenant, title="What a limit is", content={"key": "limits"})


def do(by, deed, chosen, said="", batch_id=None):
    with rowsecurity.viewing(rowsecurity.of(by)):
        return bulk.do(
            deed=deed, item_ids=[str(one) for one in chosen], by=by, now=NOW, batch_id=batch_id or uuid4(), said=said
        )


def statuses(*chosen):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        found = dict(Recommendation.objects.values_list("pk", "status"))
    return [found[one.pk] for one in chosen]


def test_each_item_is_decided_by_itself_and_told_in_the_order_asked(maya, omar, junior, card):
    """Seven ways not to be decided, and one that is; the malformed id and the unknown one are alike."""
    theo, rosa = factories.consenting("theo"), factories.consenting("rosa")
    stranger = factories.consenting("zoe", tenant=factories.TenantFactory(slug="elsewhere"))
    good, held, flagged, failing, decided = (
        item(maya, hours=1, card=card, guardrails_passed=place != 3) for place in range(5)
    )
    revoked, far = item(rosa, hours=1), item(stranger, hours=1)
    with rowsecurity.viewing(rowsecurity.of(junior)):
        claims.claim(item_id=held.pk, by=junior, now=NOW)
    with rowsecurity.viewing(rowsecurity.of(omar)):
        flags.raise_flag(item_id=flagged.pk, by=omar, now=NOW, reason=REASON)
    do(omar, Deed.APPROVE, [decided.pk])
    with rowsecurity.viewing(rowsecurity.of(rosa)):
        consent.revoke(user=rosa, purpose=Purpose.ANALYSIS, now=NOW)
    last = item(theo, hours=1)
    chosen = [held, flagged, good, failing, decided, revoked, far, last]
    unknown = str(uuid4())
    done = do(omar, Deed.APPROVE, [*(one.pk for one in chosen), "nonsense", unknown])
    assert done.succeeded == (good.pk, last.pk)
    assert [(one.asked, one.code) for one in done.failed] == [
        (str(held.pk), "CLAIMED"),
        (str(flagged.pk), "OPEN_FLAG"),
        (str(failing.pk), "GUARDRAIL_FAILED"),
        (str(decided.pk), "ALREADY_DECIDED"),
        (str(revoked.pk), "RECOMMENDATION_NOT_FOUND"),
        (str(far.pk), "RECOMMENDATION_NOT_FOUND"),
        ("nonsense", "RECOMMENDATION_NOT_FOUND"),
        (unknown, "RECOMMENDATION_NOT_FOUND"),
    ]
    assert all(one.detail.endswith(".") for one in done.failed)
    assert done.total == 10
    assert statuses(good, last, held, far) == ["approved", "approved", "pending", "pending"]


def test_an_item_named_twice_is_decided_once(maya, omar, card):
    once = item(maya, hours=1, card=card)
    done = do(omar, Deed.REJECT, [once.pk, str(once.pk).upper(), once.pk.hex], REASON)
    assert (done.succeeded, done.failed, done.total) == ((once.pk,), (), 1)


def test_the_audit_has_a_row_for_each_in_order_with_one_batch(maya, omar, card):
    chosen = [item(maya, hours=1, card=card) for _ in range(4)]
    batch = uuid4()
    do(omar, Deed.REJECT, [one.pk for one in chosen], REASON, batch)
    with rowsecurity.viewing(rowsecurity.of(omar)):
        rows = AuditEntry.objects.filter(batch_id=batch).order_by("seq")
        assert [(row.action, row.recommendation_id) for row in rows] == [("reject", one.pk) for one in chosen]
        assert audit.verify(tenant_id=omar.tenant_id).valid


@pytest.mark.parametrize("count", [0, 101])
def test_nothing_and_too_many_are_refused_whole(omar, count):
    with pytest.raises(bulk.WrongNumber, match="between 1 and 100"):
        do(omar, Deed.APPROVE, [uuid4() for _ in range(count)])


def test_a_hundred_are_not_too_many(omar):
    assert len(do(omar, Deed.APPROVE, [uuid4() for _ in range(100)]).failed) == 100


def test_one_reason_is_for_all_and_wanting_it_fails_all(maya, omar, card):
    chosen = item(maya, hours=1, card=card)
    with pytest.raises(ReasonInvalid):
        do(omar, Deed.REJECT, [chosen.pk], "too short")
    assert statuses(chosen) == ["pending"]


def test_many_are_tagged_with_one_batch_and_who_has_the_tag_is_told(maya, omar, card):
    first, second = (item(maya, hours=1, card=card) for _ in range(2))
    batch = uuid4()
    do(omar, Deed.TAG, [second.pk], "edge_case")
    done = do(omar, Deed.TAG, [first.pk, second.pk, uuid4()], "edge_case", batch)
    assert done.succeeded == (first.pk,)
    assert [one.code for one in done.failed] == ["DUPLICATE_TAG", "RECOMMENDATION_NOT_FOUND"]
    with rowsecurity.viewing(rowsecurity.of(omar)):
        assert Tag.objects.filter(tag_name="edge_case").count() == 2
        assert AuditEntry.objects.filter(batch_id=batch, action="tag_add").count() == 1
    with pytest.raises(notes.UnknownTag):
        do(omar, Deed.TAG, [first.pk], "urgent")


def test_whoever_was_demoted_since_they_asked_decides_nothing(maya, omar, card):
    chosen = item(maya, hours=1, card=card)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        User.objects.filter(pk=omar.pk).update(level="junior")
    with pytest.raises(authority.NoLonger, match="Your position has changed") as told:
        do(omar, Deed.APPROVE, [chosen.pk])
    assert told.value.status == 403
    assert statuses(chosen) == ["pending"]


def test_whoever_left_since_they_asked_decides_nothing(maya, omar, card):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        User.objects.filter(pk=omar.pk).update(is_active=False)
    with pytest.raises(authority.NoLonger):
        do(omar, Deed.TAG, [item(maya, hours=1, card=card).pk], "edge_case")


def test_a_demotion_in_the_middle_waits_until_the_last_item_is_decided(live_db):
    """So nothing is ever decided after it."""
    maya, omar = factories.consenting("maya"), factories.UserFactory(role="operator", level="senior")
    chosen = item(maya, hours=1)

    def demote():
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            User.objects.filter(pk=omar.pk).update(level="junior")

    with rowsecurity.viewing(rowsecurity.of(omar)):
        bulk.do(deed=Deed.APPROVE, item_ids=[str(chosen.pk)], by=omar, now=NOW, batch_id=uuid4())
        waiting = elsewhere(demote)
        until_somebody_waits_for_a_row()
    waiting.result(timeout=30)
    assert statuses(chosen) == ["approved"]
    with pytest.raises(authority.NoLonger):
        do(omar, Deed.APPROVE, [chosen.pk])


def test_two_who_chose_the_same_in_other_orders_only_wait_for_one_another(live_db):
    """Without one order of locks each would hold what the other wants."""
    omar, olga = (factories.UserFactory(role="operator", level="senior") for _ in range(2))
    readers = [factories.consenting(f"reader{n}") for n in range(12)]
    chosen = [item(reader, hours=1) for reader in readers]

    def decide(by, some):
        return lambda: do(by, Deed.APPROVE, [one.pk for one in some])

    running = [elsewhere(decide(omar, chosen)), elsewhere(decide(olga, chosen[::-1]))]
    done = [one.result(timeout=60) for one in running]
    assert sorted(len(one.succeeded) for one in done) == [0, 12]
    assert {one.code for many in done for one in many.failed} == {"ALREADY_DECIDED"}


@pytest.mark.parametrize("rows", [1, 4])
def test_what_a_bulk_costs(maya, omar, card, rows, django_assert_num_queries):
    """Eleven for all of them, and nine for each, its savepoint with them."""
    chosen = [str(item(maya, hours=1, card=card).pk) for _ in range(rows)]
    with rowsecurity.viewing(rowsecurity.of(omar)), django_assert_num_queries(11 + 9 * rows):
        bulk.do(deed=Deed.APPROVE, item_ids=chosen, by=omar, now=NOW, batch_id=uuid4())
