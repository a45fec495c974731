import json
from decimal import Decimal

import polars as pl

from personas import rules

RULES = rules.shipped()
MERCHANTS = [
    {"name": 'Ann\'s "Box"', "active": True},
    {"name": "Old Gym", "active": False},
    {"name": "Müsli\n", "active": True},
]
EVERYTHING = {
    "credit": {
        "any_card_high_util": True,
        "aggregate_utilization_pct": 30.67,
        "highest_card_utilization_pct": 68,
        "any_interest_charges": True,
        "any_overdue": False,
        "any_minimum_payment_only": True,
        "cards_not_below_30": 1,
    },
    "income": {
        "median_pay_gap_days": 50.0,
        "cash_flow_buffer_months": "0.80",
        "income_variability_pct": 37.85,
        "payment_frequency": "irregular",
        "income_type": "freelance",
    },
    "subscriptions": {
        "recurring_merchant_count": 3,
        "monthly_recurring_spend": 26.98,
        "subscription_share_pct": 7.73,
        "merchants": MERCHANTS,
    },
}


def of(signals):
    frame = rules.frame_of([signals])
    return rules.criteria(frame, RULES)[0], rules.criteria_met(frame, RULES)[0]


def test_criteria_are_every_match_criterion_of_every_persona_in_document_order():
    criteria, _ = of(EVERYTHING)
    assert [one["id"] for one in criteria] == [
        *("hu_card_50", "hu_interest", "hu_overdue", "hu_minimum_only"),
        *("vib_buffer", "vib_gap", "vib_irregular", "vib_variability"),
        *("sh_count", "sh_spend", "sh_share"),
        *("sb_growth", "sb_inflow", "sb_cards", "sb_ledger", "sb_fund"),
    ]
    assert criteria[0] == {
        "id": "hu_card_50",
        "persona": "high_utilization",
        "signal": "credit.any_card_high_util",
        "op": "==",
        "threshold": True,
        "value": True,
        "met": True,
    }
    assert criteria[4] == {
        "id": "vib_buffer",
        "persona": "variable_income_budgeter",
        "signal": "income.cash_flow_buffer_months",
        "op": "<",
        "threshold": 1,
        "value": Decimal("0.8"),
        "met": True,
    }
    assert criteria[6]["value"] == "irregular"
    assert criteria[8]["value"] == 3
    assert isinstance(criteria[8]["value"], int)


def test_a_missing_value_is_null_and_not_met():
    criteria, _ = of({"income": {"cash_flow_buffer_months": "little", "payment_frequency": "sometimes"}})
    assert [(one["value"], one["met"]) for one in criteria] == [(None, False)] * 16


def test_the_facts_of_the_primary_lie_flat_and_those_of_every_match_by_persona():
    _, met = of(EVERYTHING)
    credit = {
        "any_card_utilization_gte_50": True,
        "aggregate_utilization_pct": Decimal("30.67"),
        "highest_card_utilization": 68,
        "any_interest_charges": True,
        "any_overdue": False,
        "any_minimum_payment_only": True,
    }
    income = {
        "median_pay_gap_days": 50,
        "cash_flow_buffer_months": Decimal("0.8"),
        "income_variability_pct": Decimal("37.85"),
        "payment_frequency": "irregular",
        "income_type": "freelance",
    }
    assert met == credit | {"by_persona": {"high_utilization": credit, "variable_income_budgeter": income}}


def test_subscriptions_name_their_active_merchants():
    signals = {"subscriptions": EVERYTHING["subscriptions"] | {"subscription_share_pct": 12}}
    _, met = of(signals)
    assert met["merchants"] == ['Ann\'s "Box"', "Müsli\n"]
    assert met["monthly_recurring_spend"] == Decimal("26.98")
    assert met["recurring_merchant_count"] == 3


def test_savings_name_the_use_of_cards_as_well():
    savings = {"savings_growth_rate_pct": 4.96, "net_savings_inflow": 401.5, "inferred": False}
    _, met = of({"savings": savings, "credit": {"cards_not_below_30": 0}})
    facts = {
        "savings_growth_rate_pct": Decimal("4.96"),
        "net_savings_inflow": Decimal("401.5"),
        "aggregate_utilization_pct": None,
        "emergency_fund_months": None,
        "total_savings_balance": None,
    }
    assert met == facts | {"by_persona": {"savings_builder": facts}}


def test_nothing_met_is_said_in_words():
    assert of({})[1] == {"note": "No persona criteria are met.", "by_persona": {}}


def test_decimals_keep_all_their_places_in_the_text():
    use = {"credit.any_card_high_util": [True], "credit.highest_card_utilization_pct": [Decimal("68.00")]}
    frame = pl.DataFrame(use)
    text = rules.as_text(frame, RULES)
    assert '"highest_card_utilization":68.00,' in text["criteria_met"][0]
    assert json.loads(text["criteria"][0])[0]["met"] is True


def test_the_text_has_one_row_for_each_person_also_for_none():
    assert rules.as_text(rules.frame_of([{}, EVERYTHING]), RULES).height == 2
    assert rules.as_text(rules.frame_of([]), RULES).height == 0
