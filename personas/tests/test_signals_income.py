"""Income: deposits, the rhythm of paydays, and how long the checking balance lasts."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.statements.classes import Flow
from personas.signals import Kind
from personas.tests.people import AS_OF, CHECKING, Row, account, day, person, row, signals


def found(rows: list[Row], *accounts: Row, window: str = "30d", **more: Any) -> dict[str, Any]:
    measured = signals(person(rows, accounts or (CHECKING,), **more))[window]
    return {path.removeprefix("income."): value for path, value in measured.items() if path.startswith("income.")}


def pay(on: str, amount: str = "1000.00", merchant: str = "Acme", **more: Any) -> Row:
    return row(on, amount, merchant, Flow.INCOME, **more)


def plain(on: str, amount: str, merchant: str = "Client", **more: Any) -> Row:
    return row(on, amount, merchant, categorised=False, **more)


def test_the_example_of_a_freelancer():
    """01-10 +1,800, 03-01 +2,400, 04-20 +900, 06-10 +1,500, and 06-12 "Refund Shoe Shop" +89 without a category."""
    rows = [
        pay("01-10", "1800.00"),
        pay("03-01", "2400.00"),
        pay("04-20", "900.00"),
        pay("06-10", "1500.00"),
        plain("06-12", "89.00", "Refund Shoe Shop"),
        row("06-15", "-1500.00", "Landlord", Flow.HOUSING),
    ]
    assert found(rows) == {
        "deposit_count": 4,
        "payday_count": 4,
        "median_pay_gap_days": Decimal("50.0"),  # 50, 50, 51
        "payment_frequency": "irregular",
        "income_variability_pct": Decimal("37.85"),  # 624.50 of 1,650
        "income_type": "freelance",
        "cash_flow_buffer_months": Decimal("0.80"),  # 1,200 of 1,500
        "checking_balance": Decimal("1200.00"),
        "monthly_income": Decimal("900.00"),  # of 1,500, 0 and 900
        "last_pay_date": day("06-10"),
        "lookback_days": 180,
    }


def test_without_anything_counts_are_zero_and_the_rest_is_unknown():
    assert found([], account(Kind.CARD)) == {
        "deposit_count": 0, "payday_count": 0, "median_pay_gap_days": None, "payment_frequency": "unknown",
        "income_variability_pct": Decimal("0.00"), "income_type": "unknown", "cash_flow_buffer_months": None,
        "checking_balance": None, "monthly_income": None, "last_pay_date": None, "lookback_days": 180,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("days", "gap", "frequency"),
    [
        (["01-15", "01-31", "02-14", "02-28", "03-15"], "14.5", "semi_monthly"),  # 14-15 and 28-31
        (["01-03", "01-17", "01-31", "02-14", "02-28"], "14.0", "biweekly"),  # three spans
        (["05-01", "05-16", "05-31"], "15.0", "semi_monthly"),
        (["01-15", "01-31", "02-15"], "15.5", "biweekly"),  # three paydays are too few for spans
        (["01-01", "01-18", "02-04", "02-21", "03-10"], "17.0", "irregular"),
        (["01-11", "01-28", "02-14", "02-28"], "17.0", "semi_monthly"),  # 11-14 and 28
        (["06-01", "06-07"], "6.0", "weekly"),
        (["06-01", "06-09"], "8.0", "weekly"),
        (["06-01", "06-10"], "9.0", "irregular"),
        (["06-01", "06-06"], "5.0", "irregular"),
        (["06-01", "06-12"], "11.0", "irregular"),
        (["06-01", "06-13"], "12.0", "biweekly"),
        (["06-01", "06-17"], "16.0", "biweekly"),
        (["06-01", "06-20"], "19.0", "irregular"),
        (["05-01", "05-25"], "24.0", "irregular"),
        (["05-01", "05-26"], "25.0", "monthly"),
        (["05-01", "06-05"], "35.0", "monthly"),
        (["05-01", "06-06"], "36.0", "irregular"),
        (["06-01"], None, "unknown"),
    ],
)
def test_the_rhythm_of_paydays(days, gap, frequency):
    measured = found([pay(on) for on in days])
    assert measured["median_pay_gap_days"] == (gap and Decimal(gap))
    assert measured["payment_frequency"] == frequency


def test_two_deposits_of_one_day_are_one_payday_and_vary_by_themselves():
    measured = found([pay("06-01", "900.00"), pay("06-01", "1100.00", "Second Job"), pay("06-29")])
    assert (measured["deposit_count"], measured["payday_count"]) == (3, 2)
    assert measured["income_variability_pct"] == Decimal("10.00")
    assert measured["median_pay_gap_days"] == Decimal("28.0")


@pytest.mark.parametrize(
    ("first", "second", "on", "kind"),
    [
        ("1000.00", "1151.00", "06-29", "mixed"),  # 9.93 %, but irregular: 59 days
        ("1000.00", "1151.00", "05-30", "payroll"),
        ("1000.00", "1153.00", "05-30", "mixed"),  # 10.05 %
        ("1000.00", "1329.00", "05-30", "mixed"),  # 19.98 %
        ("1000.00", "1330.00", "05-30", "freelance"),  # 20.03 %
    ],
)
def test_the_type_of_income_follows_rhythm_and_variation(first, second, on, kind):
    """The deviation of two deposits is their difference through the root of 2."""
    assert found([pay("05-01", first), pay(on, second)])["income_type"] == kind


def test_an_inflow_without_a_category_is_income_when_it_is_large_and_comes_three_times():
    three = [plain(on, "100.00") for on in ("04-01", "05-01", "06-01")]
    assert found(three)["deposit_count"] == 3
    assert found(three[:2])["deposit_count"] == 0
    assert found([*three[:2], plain("06-01", "99.99")])["deposit_count"] == 0
    assert found([*three, plain("06-20", "99.99")])["deposit_count"] == 3
    assert found([*three[:2], plain("06-01", "100.00", "Other")])["deposit_count"] == 0
    assert found([one | {"categorised": True} for one in three])["deposit_count"] == 0


def test_three_that_reach_back_beyond_the_look_back_are_only_two():
    """as_of 06-30: the 180 days begin on 01-02."""
    rows = [plain(on, "100.00") for on in ("01-01", "05-01", "06-01")]
    assert found(rows)["deposit_count"] == 0
    assert found([plain("01-02", "100.00"), *rows[1:]])["deposit_count"] == 3


def test_transfers_outflows_and_cards_bring_no_income():
    held = (CHECKING, account(Kind.CARD), account(Kind.SAVINGS))
    rows = [
        row("06-01", "500.00", "Move", Flow.TRANSFER),
        pay("06-02", "-500.00"),
        pay("06-03", account="card"),
        pay("06-04", account="nobody's"),
    ]
    assert found(rows, *held)["deposit_count"] == 0
    assert found([*rows, pay("06-05", account="savings")], *held)["deposit_count"] == 1


def test_monthly_income_is_the_middle_of_three_blocks_of_thirty_days():
    """Blocks up to 06-30: 06-01 to 06-30, 05-02 to 05-31, 04-02 to 05-01."""
    rows = [pay("06-01", "100.00"), pay("05-31", "200.00"), pay("05-02", "50.00"), pay("05-01", "120.00")]
    assert found(rows)["monthly_income"] == Decimal("120.00")  # 100, 250, 120
    assert found([*rows, pay("04-01", "9999.00")])["monthly_income"] == Decimal("120.00")
    assert found([pay("02-01", "100.00")])["monthly_income"] == Decimal("0.00")


def test_the_buffer_of_each_window_is_in_its_own_months():
    rows = [row("06-15", "-600.00"), row("03-15", "-1200.00")]
    assert found(rows)["cash_flow_buffer_months"] == Decimal("2.00")
    assert found(rows, window="180d")["cash_flow_buffer_months"] == Decimal("4.00")  # 300 a month


def test_the_buffer_is_missing_without_spending_or_balance_and_negative_below_zero():
    spent = [row("06-15", "-600.00")]
    assert found([])["cash_flow_buffer_months"] is None
    assert found(spent, account(Kind.CHECKING))["cash_flow_buffer_months"] is None
    assert found(spent, account(Kind.CHECKING, "-300.00"))["cash_flow_buffer_months"] == Decimal("-0.50")
    halves = (account(Kind.CHECKING, "100.00", name="a"), account(Kind.CHECKING, None, name="b"))
    assert found([row("06-15", "-100.00", account="a")], *halves)["cash_flow_buffer_months"] == Decimal("1.00")


@pytest.mark.parametrize(("balance", "buffer"), [("0.50", "0.01"), ("0.49", "0.00"), ("-0.50", "-0.01")])
def test_halves_of_a_hundredth_are_rounded_away_from_zero(balance, buffer):
    """Of 100.00 a month, 0.50 is 0.005 months."""
    measured = found([row("06-15", "-100.00")], account(Kind.CHECKING, balance))
    assert measured["cash_flow_buffer_months"] == Decimal(buffer)


def test_weekly_pay_over_half_a_year():
    rows = [pay((AS_OF - timedelta(days=7 * n)).isoformat()) for n in range(26)]
    measured = found(rows)
    assert (measured["payday_count"], measured["payment_frequency"]) == (26, "weekly")
    assert measured["income_type"] == "payroll"
