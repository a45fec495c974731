"""What an operator sees of one item: true, whole, and in as many statements for much as for little."""

from datetime import date, timedelta

import pytest

from accounts import consent, rowsecurity
from accounts.purposes import Purpose
from accounts.tests.factories import AccountFactory, TransactionFactory
from operators import desk, evidence, notes
from operators.models import TagName
from recommendations import claims, flags, reviewing
from recommendations.items import RecommendationNotFound
from recommendations.models import Card, Recommendation
from recommendations.tests.proposed import MADE_AT, proposed

NOW = MADE_AT + timedelta(hours=1)
TODAY = NOW.date()
REASON = "It does not fit what this person has."


@pytest.fixture
def staff(omar):
    with rowsecurity.viewing(rowsecurity.of(omar)):
        yield omar


def test_an_item_shows_the_facts_and_the_rows_that_it_stands_on(maya, omar):
    account = AccountFactory(user=maya)
    paid = TransactionFactory(user=maya, account=account, merchant="Reelhouse", date=date(2025, 11, 1))
    item = proposed(maya, rows=[str(paid.id)])
    with rowsecurity.viewing(rowsecurity.of(omar)):
        found = evidence.of(item_id=item.pk, today=TODAY)
    assert [one["label"] for one in found.used] == ["Visa ending 4523"]
    assert (found.used[0]["value_text"], found.currency) == ("68 %", "USD")
    cited = {one.slot: one for one in found.cited}
    assert (cited["utilization"].text, cited["utilization"].count) == ("68 %", 1)
    assert [row["merchant"] for row in cited["utilization"].transactions] == ["Reelhouse"]
    assert [check.name for check in found.checks] == [
        *("consent", "eligibility", "advice", "tone", "figures", "disclosure"),
    ]
    assert found.passes and not found.newer_card and found.flag is None
    assert [move.verb for move in found.moves] == ["propose"]


def test_what_has_changed_since_it_was_made_is_told(maya, omar):
    item = proposed(maya, as_of=TODAY - timedelta(days=46))
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Card.objects.filter(pk=item.card_id).update(version=2)
    with rowsecurity.viewing(rowsecurity.of(omar)):
        found = evidence.of(item_id=item.pk, today=TODAY)
        assert (found.stale, found.newer_card) == (True, True)
        assert not evidence.of(item_id=item.pk, today=TODAY - timedelta(days=1)).stale


def test_who_wrote_decided_and_doubted_has_a_name(maya, staff, ada, junior):
    item = proposed(maya)
    notes.write(item_id=item.pk, by=junior, now=NOW, text="Looks right to me.")
    notes.tag(item_id=item.pk, by=ada, now=NOW, name=TagName.EDGE_CASE)
    raised = flags.raise_flag(item_id=item.pk, by=staff, now=NOW, reason=REASON)
    found = evidence.of(item_id=item.pk, today=TODAY)
    assert found.flag and found.flag.pk == raised.pk
    assert found.name(found.notes[0].operator_id) == "june@example.test"
    assert found.name(found.tags[0].tagged_by) == "ada@example.test"
    assert found.name(raised.flagged_by) == "omar@example.test"
    assert found.name(found.moves[0].actor_id) == "the system"


def test_of_the_audit_a_junior_sees_their_own_rows(maya, staff, junior):
    item = proposed(maya)
    notes.write(item_id=item.pk, by=junior, now=NOW, text="Looks right to me.")
    reviewing.approve(item_id=item.pk, by=staff, now=NOW)
    assert [one.row.action for one in evidence.recorded(item, by=staff)] == ["approve", "note_add"]
    assert [one.row.action for one in evidence.recorded(item, by=junior)] == ["note_add"]


def test_who_revoked_a_second_ago_is_not_there(maya, omar):
    item = proposed(maya)
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=NOW)
    with rowsecurity.viewing(rowsecurity.of(omar)), pytest.raises(RecommendationNotFound):
        evidence.of(item_id=item.pk, today=TODAY)


def test_much_beside_an_item_takes_no_more_statements(maya, staff, django_assert_num_queries):
    plain = proposed(maya)
    evidence.of(item_id=plain.pk, today=TODAY)  # the shelf is kept from now on
    with django_assert_num_queries(8):
        evidence.of(item_id=plain.pk, today=TODAY)
    rows = [str(TransactionFactory(user=maya).id) for _ in range(5)]
    full = proposed(maya, key="full", rows=rows)
    for n in range(5):
        proposed(maya, key=f"beside-{n}")
        notes.write(item_id=full.pk, by=staff, now=NOW, text=f"Note {n}.")
    for name in TagName:
        notes.tag(item_id=full.pk, by=staff, now=NOW, name=name)
    flags.raise_flag(item_id=full.pk, by=staff, now=NOW, reason=REASON)
    evidence.of(item_id=full.pk, today=TODAY)
    with django_assert_num_queries(10):  # and the rows that are cited, and who is named
        found = evidence.of(item_id=full.pk, today=TODAY)
    assert (len(found.notes), len(found.tags), len(found.beside)) == (5, 8, 6)


def test_the_next_item_is_the_oldest_behind_this_one_that_nobody_else_holds(maya, staff, ada):
    first, second, third = (
        proposed(maya, key=f"item-{n}", created_at=MADE_AT + timedelta(minutes=n)) for n in range(3)
    )
    assert desk.upcoming(by=staff, now=NOW) == first.pk
    assert desk.upcoming(by=staff, now=NOW, after=first) == second.pk
    claims.claim(item_id=second.pk, by=ada, now=NOW)
    assert desk.upcoming(by=staff, now=NOW, after=first) == third.pk
    assert desk.upcoming(by=ada, now=NOW, after=first) == second.pk
    assert desk.upcoming(by=staff, now=NOW, after=third) == first.pk
    for one in (first, third):
        reviewing.approve(item_id=one.pk, by=staff, now=NOW)
    assert desk.upcoming(by=staff, now=NOW, after=third) is None
    assert desk.upcoming(by=staff, now=NOW + claims.HELD, after=third) == second.pk


def test_the_last_decision_can_be_taken_back_while_it_can_be_undone(maya, staff, ada):
    first, second = proposed(maya), proposed(maya, key="second")
    assert desk.lately(by=staff, now=NOW) is None
    reviewing.approve(item_id=first.pk, by=staff, now=NOW)
    reviewing.reject(item_id=second.pk, by=staff, now=NOW + timedelta(minutes=1), reason=REASON)
    soon = NOW + timedelta(minutes=2)
    last = desk.lately(by=staff, now=soon)
    assert (last.item_id, last.verb, last.undo_until) == (second.pk, "reject", NOW + timedelta(minutes=6))
    assert desk.lately(by=ada, now=soon) is None
    reviewing.undo(item_id=second.pk, by=staff, now=soon)
    assert desk.lately(by=staff, now=soon).item_id == first.pk
    Recommendation.objects.filter(pk=first.pk).update(shown_at=soon)
    assert desk.lately(by=staff, now=soon) is None
    Recommendation.objects.filter(pk=first.pk).update(shown_at=None)
    assert desk.lately(by=staff, now=NOW + timedelta(minutes=5)) is None


def test_undoing_is_offered_to_whoever_may(maya, staff, ada, junior):
    item = proposed(maya)
    reviewing.approve(item_id=item.pk, by=staff, now=NOW)
    found = evidence.of(item_id=item.pk, today=TODAY)
    ends = NOW + timedelta(minutes=5)
    assert found.undo_until(staff, NOW) == found.undo_until(ada, NOW) == ends
    assert found.undo_until(junior, NOW) is None
    assert found.undo_until(staff, ends) is None
