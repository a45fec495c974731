"""An offer is made only when every line holds; what is unknown does not."""

from decimal import Decimal

import pytest

from recommendations.eligibility import PRODUCTS, held_products, screened
from recommendations.facts import Holding
from recommendations.tests.people import maxed_out, offer, person


def refusal(card, who=None):
    return screened(card, who or person()).refusal


def holding(type_, subtype):
    return Holding("x", "other", type_, subtype, "X", None, None, None)


def test_a_person_who_meets_everything_is_eligible():
    verdict = screened(offer("transfer", partner_checks=["A credit check"]), person())
    assert (verdict.refusal, verdict.status) == (None, "eligible")
    assert verdict.criteria == (
        {
            "signal": "credit.highest_card_utilization_pct",
            "op": ">=",
            "threshold": 30,
            "value": Decimal("68.00"),
            "met": True,
        },
    )
    assert verdict.held_products == ("checking", "credit", "credit_card", "depository")
    assert verdict.partner_checks == ("A credit check",)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"product_type": "lottery"}, "product_type_unknown"),
        ({"product_type": None}, "product_type_unknown"),
        ({"title": "A PAYDAY  loan for you"}, "predatory_product"),
        ({"partner": {"name": "Pawn Example"}}, "predatory_product"),
        ({"blocked_by_products": ["credit_card"]}, "already_held"),
        ({"eligibility": None}, "criteria_not_met"),
        ({"eligibility": {"signal": "profile.credit_score", "op": ">=", "threshold": 1}}, "criteria_not_met"),
        ({"eligibility": {"signal": "accounts.count", "op": ">", "threshold": 2}}, "criteria_not_met"),
        ({"eligibility": {"signal": "profile.monthly_income", "op": ">=", "threshold": 0}}, "income_unknown"),
    ],
)
def test_a_line_that_does_not_hold_refuses(content, code):
    assert refusal(offer("transfer", **content)) == code


@pytest.mark.parametrize("purpose", ["analysis", "partner_offers"])
def test_both_consents_are_needed(purpose):
    consents = dict(person().consents) | {purpose: None}
    assert refusal(offer("transfer"), person(consents=consents)) == "consent_missing"
    assert refusal(offer("transfer"), person(consents={})) == "consent_missing"


@pytest.mark.parametrize(
    ("overdue", "code"), [(False, None), (True, "overdue_or_unknown"), (None, "overdue_or_unknown")]
)
def test_credit_is_offered_to_nobody_who_is_overdue(overdue, code):
    assert refusal(offer("transfer"), person(maxed_out(credit__any_overdue=overdue))) == code


def test_a_product_without_credit_does_not_ask_for_what_is_overdue():
    card = offer("app", product_type="budgeting_app", disclosure_kind="none")
    assert refusal(card, person(maxed_out(credit__any_overdue=True))) is None


@pytest.mark.parametrize("subtype", ["HYSA", "high yield savings", "high-yield"])
def test_a_held_product_is_known_under_its_names(subtype):
    assert "high_yield_savings" in held_products(person(accounts=(holding("depository", subtype),)))


@pytest.mark.parametrize("product", sorted(PRODUCTS))
def test_nobody_is_offered_what_they_hold(product):
    card = offer("same", product_type=product, disclosure_kind="none")
    assert refusal(card, person(accounts=(holding("depository", product.replace("_", " ")),))) == "already_held"


@pytest.mark.parametrize("content", [{"partner": "a bank"}, {"blocked_by_products": 7}, {"partner_checks": "x"}])
def test_a_card_of_odd_shape_never_breaks(content):
    assert screened(offer("odd", **content), person()).status in ("eligible", "requirements_not_met")
