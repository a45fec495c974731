"""Sentences made of facts: filled, dropped where a fact is missing, refused where nothing is left to say."""

from decimal import Decimal

import pytest

from recommendations.facts import VARIABLES, Holding, Rows
from recommendations.tests.people import VISA, maxed_out, merchant, person, signals
from recommendations.wording import problems, worded

TEMPLATE = (
    "We're showing you this because your {card_name} ending {card_last4} is at {utilization} of its limit "
    "({balance} of {limit}). Interest was {interest_monthly} a month over {window}."
)


def filled(template, who, **more):
    return worded(template, who.slots, window=who.decision_window, **more)


def test_a_template_is_filled_with_the_persons_own_numbers():
    told = filled(TEMPLATE, person())
    assert told.text == (
        "We're showing you this because your Visa ending 4523 is at 68 % of its limit ($3,400.00 of $5,000.00). "
        "Interest was $87.00 a month over the last 30 days."
    )
    assert told.variables["utilization"] == "68 %"
    assert (told.dropped_sentences, told.fallback_used) == (0, False)


def test_a_sentence_whose_fact_is_missing_is_dropped():
    unlimited = VISA | {"limit": None}
    told = filled(
        "We're showing you this because your {card_name} is at {utilization}. Its limit is {limit}.",
        person(maxed_out() | {"credit": maxed_out()["credit"] | {"cards": [unlimited]}}),
    )
    assert told.text == "We're showing you this because your Visa is at 68 %."
    assert told.dropped_sentences == 1


@pytest.mark.parametrize(
    "template",
    [
        "We're showing you this because of {savings_balance}. You have {account_count} accounts.",
        "We're showing you this because it is useful to many people.",
        "We're showing you this because of {window}.",
        "Your {account_count} accounts are connected here.",
        "Because {account_count}.",
        "Because {account_count} one. Two. Three. Four.",
        "Because {account_count} " + "x" * 600,
    ],
)
def test_what_has_no_first_sentence_no_datum_or_no_measure_is_refused(template):
    assert filled(template, person()) is None


def test_facts_are_written_as_the_contract_says():
    half = signals(
        income__median_pay_gap_days=Decimal("52.0"),
        income__last_pay_date=__import__("datetime").date(2025, 10, 14),
        income__income_variability_pct=Decimal("36.49"),
        income__cash_flow_buffer_months=Decimal("0.55"),
        savings__savings_growth_rate_pct=Decimal("3.55"),
        savings__net_savings_inflow=Decimal("-143.33"),
        savings__total_savings_balance=Decimal("12400.00"),
        savings__emergency_fund_months=Decimal("5.25"),
    )
    month = maxed_out(
        subscriptions__recurring_merchant_count=8,
        subscriptions__monthly_recurring_spend=Decimal("186.94"),
        subscriptions__subscription_share_pct=Decimal("12.50"),
        spending__spend_total=Decimal("1540.20"),
        spending__transaction_count=48,
    )
    savings = Holding("s1", "savings", "depository", "savings", "Rainy day", "9009", Decimal("12400.00"), None)
    slots = person(month, half, accounts=(savings,), top_category="Groceries").slots
    texts = {name: slot.text for name, slot in slots.items()}
    assert texts == {
        "card_name": "Visa",
        "card_last4": "4523",
        "utilization": "68 %",
        "limit": "$5,000.00",
        "balance": "$3,400.00",
        "minimum_payment": "$68.00",
        "total_utilization": "68 %",
        "interest_monthly": "$87.00",
        "subscription_count": "8",
        "monthly_recurring": "$186.94",
        "subscription_share": "13 %",
        "median_gap_days": "52",
        "last_pay_date": "14 October 2025",
        "income_variability": "36 %",
        "buffer_months": "0.6",
        "savings_growth": "3.6 %",
        "monthly_inflow": "-$143.33",
        "savings_balance": "$12,400.00",
        "emergency_months": "5.3",
        "account_name": "Rainy day ending 9009",
        "spend_total": "$1,540.20",
        "transaction_count": "48",
        "account_count": "1",
        "top_category": "Groceries",
    }
    assert set(texts) < VARIABLES
    assert slots["interest_monthly"].rows is Rows.INTEREST
    assert slots["utilization"].accounts == (VISA["account_id"],)


@pytest.mark.parametrize(
    ("count", "text"),
    [(1, "M0"), (3, "M0, M1, M2"), (8, "M0, M1, M2 and 5 more")],
)
def test_at_most_three_merchants_are_named_by_amount(count, text):
    merchants = [merchant(f"M{n}", 100 - n) for n in reversed(range(count))] + [merchant("Gone", 500, active=False)]
    slot = person(signals(merchants=merchants)).slots["top_merchants"]
    assert slot.text == text
    assert slot.merchants == tuple(f"m{n}" for n in range(count))


def test_a_silent_window_leaves_the_word_to_the_other():
    half = signals(present=("income",), credit__any_overdue=True, income__monthly_income=Decimal("3200.00"))
    who = person(signals(present=("credit",), income__monthly_income=Decimal("1.00")), half)
    assert who.window_of("credit") == "30d"
    assert who.values["income.monthly_income"] == Decimal("3200.00")
    assert who.values["credit.any_overdue"] is False
    assert person(signals(present=()), half, decision_window="180d").window_of("subscriptions") == "30d"


def test_what_is_stated_counts_before_what_is_seen():
    half = signals(income__monthly_income=Decimal("3200.00"))
    assert person(half_year=half).values["profile.monthly_income"] == Decimal("3200.00")
    stated = person(half_year=half, monthly_income=Decimal("2500.00"))
    assert stated.values["profile.monthly_income"] == Decimal("2500.00")
    assert stated.values["profile.credit_score"] is None


def test_nothing_unknown_is_ever_written():
    for slot in person(signals(), accounts=()).slots.values():
        assert slot.text not in ("None", "nan", "", "N/A")


def test_an_edit_is_asked_the_same():
    assert problems("We're showing you this because your card is at 68 %.") == ()
    assert [one.split(";")[0] for one in problems("Because {x}.")] == [
        "A rationale has 20 to 600 characters",
        "A rationale has no braces left in it.",
    ]
