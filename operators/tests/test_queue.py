"""What the queue finds, in which order, what each row of it says, and what it costs."""

from datetime import date, timedelta

import pytest

from accounts import consent, rowsecurity
from accounts.purposes import Purpose
from accounts.tests import factories
from operators import queue, workload
from operators.tests.desk import NOW, history, item, somebody_else
from operators.tests.factories import NoteFactory, TagFactory
from operators.wanted import Sort, Standing, Wanted
from personas.models import Person
from recommendations import claims, flags, reviewing
from recommendations.models import Recommendation
from recommendations.tests.factories import CardFactory
from recommendations.tests.proposed import proposed

REASON = "It does not fit what this person has."


@pytest.fixture
def card(maya):
    return CardFactory(tenant=maya.tenant, title="What a limit is", content={"key": "limits"})


def found(by, limit=50, offset=0, **asked):
    with rowsecurity.viewing(rowsecurity.of(by)):
        return queue.page(by=by, asked=Wanted(**asked), now=NOW, limit=limit, offset=offset)


def ids(by, **asked):
    return [row.item.pk for row in found(by, **asked).items]


def test_what_waits_comes_oldest_first_and_only_of_ones_own_institution(maya, omar, junior):
    items = history(maya, omar, junior)
    somebody_else()
    page = found(omar)
    assert [row.item.pk for row in page.items] == [items[4].pk, items[3].pk, items[1].pk]
    assert page.total == 3


def test_items_of_one_moment_stand_in_the_order_of_their_ids_both_ways(maya, omar, card):
    made = sorted(item(maya, hours=1, card=card).pk for _ in range(3))
    assert ids(omar) == made
    assert ids(omar, descending=True) == made[::-1]


@pytest.mark.parametrize(
    ("status", "places"),
    [
        (Standing.PENDING, {1, 3, 4}),
        (Standing.APPROVED, {0}),
        (Standing.REJECTED, {2, 5}),
        (Standing.WITHDRAWN, set()),
        (Standing.FLAGGED, {3}),
        (Standing.ALL, {0, 1, 2, 3, 4, 5}),
    ],
)
def test_each_status_has_its_items(maya, omar, junior, status, places):
    items = history(maya, omar, junior)
    assert set(ids(omar, status=status)) == {items[place].pk for place in places}


def test_filters_narrow_and_join(maya, omar, junior, card):
    theo = factories.consenting("theo")
    old = item(maya, hours=1, card=card, as_of=date(2026, 10, 5))  # 46 days before the 20th of November
    just = item(maya, hours=2, card=card, as_of=date(2026, 10, 6), persona="savings_builder", type="partner_offer")
    failing = item(theo, hours=26, guardrails_passed=False, priority="low")
    with rowsecurity.viewing(rowsecurity.of(omar)):
        flags.raise_flag(item_id=just.pk, by=omar, now=NOW, reason=REASON)
    TagFactory(recommendation=failing, tagged_by=omar.pk, tag_name="tone_concern")
    NoteFactory(recommendation=old, operator_id=omar.pk)
    NoteFactory(recommendation=just, operator_id=omar.pk, deleted_at=NOW)
    asked = {
        "persona": ("savings_builder", {just}),
        "type": ("partner_offer", {just}),
        "priority": ("low", {failing}),
        "user_id": (theo.pk, {failing}),
        "card_id": (card.pk, {old, just}),
        "tag": ("tone_concern", {failing}),
        "flagged": (True, {just}),
        "stale": (True, {old}),
        "has_note": (True, {old}),
        "guardrails_failed": (True, {failing}),
        "created_from": (date(2026, 11, 20), {old, just}),
        "created_to": (date(2026, 11, 19), {failing}),
        "since": (NOW - timedelta(minutes=90), {old}),
    }
    for name, (value, due) in asked.items():
        assert set(ids(omar, **{name: value})) == {one.pk for one in due}, name
    assert set(ids(omar, flagged=False)) == {old.pk, failing.pk}
    assert set(ids(omar, stale=False)) == {just.pk, failing.pk}
    assert ids(omar, persona="savings_builder", type="education") == []


def test_who_decided_is_a_filter(maya, omar, junior):
    items = history(maya, omar, junior)
    assert ids(omar, status=Standing.ALL, decided_by=junior.pk) == [items[2].pk]
    assert set(ids(omar, status=Standing.ALL, decided_by=omar.pk)) == {items[0].pk, items[5].pk}


