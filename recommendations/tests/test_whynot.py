"""Why not: each reason an item was not offered, asked of stored people and cards, with the sentence the reader gets."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import consent, rowsecurity
from accounts.purposes import Purpose
from accounts.tests import factories as accounts
from accounts.tests.senders import statements_of
from personas.models import Assignment
from personas.tests.factories import STATEMENT, loaded, refreshed
from recommendations import unmet
from recommendations.models import Consideration, Recommendation
from recommendations.tests import people as made
from recommendations.tests.factories import CardFactory, ItemFactory
from recommendations.tests.test_feed import APPROVER, approved, changed, told

ASK = "/api/recommendations/why-not"
BUFFER = {"signal": "income.cash_flow_buffer_months", "op": ">=", "threshold": 3}


def stored(piece, tenant, **fields):
    return CardFactory(
        tenant=tenant,
        card_type=piece.card_type,
        title=piece.title,
        tags=list(piece.tags),
        content=dict(piece.content),
        content_hash=piece.content_hash,
        updated_at=timezone.now() - timedelta(days=1),
        **fields,
    )


@pytest.fixture
def stood(maya, own_store, now):
    """One subscription, two paydays, no card: a person for whom general wellness is primary."""
    loaded(maya, STATEMENT, now)
    refreshed(maya, now)
    for piece in made.three_for_all():
        stored(piece, maya.tenant)
    return maya


@pytest.fixture
def ask(calling, stood):
    client = calling(stood)
    return lambda key: client.get(ASK, {"key": key}).json()


def outcome(answer):
    return answer["outcome"], answer["sentence"]


def test_a_trigger_that_is_not_met_is_told_with_both_numbers(ask, stood):
    stored(made.piece("buffer", personas=["general_wellness"], triggers=BUFFER, title="A buffer"), stood.tenant)
    answer = ask("buffer")
    assert list(answer) == ["key", "title", "type", "outcome", "as_of", "stale", "sentence", "checks", "rank"]
    assert (answer["key"], answer["title"], answer["type"]) == ("buffer", "A buffer", "education")
    assert outcome(answer) == (
        "trigger_not_met",
        "This is shown to people whose checking covers 3 months of spending; that is not known of you.",
    )
    assert (answer["as_of"], answer["stale"], answer["rank"]) == ("2025-06-30", True, None)
    assert answer["checks"] == [BUFFER | {"value": None, "met": False}]


def test_what_a_run_would_choose_is_offered_with_its_place(ask):
    answer = ask("general-2")
    assert outcome(answer) == ("offered", "This fits you: it is proposed when your data are looked at next.")
    assert answer["rank"] == 2


def test_a_sixth_of_five_is_not_needed(ask, stood):
    for n in range(4, 8):
        stored(made.piece(f"general-{n}", personas=["general_wellness"]), stood.tenant)
    answer = ask("general-7")
    assert outcome(answer) == (
        "not_needed",
        "Others fit you better: it stands at place 7 of 7, and at most 5 are shown.",
    )
    assert answer["rank"] == 7


def test_what_is_meant_for_others_names_them(ask, stood):
    stored(made.piece("cards", personas=["high_utilization", "savings_builder"]), stood.tenant)
    assert outcome(ask("cards")) == (
        "persona_mismatch",
        "This is shown to people whose profile is High Utilization or Savings Builder; yours is General Wellness.",
    )


def test_what_lives_or_waits_or_was_rejected_is_told_before_anything_else(ask, stood, now):
    live = approved(stood, subject="general-1")
    ItemFactory(user=stood, subject="general-2")
    gone = ItemFactory(user=stood, subject="general-3")
    changed(gone, status="rejected", rejected_at=now, rejected_by=APPROVER, rejection_reason="Not for this person.")
    stored(made.piece("lives-on"), stood.tenant)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        kept = Recommendation.objects.get(pk=live.pk)
    assert kept.card_id  # its card is on the shelf, or it would not live on
    assert outcome(ask("general-1"))[0] == "live"
    assert outcome(ask("general-2"))[0] == "waiting"
    assert outcome(ask("general-3"))[0] == "rejected_recently"


@pytest.mark.parametrize(("days", "expected"), [(89, "rejected_recently"), (91, "offered")])
def test_a_rejection_is_recent_for_ninety_days(ask, stood, now, days, expected):
    gone = ItemFactory(user=stood, subject="general-3")
    long_ago = now - timedelta(days=days)
    changed(gone, status="rejected", rejected_at=long_ago, rejected_by=APPROVER, rejection_reason="Not at present.")
    assert ask("general-3")["outcome"] == expected


def test_an_approval_that_has_expired_no_longer_lives(ask, stood, now):
    approved(stood, at=now - timedelta(days=91), subject="general-1")
    assert ask("general-1")["outcome"] == "offered"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"rationale_template": None}, "not_servable"),
        ({"triggers": {"signal": "age", "op": ">", "threshold": 3}}, "not_servable"),
        ({"rationale_template": "We're showing you this because of {balance}."}, "rationale_unavailable"),
        (
            {"rationale_template": "We're showing you this because you have {account_count} accounts and a mess."},
            "guardrail_failed",
        ),
    ],
)
def test_a_card_that_cannot_be_said_is_not_offered(ask, stood, fault, expected):
    stored(made.piece("odd", personas=["general_wellness"], **fault), stood.tenant)
    assert outcome(ask("odd")) == (expected, unmet.OUTCOMES[expected])


OFFERS = [
    ({}, "consent_missing", "This is shown to people who agreed to partner offers; you have not."),
    ({"product_type": "lottery"}, "product_type_unknown", "This kind of product is shown to nobody."),
    (
        {"eligibility": {"signal": "subscriptions.recurring_merchant_count", "op": ">=", "threshold": 5}},
        "criteria_not_met",
        "This is shown to people with 5 or more active subscriptions; you have 1.",
    ),
    (
        {"product_type": "checking", "blocked_by_products": ["checking"]},
        "product_type_unknown",
        "This kind of product is shown to nobody.",
    ),
    (
        {"blocked_by_products": ["checking"]},
        "already_held",
        "This is shown to people who do not have such a product; you have one.",
    ),
]


@pytest.mark.parametrize(("content", "expected", "sentence"), OFFERS)
def test_an_offer_says_which_line_does_not_hold(ask, stood, now, content, expected, sentence):
    if expected != "consent_missing":
        with rowsecurity.viewing(rowsecurity.of(stood)):
            consent.grant(user=stood, purpose=Purpose.PARTNER_OFFERS, now=now)
    given = {
        "product_type": "budgeting_app",
        "disclosure_kind": "none",
        "personas": ["general_wellness"],
        "eligibility": {"signal": "accounts.count", "op": ">=", "threshold": 1},
    }
    stored(made.offer("offer", **(given | content)), stood.tenant)
    assert outcome(ask("offer")) == (expected, sentence)


def test_nothing_is_stored_and_statements_do_not_grow_with_cards(calling, stood):
    client, counted = calling(stood), []
    for n in range(10, 30, 10):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(ASK, {"key": "general-1"}).status_code == 200
        counted.append(len(statements_of(captured)))
        for more in range(n, n + 10):
            stored(made.piece(f"general-{more}", personas=["general_wellness"]), stood.tenant)
    assert counted[0] == counted[1]
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert Consideration.objects.count() == Recommendation.objects.count() == 0


def test_who_may_not_ask_and_what_cannot_be_asked(calling, stood, noor, omar, now):
    client = calling(stood)
    assert told(calling().get(ASK, {"key": "x"})) == (401, "AUTH_REQUIRED")
    assert told(calling(omar).get(ASK, {"key": "x"})) == (403, "FORBIDDEN_ROLE")
    assert told(client.get(ASK)) == (400, "VALIDATION_ERROR")
    assert told(client.get(ASK, {"key": "x" * 121})) == (400, "VALIDATION_ERROR")
    assert told(client.get(ASK, {"key": "unheard-of"})) == (404, "CARD_NOT_FOUND")
    assert told(calling(noor).get(ASK, {"key": "general-1"})) == (404, "RECOMMENDATION_NOT_FOUND")
    with rowsecurity.viewing(rowsecurity.of(stood)):
        consent.revoke(user=stood, purpose=Purpose.ANALYSIS, now=now)
    assert told(client.get(ASK, {"key": "general-1"})) == (404, "RECOMMENDATION_NOT_FOUND")


def test_without_signals_or_assignment_there_is_nothing_to_compare(calling, stood):
    zoe = accounts.consenting("zoe")
    assert told(calling(zoe).get(ASK, {"key": "general-1"})) == (404, "NO_SIGNALS")
    other = accounts.consenting("ann", tenant=accounts.TenantFactory(slug="elsewhere"))
    assert told(calling(other).get(ASK, {"key": "general-1"})) == (404, "CARD_NOT_FOUND")
    with rowsecurity.viewing(rowsecurity.of(stood)):
        assert Assignment.objects.filter(user=stood).exists()


def missed(path, op, threshold, value):
    return [{"signal": path, "op": op, "threshold": threshold, "value": value, "met": False}]


@pytest.mark.parametrize(
    ("check", "sentence"),
    [
        (
            missed("savings.emergency_fund_months", ">=", 3, Decimal("1.40")),
            "This is shown to people whose emergency fund covers 3 months; yours covers 1.4.",
        ),
        (
            missed("savings.emergency_fund_months", "<", 1, Decimal("5.30")),
            "This is shown to people whose emergency fund covers less than 1 month; yours covers 5.3.",
        ),
        (
            missed("credit.highest_card_utilization_pct", ">=", 30, Decimal("12.00")),
            "This is shown to people whose fullest card uses 30 % or more of its limit; yours uses 12 %.",
        ),
        (
            missed("profile.monthly_income", ">=", 2500, Decimal("1800.00")),
            "This is shown to people whose income is $2,500.00 or more a month; yours is $1,800.00.",
        ),
        (
            missed("credit.any_interest_charges", "==", True, False),
            "This is shown to people who were charged interest; that is not so for you.",
        ),
        (
            missed("savings.emergency_fund_level", "in", ["low", "building"], "good"),
            "This is shown to people whose emergency fund level is low or building; yours is good.",
        ),
        (
            missed("income.payment_frequency", "==", "semi_monthly", "weekly"),
            "This is shown to people whose payment frequency is semi monthly; yours is weekly.",
        ),
        (
            missed("income.median_pay_gap_days", ">", 45, Decimal("14.0")),
            "This is shown to people whose paydays lie more than 45 days apart; yours lie 14 apart.",
        ),
    ],
)
def test_a_criterion_is_told_in_words(check, sentence):
    assert unmet.of_criteria(check, "USD") == sentence
