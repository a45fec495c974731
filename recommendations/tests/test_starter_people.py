"""Whom the starting library reaches: strangers, neighbours, and who may be made an offer."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from personas.rules import Persona
from recommendations.considering import consider, put
from recommendations.eligibility import screened
from recommendations.facts import Holding
from recommendations.tests.people import VISA, merchant, person, signals
from recommendations.tests.starters import EDUCATION, SHELF, each, each_offer


def stranger(persona, **fields):
    """Somebody of whom nothing is known but one account."""
    account = Holding("a1", "checking", "depository", "checking", "Everyday", None, None, None)
    return person(signals(present=()), persona=persona, accounts=(account,), **fields)


MONTH = {
    "spending__spend_total": Decimal("1540.20"),
    "spending__transaction_count": 48,
    "subscriptions__recurring_merchant_count": 8,
    "subscriptions__monthly_recurring_spend": Decimal("186.94"),
    "subscriptions__subscription_share_pct": Decimal("15.30"),
    "credit__num_credit_cards": 1,
    "credit__any_interest_charges": True,
    "credit__interest_monthly": Decimal("87.00"),
    "credit__highest_card_utilization_pct": Decimal("68.00"),
    "credit__aggregate_utilization_pct": Decimal("31.00"),
}
HALF_YEAR = {
    "income__median_pay_gap_days": Decimal("52.0"),
    "income__income_variability_pct": Decimal("36.00"),
    "income__cash_flow_buffer_months": Decimal("0.40"),
    "income__last_pay_date": date(2025, 10, 14),
    "income__monthly_income": Decimal("3200.00"),
    "savings__total_savings_balance": Decimal("12400.00"),
    "savings__net_savings_inflow": Decimal("143.33"),
    "savings__savings_growth_rate_pct": Decimal("3.60"),
    "savings__emergency_fund_months": Decimal("5.30"),
}
LITTLE_SAVED = {"savings__emergency_fund_months": Decimal("1.40")}
SERVICES = [merchant(name, 20 - n) for n, name in enumerate(("Reel Box", "Songbird", "Paper Lane", "Cloud Attic"))]


def neighbour(persona, accounts=None, **changed):
    """Somebody with a full picture; `changed` are signals of both windows."""
    savings = Holding("a3", "savings", "depository", "savings", "Rainy Day", "0017", Decimal("12400.00"), None)
    return person(
        signals([VISA], SERVICES, **(MONTH | changed)),
        signals(**(HALF_YEAR | changed)),
        persona=persona,
        accounts=(*person().accounts, savings) if accounts is None else accounts,
        top_category="Groceries",
    )


@pytest.mark.parametrize("persona", Persona)
def test_a_stranger_is_told_at_least_three_things(persona):
    found = consider(stranger(persona, consents={"analysis": UUID(int=3)}), SHELF)
    education = [one for one in found.chosen if one.piece.kind == "education"]
    assert len(education) >= 3
    assert all(one.told.passed and one.candidate.matched_persona == persona for one in education)
    assert all(one.told.worded.fallback_used for one in education)
    assert not [one for one in found.chosen if one.piece.offer]


@pytest.mark.parametrize("persona", Persona)
def test_a_neighbour_is_told_five_things_with_figures_of_their_own(persona):
    found = consider(neighbour(persona), SHELF)
    education = [one for one in found.chosen if one.piece.kind == "education"]
    assert len(education) == 5
    assert {one.piece.key for one in education} <= EDUCATION[persona]
    for one in education:
        assert one.told.passed
        assert not one.told.worded.fallback_used
        assert one.told.worded.dropped_sentences == 0


@each
def test_every_card_has_words_for_somebody(item):
    (piece,) = [one for one in SHELF.pieces if one.key == item["content"]["key"]]
    little = LITTLE_SAVED if piece.key == "round-up-savings" else {}
    told, refusal = put(piece, neighbour(piece.listed("personas")[0], **little), SHELF)
    assert told, refusal
    assert told.passed
    assert not told.worded.fallback_used
    assert told.worded.dropped_sentences == 0
    assert len(told.worded.text) <= 450


@pytest.mark.parametrize(
    ("key", "changed", "refusal"),
    [
        ("balance-transfer-card", {"credit__highest_card_utilization_pct": Decimal("29.99")}, "criteria_not_met"),
        ("balance-transfer-card", {"credit__highest_card_utilization_pct": Decimal("30.00")}, None),
        ("balance-transfer-card", {"credit__highest_card_utilization_pct": Decimal("30.01")}, None),
        ("balance-transfer-card", {"credit__any_interest_charges": False}, "criteria_not_met"),
        ("balance-transfer-card", {"credit__any_overdue": True}, "overdue_or_unknown"),
        ("balance-transfer-card", {"credit__any_overdue": None}, "overdue_or_unknown"),
        ("consolidation-loan", {"income__monthly_income": Decimal("2499.99")}, "criteria_not_met"),
        ("consolidation-loan", {"income__monthly_income": Decimal("2500.00")}, None),
        ("consolidation-loan", {"income__monthly_income": Decimal("2500.01")}, None),
        ("consolidation-loan", {"income__monthly_income": None}, "income_unknown"),
        ("consolidation-loan", {"credit__any_interest_charges": False}, "criteria_not_met"),
        ("consolidation-loan", {"credit__any_overdue": True}, "overdue_or_unknown"),
        ("high-yield-savings", {"savings__net_savings_inflow": Decimal("-0.01")}, "criteria_not_met"),
        ("high-yield-savings", {"savings__net_savings_inflow": Decimal("0.00")}, "criteria_not_met"),
        ("high-yield-savings", {"savings__net_savings_inflow": Decimal("0.01")}, None),
        ("high-yield-savings", {"savings__net_savings_inflow": None}, "criteria_not_met"),
        ("subscription-manager", {"subscriptions__recurring_merchant_count": 4}, "criteria_not_met"),
        ("subscription-manager", {"subscriptions__recurring_merchant_count": 5}, None),
        ("subscription-manager", {"subscriptions__recurring_merchant_count": 6}, None),
        ("credit-monitoring", {"credit__num_credit_cards": 0}, "criteria_not_met"),
        ("credit-monitoring", {"credit__num_credit_cards": 1}, None),
        ("credit-monitoring", {"credit__num_credit_cards": 2}, None),
        ("round-up-savings", {"savings__emergency_fund_months": Decimal("2.99")}, None),
        ("round-up-savings", {"savings__emergency_fund_months": Decimal("3.00")}, "criteria_not_met"),
        ("round-up-savings", {"savings__emergency_fund_months": Decimal("3.01")}, "criteria_not_met"),
        ("round-up-savings", {"savings__emergency_fund_months": None}, "criteria_not_met"),
        ("planning-consultation", {"income__cash_flow_buffer_months": None}, "criteria_not_met"),
        ("planning-consultation", {"income__cash_flow_buffer_months": Decimal("-0.20")}, None),
        ("planning-consultation", {"income__cash_flow_buffer_months": Decimal("0.00")}, None),
        ("planning-consultation", {"income__cash_flow_buffer_months": Decimal("2.00")}, None),
        ("budgeting-app", {}, None),
    ],
)
def test_an_offer_holds_at_its_threshold_and_not_beside_it(key, changed, refusal):
    assert refused(key, neighbour("high_utilization", **changed)) == refusal


CARD, CHECKING = person().accounts
HELD = Holding("a4", "savings", "depository", "hysa", "Bright", "2222", Decimal("10.00"), None)


@pytest.mark.parametrize(
    ("key", "accounts", "refusal"),
    [
        ("budgeting-app", (), "criteria_not_met"),
        ("budgeting-app", (CARD,), None),
        ("planning-consultation", (CHECKING,), "criteria_not_met"),
        ("planning-consultation", (CHECKING, CARD), None),
        ("round-up-savings", (CARD,), "criteria_not_met"),
        ("round-up-savings", (CARD, CHECKING), None),
        ("high-yield-savings", (CHECKING, HELD), "already_held"),
    ],
)
def test_an_offer_looks_at_the_accounts(key, accounts, refusal):
    assert refused(key, neighbour("high_utilization", accounts, **LITTLE_SAVED)) == refusal


def refused(key, who):
    (piece,) = [one for one in SHELF.pieces if one.key == key]
    return screened(piece, who).refusal


@each_offer
def test_an_offer_needs_both_consents(item):
    who = neighbour("high_utilization", **LITTLE_SAVED)
    for consents in ({"analysis": who.user_id, "partner_offers": None}, {}):
        assert refused(item["content"]["key"], replace(who, consents=consents)) == "consent_missing"
    assert refused(item["content"]["key"], who) is None