def test_days_begin_where_the_institution_is(maya, omar, card):
    """At 2026-11-20 01:00 UTC it is still the evening of the 19th in New York."""
    late = item(maya, hours=11, card=card)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        type(omar.tenant).objects.filter(pk=omar.tenant_id).update(time_zone="America/New_York")
    omar.tenant.time_zone = "America/New_York"
    assert ids(omar, created_to=date(2026, 11, 19)) == [late.pk]
    assert ids(omar, created_from=date(2026, 11, 20)) == []


def test_the_search_looks_into_titles_rationales_readers_and_ids(maya, omar, card):
    theo = factories.consenting("theo")
    first = item(maya, hours=3, card=card, title="Why 100% of a limit is too much", rationale="Because of a Visa.")
    second = item(theo, hours=2, title="How to save", rationale="Because of Crédit Agricole.")
    assert ids(omar, q="LIMIT IS") == [first.pk]
    assert ids(omar, q="100%") == [first.pk]
    assert ids(omar, q="00_o") == []
    assert ids(omar, q="crédit agricole") == [second.pk]
    assert ids(omar, q="THEO@example") == [second.pk]
    assert ids(omar, q=str(first.pk)[:9].upper()) == [first.pk]
    assert ids(omar, q="zz") == []
    assert ids(omar, q="' OR true --") == []


def test_a_name_is_found_and_shown_while_its_person_agrees_to_notes(maya, omar, card):
    first = item(maya, hours=1, card=card)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Person.objects.create(tenant=maya.tenant, user=maya, first_name="Maya", last_name="Quill")
    assert ids(omar, q="maya quill") == []
    assert found(omar).items[0].name is None
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.grant(user=maya, purpose=Purpose.NOTES, now=NOW)
    assert ids(omar, q="maya quill") == [first.pk]
    assert found(omar).items[0].name == "Maya Quill"


def test_the_orders_are_those_of_people_and_not_of_letters(maya, omar, card):
    anna = factories.consenting("anna")
    low = item(maya, hours=3, card=card, priority="low", persona="general_wellness")
    high = item(maya, hours=1, card=card, priority="high", persona="high_utilization")
    medium = item(anna, hours=2, priority="medium", persona="subscription_heavy")
    assert ids(omar, sort=Sort.PRIORITY) == [high.pk, medium.pk, low.pk]
    assert ids(omar, sort=Sort.PRIORITY, descending=True) == [low.pk, medium.pk, high.pk]
    assert ids(omar, sort=Sort.USER) == [medium.pk, low.pk, high.pk]
    assert ids(omar, sort=Sort.PERSONA) == [low.pk, high.pk, medium.pk]


def test_pages_end_and_the_total_is_true_on_each(maya, omar, card):
    for hours in range(5):
        item(maya, hours=hours, card=card)
    assert [(len((page := found(omar, limit=2, offset=offset)).items), page.total) for offset in (0, 2, 4, 6)] == [
        (2, 5), (2, 5), (1, 5), (0, 5)
    ]  # fmt: skip
    assert found(omar, persona="savings_builder").total == 0


def test_somebody_who_agrees_no_more_has_nothing_in_the_queue(maya, omar, card):
    item(maya, hours=1, card=card)
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=NOW)
    for asked in ({}, {"has_note": True}, {"status": Standing.ALL}, {"q": "maya"}):
        assert (found(omar, **asked).items, found(omar, **asked).total) == ([], 0)


def test_a_row_says_what_stands_beside_its_item(maya, omar, junior):
    offer = proposed(maya, offer=True, key="offered")
    NoteFactory(recommendation=offer, operator_id=omar.pk)
    NoteFactory(recommendation=offer, operator_id=omar.pk, deleted_at=NOW)
    for name in ("tone_concern", "edge_case"):
        TagFactory(recommendation=offer, tagged_by=omar.pk, tag_name=name)
    with rowsecurity.viewing(rowsecurity.of(junior)):
        claims.claim(item_id=offer.pk, by=junior, now=NOW)
    (row,) = found(omar).items
    assert (row.notes_count, row.tags, row.strength) == (1, ("edge_case", "tone_concern"), "moderate")
    assert row.guardrails == {
        "passed": True, "consent": True, "eligibility": True, "advice": True, "tone": True, "figures": True,
        "disclosure": True,
    }  # fmt: skip
    assert (row.claim.operator_name, row.claim.expires_at) == ("june@example.test", NOW + claims.HELD)
    assert (row.decided_by, row.decided_at, row.undo_until, row.stale, row.persona_id) == (None, None, None, False, 1)


def test_education_asks_for_no_eligibility(maya, omar):
    proposed(maya)
    assert found(omar).items[0].guardrails["eligibility"] is None


def test_an_item_without_a_trace_says_nothing_of_its_checks(maya, omar, card):
    item(maya, hours=1, card=card)
    (row,) = found(omar).items
    assert (row.strength, row.guardrails["passed"], row.guardrails["tone"]) == (None, True, None)


