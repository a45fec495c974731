"""Savings: what was put aside, how fast it grows, and how long it would last."""

from decimal import Decimal
from typing import Any

import pytest

from accounts.statements.classes import Flow
from personas.signals import Kind
from personas.tests.people import CHECKING, Row, account, person, row, signals

SAVED = account(Kind.SAVINGS, "8500.00")


def found(rows: list[Row], *accounts: Row, window: str = "30d", **more: Any) -> dict[str, Any]:
    measured = signals(person(rows, accounts or (CHECKING, SAVED), **more))[window]
    return {path.removeprefix("savings."): value for path, value in measured.items() if path.startswith("savings.")}


def moved(on: str, amount: str, account: str = "savings", merchant: str = "Transfer") -> Row:
    return row(on, amount, merchant, Flow.TRANSFER, account)


def test_the_example_of_a_saver():
    """06-05 +500.00, 06-20 -100.00, 06-30 interest +1.50, 05-20 +500.00; 6,000.00 spent in 90 days."""
    rows = [
        moved("06-05", "500.00"),
        moved("06-20", "-100.00"),
        row("06-30", "1.50", "Interest paid to you", account="savings"),
        moved("05-20", "500.00"),
        row("05-01", "-6000.00", "Landlord", Flow.HOUSING),
    ]
    assert found(rows) == {
        "num_savings_accounts": 1,
        "total_savings_balance": Decimal("8500.00"),
        "net_savings_inflow": Decimal("401.50"),
        "savings_growth_rate_pct": Decimal("4.96"),  # 401.50 of 8,098.50
        "emergency_fund_months": Decimal("4.25"),  # 8,500 of 2,000 a month
        "emergency_fund_level": "good",
        "largest_deposit": Decimal("500.00"),
        "largest_withdrawal": Decimal("100.00"),
        "inferred": False,
    }
    quarter = found(rows, window="90d")
    assert quarter["net_savings_inflow"] == Decimal("300.50")  # 901.50 x 30 / 90
    assert quarter["savings_growth_rate_pct"] == Decimal("11.86")  # 901.50 of 7,598.50
    assert quarter["emergency_fund_months"] == Decimal("4.25")


def test_without_a_savings_account_everything_but_the_count_is_missing():
    nothing = found([moved("06-05", "-500.00", "checking")], CHECKING)
    assert nothing.pop("num_savings_accounts") == 0
    assert set(nothing.values()) == {None}


def test_a_savings_account_without_rows_is_inferred_from_checking():
    """Transfers of -450.00, -50.00 and +20.00, and a plain row whose merchant says savings."""
    rows = [
        moved("06-05", "-450.00", "checking"),
        moved("06-06", "20.00", "checking"),
        row("06-20", "-50.00", "Rainy Day SAVINGS Plan"),
        row("06-21", "-70.00", "Savingsworth Hotel"),
        moved("06-22", "-999.00", "card"),
    ]
    measured = found(rows, CHECKING, SAVED, account(Kind.CARD))
    assert measured["inferred"] is True
    assert measured["net_savings_inflow"] == Decimal("480.00")
    assert (measured["largest_deposit"], measured["largest_withdrawal"]) == (Decimal("450.00"), Decimal("20.00"))


def test_old_rows_of_the_savings_account_are_enough_to_believe_it():
    quiet = SAVED | {"has_ledger": True}
    measured = found([moved("06-05", "-450.00", "checking")], CHECKING, quiet)
    assert (measured["inferred"], measured["net_savings_inflow"]) == (False, Decimal("0.00"))
    assert measured["largest_deposit"] == Decimal("0.00")


@pytest.mark.parametrize(
    ("balance", "put_aside", "growth"),
    [
        ("100.00", "100.00", "100.00"), ("50.00", "100.00", "100.00"), ("-50.00", "-50.00", "0.00"),
        ("0.00", "0.00", "0.00"), ("100.00", "-100.00", "-50.00"), ("100.01", "100.00", "1000000.00"),
    ],
)  # fmt: skip
def test_growth_from_nothing_is_a_hundred_percent_or_none(balance, put_aside, growth):
    measured = found([moved("06-05", put_aside)], CHECKING, account(Kind.SAVINGS, balance))
    assert measured["savings_growth_rate_pct"] == Decimal(growth)


def test_growth_needs_a_balance():
    measured = found([moved("06-05", "100.00")], CHECKING, account(Kind.SAVINGS))
    assert measured["savings_growth_rate_pct"] is None
    assert measured["net_savings_inflow"] == Decimal("100.00")


@pytest.mark.parametrize(
    ("balance", "months", "level"),
    [
        ("5999.94", "6.00", "excellent"), ("5994.00", "5.99", "good"), ("3000.00", "3.00", "good"),
        ("2994.00", "2.99", "building"), ("1000.00", "1.00", "building"), ("994.00", "0.99", "low"),
        ("-500.00", "-0.50", "low"),
    ],
)  # fmt: skip
def test_the_levels_of_the_fund_begin_at_six_three_and_one_months(balance, months, level):
    """3,000.00 spent in 90 days: 1,000.00 a month."""
    measured = found([row("05-01", "-3000.00")], CHECKING, account(Kind.SAVINGS, balance))
    assert (measured["emergency_fund_months"], measured["emergency_fund_level"]) == (Decimal(months), level)


def test_health_savings_are_savings_but_no_emergency_fund():
    held = (CHECKING, SAVED, account(Kind.HSA, "4000.00"))
    measured = found([row("05-01", "-3000.00")], *held)
    assert measured["num_savings_accounts"] == 2
    assert measured["total_savings_balance"] == Decimal("12500.00")
    assert measured["emergency_fund_months"] == Decimal("8.50")


def test_without_spending_there_is_no_telling_how_long_a_fund_lasts():
    measured = found([moved("06-05", "100.00")])
    assert (measured["emergency_fund_months"], measured["emergency_fund_level"]) == (None, None)


def test_the_largest_moves_of_a_longer_window_include_those_of_a_shorter_one():
    rows = [moved("06-05", "70.00"), moved("03-05", "20.00"), moved("03-06", "-10.00")]
    assert found(rows, window="180d")["largest_deposit"] == Decimal("70.00")
    assert found(rows, window="180d")["largest_withdrawal"] == Decimal("10.00")
    assert found(rows)["largest_withdrawal"] == Decimal("0.00")
