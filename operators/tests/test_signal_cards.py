"""What a person's signals look like at a glance: which values are marked, in which word, and what is not known."""

import pytest

from operators.signalcards import WANTED, cards


def of(category, name, value):
    signals = {each: {} for each in WANTED} | {category: {name: value}, "meta": {}}
    card = next(card for card, each in zip(cards(signals), WANTED, strict=True) if each == category)
    label = next(asked[0] for asked in WANTED[category][1] if asked[1] == name)
    return next(fact for fact in card.facts if fact.label == label)


@pytest.mark.parametrize(
    ("category", "name", "value", "said", "mark", "tone"),
    [
        ("credit", "aggregate_utilization_pct", 29.99, "29.99 %", "", ""),
        ("credit", "aggregate_utilization_pct", 30.0, "30.00 %", "raised", "amber"),
        ("credit", "highest_card_utilization_pct", 49.99, "49.99 %", "raised", "amber"),
        ("credit", "highest_card_utilization_pct", 50.0, "50.00 %", "high", "red"),
        ("credit", "any_overdue", True, "yes", "look here", "red"),
        ("credit", "any_overdue", False, "no", "", ""),
        ("credit", "interest_monthly", 1234.5, "1,234.50", "", ""),
        ("income", "income_variability_pct", 20.0, "20.00 %", "", ""),
        ("income", "income_variability_pct", 20.01, "20.01 %", "varies", "red"),
        ("income", "cash_flow_buffer_months", 0.9, "0.9 months", "under a month", "red"),
        ("income", "cash_flow_buffer_months", 1.0, "1.0 months", "", ""),
        ("income", "payment_frequency", "bi_weekly", "bi weekly", "", ""),
        ("income", "median_pay_gap_days", 14.0, "14 days", "", ""),
        ("savings", "savings_growth_rate_pct", 1.99, "1.99 %", "", ""),
        ("savings", "savings_growth_rate_pct", 2.0, "2.00 %", "grows", "green"),
        ("savings", "emergency_fund_months", 2.9, "2.9 months", "", ""),
        ("savings", "emergency_fund_months", 3.0, "3.0 months", "three months or more", "green"),
        ("subscriptions", "subscription_share_pct", 9.99, "9.99 %", "", ""),
        ("subscriptions", "subscription_share_pct", 10.0, "10.00 %", "a tenth or more", "amber"),
        ("spending", "transaction_count", 0, "0", "", ""),
    ],
)
def test_a_value_is_said_in_words_and_marked_from_its_threshold_on(category, name, value, said, mark, tone):
    fact = of(category, name, value)
    assert (fact.value, fact.mark, fact.tone) == (said, mark, tone)


@pytest.mark.parametrize("category", WANTED)
def test_what_is_missing_is_not_known_and_never_nothing(category):
    for _, name, *_ in WANTED[category][1]:
        fact = of(category, name, None)
        assert (fact.value, fact.mark, fact.tone) == ("not known", "", "")


def test_a_category_of_too_little_data_says_so_on_its_card():
    lacking = {"category": "income", "sentence": "Two pay days are needed."}
    told = {
        card.title: card.not_enough
        for card in cards({each: {} for each in WANTED} | {"meta": {"not_enough": [lacking]}})
    }
    assert told == {
        "Credit": "",
        "Income": "Two pay days are needed.",
        "Savings": "",
        "Subscriptions": "",
        "Spending": "",
    }
