"""The reference against the worked examples of the specification: no oracle is believed on its word."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.tests.class_reference import flow_of
from accounts.tests.person_reference import Person
from accounts.tests.persona_reference import credit, evaluate, frequency, income, measure, savings
from accounts.tests.subscription_reference import subscriptions

AS_OF = date(2025, 6, 30)
CHECKING = {"external_id": "chk", "type": "depository", "subtype": "checking", "balance_cents": 120_000}
SAVINGS = {"external_id": "sav", "type": "depository", "subtype": "savings", "balance_cents": 850_000}


def account(known: dict, **more) -> dict:
    return {"limit_cents": None, "iso_currency_code": "USD"} | known | more


def row(day: str, cents: int, category: str = "", merchant: str = "Somewhere", on: str = "chk", **more) -> dict:
    primary, _, detailed = category.partition("/")
    return {
        "account_external_id": on,
        "external_id": f"{day}-{merchant}-{cents}",
        "date": date.fromisoformat(day if len(day) > 5 else f"2025-{day}"),
        "cents": cents,
        "merchant": merchant,
        "merchant_key": merchant.casefold(),
        "merchant_entity_id": None,
        "description": None,
        "category_primary": primary or None,
        "category_detailed": detailed or None,
        "pending": False,
        "iso_currency_code": "USD",
    } | more


def person(rows: list[dict], *accounts: dict, debts: tuple[dict, ...] = (), early: bool = True) -> Person:
    """`early` adds a row of a year ago, so that every window is covered."""
    first = [row("2024-06-30", 1, "Financial/Transfers")] if early else []
    return Person([account(one) for one in accounts or (CHECKING,)], rows + first, debts, AS_OF)


STREAMING = "Entertainment/Streaming Services"


def charges(*pairs: tuple[str, int], category: str = STREAMING, merchant: str = "Flix") -> list[dict]:
    return [row(day, -cents, category, merchant) for day, cents in pairs]


def test_the_example_of_subscriptions():
    rows = [
        *charges(("04-12", 1599), ("05-12", 1599), ("06-12", 1599), merchant="Netflix"),
        *charges(("04-20", 1099), ("05-20", 1099), ("06-20", 1099), merchant="Spotify"),
        row("06-05", -25_000, "Groceries/Food", "Corner Grocer"),
        row("06-25", -7_202, "Home/Tools", "Hardware Store"),
    ]
    used = person(rows, early=False)
    short, long = measure(used, 30), measure(used, 90)
    assert used.days_covered == 80
    assert short["subscriptions.recurring_merchant_count"] == 2
    assert short["subscriptions.monthly_recurring_spend"] == Decimal("26.98")
    assert short["subscriptions.subscription_share_pct"] == Decimal("7.73")
    assert long["monthly_spend"] == Decimal("151.11")
    assert long["subscriptions.subscription_share_pct"] == Decimal("17.85")


@pytest.mark.parametrize(
    ("rows", "active", "monthly"),
    [
        (
            charges(*((f"06-{day:02}", 1200) for day in (1, 8, 15, 22, 29)), category="Home/Plants"),
            1,
            "52.00",
        ),
        (charges(("04-10", 1549), ("05-10", 1549), ("06-09", 1799), category="Home/Plants"), 1, "16.32"),
        (
            charges(*((f"{m}-{d}", c) for m in ("04", "05", "06") for d, c in (("06", 1599), ("11", 1999)))),
            1,
            "35.98",
        ),
        (charges(("05-02", 999), ("05-20", 2500), ("06-21", 1450)), 1, "16.50"),
        (charges(("04-05", 1000), ("04-25", 1000), ("05-10", 1000)), 0, "0.00"),
        (
            charges(("04-10", 9000), ("05-10", 9000), ("06-09", 9000), category="Services/Insurance"),
            0,
            "0.00",
        ),
        (charges(("04-10", 900), ("05-10", 901), ("05-10", 902)), 0, "0.00"),
    ],
)
def test_the_cases_of_subscriptions(rows, active, monthly):
    found = subscriptions(person(rows), 90)
    assert found["recurring_merchant_count"] == active
    assert found["monthly_recurring_spend"] == Decimal(monthly)


def test_the_example_of_savings():
    rows = [
        row("06-05", 50_000, "Financial/Transfers", on="sav"),
        row("06-20", -10_000, "Financial/Transfers", on="sav"),
        row("06-30", 150, "", "Interest paid to you", on="sav"),
        row("05-20", 50_000, "Financial/Transfers", on="sav"),
        row("06-02", -600_000, "Rent"),
    ]
    used = person(rows, CHECKING, SAVINGS)
    short, long = savings(used, 30), savings(used, 90)
    assert short["net_savings_inflow"] == Decimal("401.50")
    assert short["savings_growth_rate_pct"] == Decimal("4.96")
    assert long["net_savings_inflow"] == Decimal("300.50")
    assert long["savings_growth_rate_pct"] == Decimal("11.86")
    assert short["emergency_fund_months"] == long["emergency_fund_months"] == Decimal("4.25")
    assert short["inferred"] is False


def test_savings_without_rows_of_their_own_are_inferred_from_transfers():
    rows = [row("06-05", -45_000, "Financial/Transfers"), row("06-20", -5_000, "", "Rainy Savings")]
    found = savings(person(rows, CHECKING, SAVINGS), 30)
    assert found["inferred"] is True
    assert found["net_savings_inflow"] == Decimal("500.00")


def debt(**known) -> dict:
    return {
        "account_external_id": "4523",
        "is_overdue": False,
        "minimum_payment_cents": 9_500,
        "last_payment_cents": 10_000,
        "last_statement_cents": 335_000,
        "last_payment_date": None,
        "next_payment_due_date": None,
    } | known


CARDS = (
    {
        "external_id": "4523",
        "type": "credit",
        "subtype": "credit_card",
        "balance_cents": 340_000,
        "limit_cents": 500_000,
    },
    {
        "external_id": "0017",
        "type": "credit",
        "subtype": "credit_card",
        "balance_cents": 120_000,
        "limit_cents": 1_000_000,
    },
)


def test_the_example_of_credit():
    rows = [row("06-18", -6_210, "Financial/Interest Charge", "Purchase Interest Charge", "4523")]
    assert credit(person(rows, *CARDS, debts=(debt(),)), 30) == {
        "aggregate_utilization_pct": Decimal("30.67"),
        "any_card_high_util": True,
        "cards_not_below_30": 1,
        "any_interest_charges": True,
        "any_overdue": False,
        "any_minimum_payment_only": True,
    }


@pytest.mark.parametrize(
    ("known", "overdue", "minimum_only"),
    [
        ({"last_payment_cents": 10_450}, False, True),
        ({"last_payment_cents": 10_451}, False, False),
        ({"last_statement_cents": 10_000}, False, False),
        ({"is_overdue": True}, True, True),
        (
            {
                "is_overdue": None,
                "next_payment_due_date": date(2025, 6, 29),
                "last_payment_date": date(2025, 6, 3),
            },
            True,
            True,
        ),
        (
            {
                "is_overdue": None,
                "next_payment_due_date": date(2025, 6, 29),
                "last_payment_date": date(2025, 6, 4),
            },
            False,
            True,
        ),
        (
            {"is_overdue": None, "next_payment_due_date": AS_OF, "last_payment_date": date(2025, 1, 1)},
            False,
            True,
        ),
    ],
)
def test_what_is_due_on_a_card(known, overdue, minimum_only):
    found = credit(person([], *CARDS, debts=(debt(**known),)), 30)
    assert (found["any_overdue"], found["any_minimum_payment_only"]) == (overdue, minimum_only)


@pytest.mark.parametrize(("owed", "high"), [(49_994, False), (49_995, True), (120_000, True)])
def test_the_use_of_a_card_is_rounded_before_it_is_compared(owed, high):
    card = account(CARDS[0], balance_cents=owed, limit_cents=100_000)
    assert credit(person([], card), 30)["any_card_high_util"] is high


def test_a_card_without_a_limit_counts_as_not_below_thirty():
    card = account(CARDS[0], limit_cents=None)
    assert credit(person([], card), 30)["cards_not_below_30"] == 1


def test_the_example_of_income():
    rows = [
        row("01-10", 180_000, "Income/Freelance"),
        row("03-01", 240_000, "Income/Freelance"),
        row("04-20", 90_000, "Income/Freelance"),
        row("06-10", 150_000, "Income/Freelance"),
        row("06-12", 8_900, "", "Refund Shoe Shop"),
        row("06-13", -150_000, "Rent"),
    ]
    assert income(person(rows), 30) == {
        "median_pay_gap_days": Decimal("50.0"),
        "payment_frequency": "irregular",
        "income_variability_pct": Decimal("37.85"),
        "cash_flow_buffer_months": Decimal("0.80"),
    }


@pytest.mark.parametrize(
    ("days", "gap", "word"),
    [
        (["01-15", "01-31", "02-14", "02-28", "03-15"], "14.5", "semi_monthly"),
        (["01-03", "01-17", "01-31", "02-14", "02-28"], "14.0", "biweekly"),
        (["01-01", "01-18", "02-04", "02-21", "03-10"], "17.0", "irregular"),
        ([], None, "unknown"),
    ],
)
def test_the_rhythm_of_paydays(days, gap, word):
    assert frequency([date.fromisoformat(f"2025-{day}") for day in days], gap and Decimal(gap)) == word


def test_a_checking_outflow_with_an_equal_inflow_on_savings_is_no_spending():
    rows = [
        row("06-10", -20_000, "Home/Tools", "Nearer"),
        row("06-08", -20_000, "Home/Tools", "Farther"),
        row("06-11", 20_000, "Financial/Transfers", on="sav"),
    ]
    used = person(rows, CHECKING, SAVINGS)
    assert [one["flow"] for one in used.rows if one["cents"] < 0] == ["other", "transfer"]
    assert measure(used, 30)["monthly_spend"] == Decimal("200.00")


@pytest.mark.parametrize(
    ("cents", "category", "merchant", "flow"),
    [
        (1, "Income/Paycheck", "", "income"),
        (1, "INCOME/INCOME_WAGES", "", "income"),
        (-1, "TRANSFER_OUT/TRANSFER_OUT_SAVINGS", "", "transfer"),
        (-1, "LOAN_PAYMENTS/LOAN_PAYMENTS_CREDIT_CARD_PAYMENT", "", "payment"),
        (-1, "LOAN_PAYMENTS/LOAN_PAYMENTS_CAR_PAYMENT", "", "loan"),
        (-1, "BANK_FEES/BANK_FEES_INTEREST_CHARGE", "", "interest"),
        (-1, "BANK_FEES/BANK_FEES_LATE_PAYMENT", "", "fee"),
        (-1, "Food & Drink/Restaurants", "", "dining"),
        (-1, "Food & Drink/Groceries", "", "groceries"),
        (-1, "Subscriptions", "", "subscription"),
        (1, "", "Interest paid to you", "other"),
        (-1, "", "Interest paid to you", "other"),
        (-1, "", "Interest", "interest"),
        (-1, "", "Acme Payroll", "other"),
        (1, "", "Acme Payroll", "income"),
        (-1, "", "Trentino Coffee", "dining"),
        (-1, "", "Apparent Goods", "other"),
    ],
)
def test_the_class_of_a_row(cents, category, merchant, flow):
    assert flow_of(row("06-01", cents, category, merchant)) == flow


QUIET = {
    "credit.aggregate_utilization_pct": None,
    "credit.any_card_high_util": False,
    "credit.any_interest_charges": False,
    "credit.any_overdue": False,
    "credit.any_minimum_payment_only": False,
    "credit.cards_not_below_30": 0,
    "income.median_pay_gap_days": None,
    "income.payment_frequency": "unknown",
    "income.income_variability_pct": Decimal(0),
    "income.cash_flow_buffer_months": None,
    "subscriptions.recurring_merchant_count": 0,
    "subscriptions.monthly_recurring_spend": Decimal(0),
    "subscriptions.subscription_share_pct": Decimal(0),
    "savings.net_savings_inflow": None,
    "savings.savings_growth_rate_pct": None,
    "savings.inferred": None,
    "savings.emergency_fund_months": None,
}


def irregular(gap: str, buffer: str, variability: str) -> dict:
    return {
        "income.median_pay_gap_days": Decimal(gap),
        "income.payment_frequency": "irregular",
        "income.cash_flow_buffer_months": Decimal(buffer),
        "income.income_variability_pct": Decimal(variability),
    }


def subscribed(count: int, spend: str, share: str) -> dict:
    return {
        "subscriptions.recurring_merchant_count": count,
        "subscriptions.monthly_recurring_spend": Decimal(spend),
        "subscriptions.subscription_share_pct": Decimal(share),
    }


def saved(growth: str, inflow: str, inferred: bool = False, fund: str = "0", not_below: int = 0) -> dict:
    return {
        "savings.savings_growth_rate_pct": Decimal(growth),
        "savings.net_savings_inflow": Decimal(inflow),
        "savings.inferred": inferred,
        "savings.emergency_fund_months": Decimal(fund),
        "credit.cards_not_below_30": not_below,
    }


def owing(use: str, **flags: bool) -> dict:
    named = {f"credit.{name}": value for name, value in flags.items()}
    return {"credit.aggregate_utilization_pct": Decimal(use)} | named


@pytest.mark.parametrize(
    ("signals", "matches", "strength"),
    [
        ({}, ["general_wellness"], "default"),
        (owing("68", any_card_high_util=True, any_interest_charges=True), ["high_utilization"], "moderate"),
        (owing("70.00", any_card_high_util=True), ["high_utilization"], "strong"),
        (owing("12", any_minimum_payment_only=True), ["high_utilization"], "weak"),
        (irregular("50", "0.80", "37.85"), ["variable_income_budgeter"], "moderate"),
        (irregular("50", "0.49", "37.85"), ["variable_income_budgeter"], "strong"),
        (irregular("50", "1.00", "37.85"), ["general_wellness"], "default"),
        (irregular("45", "0.80", "29.99"), ["general_wellness"], "default"),
        (irregular("3.5", "0.23", "55"), ["variable_income_budgeter"], "strong"),
        (subscribed(10, "344.24", "7.87"), ["subscription_heavy"], "weak"),
        (subscribed(2, "90.00", "40"), ["general_wellness"], "default"),
        (saved("4.96", "401.50"), ["savings_builder"], "moderate"),
        (saved("4.96", "401.50", not_below=1), ["general_wellness"], "default"),
        (saved("51.19", "451.43", inferred=True, fund="1.47"), ["general_wellness"], "default"),
        (saved("51.19", "451.43", inferred=True, fund="3.00"), ["savings_builder"], "strong"),
        (
            owing("20", any_overdue=True) | subscribed(3, "50", "0"),
            ["high_utilization", "subscription_heavy"],
            "strong",
        ),
    ],
)
def test_the_table_of_rule_set_one(signals, matches, strength):
    assert evaluate(QUIET | signals) == (matches, strength)