def test_an_edit_was_accepted_because_it_passed(maya, omar):
    edited = proposed(maya)
    with rowsecurity.viewing(rowsecurity.of(omar)):
        reviewing.modify(item_id=edited.pk, by=omar, now=NOW, changes={"title": "Another title"})
    (row,) = found(omar).items
    assert set(row.guardrails.values()) == {True, None}
    assert row.undo_until == NOW + reviewing.UNDOABLE


def test_the_countdown_runs_for_whoever_may_undo(maya, omar, junior, ada, card):
    decided = item(maya, hours=1, card=card)
    with rowsecurity.viewing(rowsecurity.of(junior)):
        reviewing.approve(item_id=decided.pk, by=junior, now=NOW - timedelta(minutes=1))
    ends = NOW + timedelta(minutes=4)
    seen = {by: found(by, status=Standing.APPROVED).items[0] for by in (junior, omar, ada)}
    assert [one.undo_until for one in seen.values()] == [ends, None, ends]
    assert (seen[omar].decided_by, seen[omar].decided_by_name) == (junior.pk, "june@example.test")
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Recommendation.objects.filter(pk=decided.pk).update(shown_at=NOW)
    assert found(junior, status=Standing.APPROVED).items[0].undo_until is None


def test_a_hold_that_has_ended_is_none(maya, omar, junior, card):
    held = item(maya, hours=1, card=card)
    with rowsecurity.viewing(rowsecurity.of(junior)):
        claims.claim(item_id=held.pk, by=junior, now=NOW - claims.HELD)
    assert found(omar).items[0].claim is None


@pytest.mark.parametrize("rows", [1, 25])
def test_a_page_costs_the_same_however_long_it_is(maya, omar, junior, card, rows, django_assert_num_queries):
    """The eyes of the pipeline and back (four), the ids, the total, the items, what is beside them, who holds them."""
    for _ in range(rows + 1):
        one = item(maya, hours=1, card=card)
        with rowsecurity.viewing(rowsecurity.of(junior)):
            claims.claim(item_id=one.pk, by=junior, now=NOW)
    with rowsecurity.viewing(rowsecurity.of(omar)), django_assert_num_queries(9):
        page = queue.page(by=omar, asked=Wanted(), now=NOW, limit=rows, offset=0)
    assert len(page.items) == rows


def test_who_holds_what_is_told_soonest_free_first(maya, omar, junior, card):
    first, second = (item(maya, hours=1, card=card) for _ in range(2))
    with rowsecurity.viewing(rowsecurity.of(junior)):
        claims.claim(item_id=second.pk, by=junior, now=NOW - timedelta(minutes=1))
        claims.claim(item_id=first.pk, by=junior, now=NOW)
    with rowsecurity.viewing(rowsecurity.of(omar)):
        held = queue.holds(by=omar, now=NOW)
    assert [(one.recommendation_id, one.operator_name) for one in held] == [
        (second.pk, "june@example.test"), (first.pk, "june@example.test")
    ]  # fmt: skip


def test_the_numbers_of_the_desk(maya, omar, junior):
    """Approved an hour after it was made; rejected by june after two; of omar's rejection it is the day after."""
    history(maya, omar, junior)
    somebody_else()
    with rowsecurity.viewing(rowsecurity.of(omar)):
        told = workload.stats(by=omar, now=NOW)
    assert (told.pending, told.approved_today, told.rejected_today, told.flagged) == (3, 1, 1, 1)
    assert (told.avg_review_time_seconds, told.my_decisions_today) == (5400, 1)
    assert told.oldest_pending_seconds == 30 * 3600


def test_where_nothing_ever_was_the_numbers_say_nothing(omar):
    with rowsecurity.viewing(rowsecurity.of(omar)):
        told = workload.stats(by=omar, now=NOW)
        assert workload.last_decision(by=omar) is None
    assert (told.pending, told.avg_review_time_seconds, told.oldest_pending_seconds) == (0, None, None)


def test_the_last_decision_says_when_and_whether_it_was_ones_own(maya, omar, junior, card):
    for by, minutes in ((junior, 5), (omar, 3)):
        with rowsecurity.viewing(rowsecurity.of(by)):
            reviewing.approve(item_id=item(maya, hours=1, card=card).pk, by=by, now=NOW - timedelta(minutes=minutes))
    ended = NOW - timedelta(minutes=3)
    for by, own in ((omar, True), (junior, False)):
        with rowsecurity.viewing(rowsecurity.of(by)):
            assert workload.last_decision(by=by) == (ended, own)
