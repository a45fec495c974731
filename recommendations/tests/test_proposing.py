"""A run over stored people: what is proposed, kept, withdrawn and left alone, in a number of statements that stands."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import consent, rowsecurity
from accounts.models import Tenant, User
from accounts.purposes import Purpose
from personas.tests.at_once import elsewhere
from recommendations import cards as card_acts
from recommendations import proposals, proposing, shelf, uses
from recommendations.models import Card, Claim, Consideration, Flag, Outcome, Recommendation, RecordedMove, Trace
from recommendations.tests import people as made
from recommendations.tests.crowds import NOW, crowd, stock
from recommendations.tests.factories import CardFactory

OPERATOR = uuid4()
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def tenant(live_db):
    """In a database of its own, because people are made by the owner of the tables."""
    return Tenant.objects.get(slug="default")


@pytest.fixture
def cards(tenant):
    """Three for everybody and two for each persona, all servable."""
    pieces = made.three_for_all()
    for slug in ("high_utilization", "variable_income_budgeter", "subscription_heavy", "savings_builder"):
        pieces += [made.piece(f"{slug}-{n}".replace("_", "-"), personas=[slug]) for n in range(2)]
    stock(tenant, pieces)


def propose(tenant, user_ids, now=NOW, **more):
    with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
        return proposing.propose(user_ids=user_ids, tenant_id=tenant.pk, now=now, **more)


def due(tenant, now=NOW):
    with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
        return proposing.due(tenant_id=tenant.pk, now=now)


def items(**where):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return list(Recommendation.objects.filter(**where).order_by("user_id", "position"))


def test_everybody_gets_a_handful_with_a_trace_each(tenant, cards):
    users = crowd(tenant, 12)
    assert due(tenant) == users
    done = propose(tenant, users)
    spoken_to = [one.user_id for one in done if one.outcome is Outcome.PROPOSED]
    assert len(spoken_to) > 6
    for user_id in spoken_to:
        mine = items(user_id=user_id)
        assert 3 <= len(mine) <= 5
        assert all(item.status == "pending" and "because" in item.rationale for item in mine)
        assert [item.position for item in mine] == list(range(1, len(mine) + 1))
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert Trace.objects.count() == RecordedMove.objects.count() == Recommendation.objects.count()
        assert Consideration.objects.count() == len(done)
        trace = Trace.objects.first().trace_data
        used = sum(Card.objects.values_list("usage_count", flat=True))
        assert used == Recommendation.objects.count()
    assert trace["guardrails"]["passed"]
    assert trace["rationale"]["citations"][0]["slot"] == "account_count"
    assert due(tenant, LATER) == []


def test_statements_do_not_grow_with_people(tenant, cards):
    users = crowd(tenant, 24)
    counted = []
    for part in (users[:2], users[2:]):
        shelf.forget()  # each reads its cards
        with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)), CaptureQueriesContext(connection) as seen:
            proposing.propose(user_ids=part, tenant_id=tenant.pk, now=NOW)
        counted.append(len(seen))
    assert counted[0] == counted[1]


def test_what_comes_out_the_same_is_kept(tenant, cards):
    users = crowd(tenant, 6)
    propose(tenant, users)
    before = {item.pk: item.revision for item in items()}
    done = propose(tenant, users, LATER, asked_for=True)
    assert {one.outcome for one in done if one.education} == {Outcome.UNCHANGED}
    assert {item.pk: item.revision for item in items()} == before


def test_a_changed_card_replaces_what_waits(tenant, cards):
    users = crowd(tenant, 6)
    propose(tenant, users)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        card = Card.objects.filter(content__key="general-1").get()
        card_acts.change(
            tenant_id=tenant.pk, card_id=card.pk, by="user:" + str(uuid4()), fields={"title": "A better title"}, now=NOW
        )
    named = {item.user_id for item in items(subject="general-1")}
    assert named
    assert named <= set(due(tenant, LATER + timedelta(days=1)))
    propose(tenant, users, LATER, asked_for=True)
    for user_id in named:
        (old,) = items(user_id=user_id, subject="general-1", status="withdrawn")
        (new,) = items(user_id=user_id, subject="general-1", status="pending")
        assert (old.withdrawal_reason, new.card_version, new.title) == ("superseded", 2, "A better title")


def test_too_little_content_is_nothing_at_all(tenant):
    piece = made.piece("alone")
    CardFactory(tenant=tenant, content=dict(piece.content), content_hash=piece.content_hash)
    users = crowd(tenant, 3)
    done = propose(tenant, users)
    assert {one.outcome for one in done} <= {Outcome.INSUFFICIENT_CONTENT, Outcome.NO_SIGNALS, Outcome.NO_ASSIGNMENT}
    assert items() == []
    assert set(due(tenant, NOW + timedelta(hours=25))) == {
        one.user_id for one in done if one.outcome is Outcome.INSUFFICIENT_CONTENT
    }


def test_who_revoked_gets_nothing_and_what_was_there_is_withdrawn(tenant, cards):
    users = crowd(tenant, 4)
    propose(tenant, users)
    user_id = items()[0].user_id
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        user = User.objects.get(pk=user_id)
        consent.revoke(user=user, purpose=Purpose.ANALYSIS, now=LATER)
    assert [one.outcome for one in propose(tenant, [user_id], LATER, asked_for=True)] == [Outcome.NO_CONSENT]
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        gone = proposals.stranded(tenant_id=tenant.pk)
        assert proposals.withdraw(
            reasons=[(one, proposals.Withdrawal.CONSENT_REVOKED) for one in gone], now=LATER
        ) == len(gone)
        consent.grant(user=user, purpose=Purpose.ANALYSIS, now=LATER + timedelta(minutes=1))
    assert {item.withdrawal_reason for item in items(user_id=user_id)} == {"consent_revoked"}


def test_a_held_item_stops_a_run(tenant, cards):
    users = crowd(tenant, 4)
    propose(tenant, users)
    item = items()[0]
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Claim.objects.create(
            recommendation=item,
            tenant=tenant,
            user_id=item.user_id,
            operator_id=OPERATOR,
            claimed_at=NOW,
            expires_at=NOW + timedelta(minutes=5),
        )
        before = Consideration.objects.count()
    (told,) = propose(tenant, [item.user_id], NOW + timedelta(minutes=1), asked_for=True)
    assert (told.user_id, told.outcome, told.error, told.new) == (item.user_id, Outcome.FAILED, "CLAIMED", 0)
    assert propose(tenant, [item.user_id], NOW + timedelta(minutes=1)) == []
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert Consideration.objects.count() == before
    (free,) = propose(tenant, [item.user_id], NOW + timedelta(minutes=5), asked_for=True)
    assert (free.outcome, free.error) == (Outcome.UNCHANGED, None)


def test_a_rationale_that_fails_waits_with_a_flag_of_the_system(tenant, cards):
    forbidden = made.piece("house", "voice", tags=("default",), forbidden_phrases=["connected accounts"])
    CardFactory(tenant=tenant, card_type="voice", tags=["default"], content=dict(forbidden.content))
    users = crowd(tenant, 3)
    done = propose(tenant, users)
    assert {one.outcome for one in done if one.outcome is Outcome.PROPOSED} == set()
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert Flag.objects.count() == 0  # nothing is stored where three that pass cannot be reached


@pytest.mark.parametrize("days", [89, 91])
def test_an_approved_item_lives_ninety_days(tenant, cards, days):
    users = crowd(tenant, 4)
    propose(tenant, users)
    item = items()[0]
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Recommendation.objects.filter(pk=item.pk).update(status="approved", approved_at=NOW, approved_by=OPERATOR)
    propose(tenant, [item.user_id], NOW + timedelta(days=days), asked_for=True)
    (after,) = items(pk=item.pk)
    expected = ("approved", None) if days == 89 else ("withdrawn", "expired")
    assert (after.status, after.withdrawal_reason) == expected


@pytest.mark.parametrize("days", [89, 91])
def test_a_rejected_subject_is_silent_for_ninety_days(tenant, cards, days):
    users = crowd(tenant, 4)
    propose(tenant, users)
    item = items()[0]
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Recommendation.objects.filter(pk=item.pk).update(
            status="rejected", rejected_at=NOW, rejected_by=OPERATOR, rejection_reason="Not for this person."
        )
    propose(tenant, [item.user_id], NOW + timedelta(days=days), asked_for=True)
    assert bool(items(user_id=item.user_id, subject=item.subject, status="pending")) is (days == 91)


def test_two_runs_that_use_the_same_cards_do_not_stop_each_other(tenant, cards):
    """Each has written rows that name a card before it counts the use; neither may wait for the other's naming."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        used = list(Card.objects.values_list("pk", flat=True))

    def counted():
        with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            uses.use_in_run(tenant_id=tenant.pk, run_id=uuid4(), cards=[(one, 1) for one in used], now=NOW)

    with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)), connection.cursor() as cursor:
        cursor.execute("SELECT FROM cards FOR KEY SHARE")
        elsewhere(counted).result(30)
