"""Credit: what cards owe of their limits, what they cost, and how they are paid."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from accounts.statements.classes import Flow
from personas.signals import Kind
from personas.tests.people import CHECKING, Row, account, debt, person, row, signals

HIGH = account(Kind.CARD, "3400.00", "5000.00", "card-4523", mask="4523")
LOW = account(Kind.CARD, "1200.00", "10000.00", "card-0017", mask="0017")


def found(rows: list[Row], *accounts: Row, debts: tuple[Row, ...] = (), window: str = "30d") -> dict[str, Any]:
    measured = signals(person(rows, accounts, debts))[window]
    return {path.removeprefix("credit."): value for path, value in measured.items() if path.startswith("credit.")}


def card(balance: str | None, limit: str | None) -> Row:
    return account(Kind.CARD, balance, limit)


def test_the_example_of_two_cards():
    """-4523: 3,400 of 5,000, minimum 95, last payment 100, statement 3,350; -0017: 1,200 of 10,000.

    06-18  Purchase Interest Charge  -62.10
    06-20  Payment thank you        +100.00
    """
    rows = [
        row("06-18", "-62.10", "Purchase Interest Charge", Flow.INTEREST, "card-4523"),
        row("06-20", "100.00", "Payment thank you", Flow.PAYMENT, "card-4523"),
    ]
    owed = debt("card-4523", "95.00", "100.00", statement_cents=335_000, is_overdue=False)
    measured = found(rows, LOW, HIGH, debts=(owed,))
    cards = measured.pop("cards")
    assert measured == {
        "num_credit_cards": 2,
        "aggregate_utilization_pct": Decimal("30.67"),  # 4,600 of 15,000
        "highest_card_utilization_pct": Decimal("68.00"),
        "any_card_high_util": True,
        "cards_not_below_30": 1,
        "any_interest_charges": True,
        "interest_charged": Decimal("62.10"),
        "interest_monthly": Decimal("62.10"),
        "any_overdue": False,
        "any_minimum_payment_only": True,  # 100.00 <= max(104.50, 100.00)
        "total_credit_limit": Decimal("15000.00"),
        "total_credit_used": Decimal("4600.00"),
        "total_credit_available": Decimal("10400.00"),
    }
    assert cards == [
        {
            "account_id": "card-4523", "name": None, "mask": "4523",
            "balance": Decimal("3400.00"), "limit": Decimal("5000.00"),
            "utilization_pct": Decimal("68.00"), "utilization_level": "high",
            "minimum_payment": Decimal("95.00"), "last_payment": Decimal("100.00"),
            "minimum_payment_only": True, "minimum_payment_basis": "liability",
            "interest_charged": Decimal("62.10"), "is_overdue": False,
        },
        {
            "account_id": "card-0017", "name": None, "mask": "0017",
            "balance": Decimal("1200.00"), "limit": Decimal("10000.00"),
            "utilization_pct": Decimal("12.00"), "utilization_level": "low",
            "minimum_payment": None, "last_payment": None,
            "minimum_payment_only": False, "minimum_payment_basis": "unknown",
            "interest_charged": Decimal("0.00"), "is_overdue": False,
        },
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("owed", "use", "level", "high"),
    [
        ("499.94", "49.99", "medium", False), ("499.95", "50.00", "high", True), ("1200.00", "120.00", "severe", True),
        ("299.94", "29.99", "low", False), ("299.95", "30.00", "medium", False), ("799.94", "79.99", "high", True),
        ("799.95", "80.00", "severe", True), ("-340.00", "34.00", "medium", False), ("0.00", "0.00", "low", False),
    ],
)  # fmt: skip
def test_use_is_rounded_before_it_is_judged(owed, use, level, high):
    measured = found([], card(owed, "1000.00"))
    assert measured["cards"][0]["utilization_pct"] == measured["aggregate_utilization_pct"] == Decimal(use)
    assert (measured["cards"][0]["utilization_level"], measured["any_card_high_util"]) == (level, high)
    assert measured["cards_not_below_30"] == (Decimal(use) >= 30)


@pytest.mark.parametrize("limit", [None, "0.00", "-5.00"])
def test_a_card_without_a_usable_limit_has_no_use_but_is_not_calm(limit):
    measured = found([], card("10.00", limit))
    assert measured["aggregate_utilization_pct"] is measured["highest_card_utilization_pct"] is None
    assert measured["any_card_high_util"] is False
    assert measured["cards_not_below_30"] == 1
    assert measured["total_credit_limit"] == measured["total_credit_available"] == Decimal("0.00")
    assert measured["total_credit_used"] == Decimal("10.00")


@pytest.mark.parametrize(("balance", "limit", "not_below"), [("0.00", None, 0), (None, None, 1), (None, "500.00", 1)])
def test_an_unknown_balance_may_be_anything_and_nothing_owed_is_calm(balance, limit, not_below):
    assert found([], card(balance, limit))["cards_not_below_30"] == not_below


def test_what_is_owed_beyond_the_limits_leaves_nothing_available():
    measured = found([], account(Kind.CARD, "900.00", "500.00", "a"), account(Kind.CARD, "100.00", None, "b"))
    assert measured["total_credit_used"] == Decimal("1000.00")
    assert measured["total_credit_available"] == Decimal("0.00")
    assert measured["aggregate_utilization_pct"] == Decimal("180.00")


def test_without_a_card_totals_are_missing_and_flags_are_false():
    measured = found([row("06-01", "-9.00", flow=Flow.INTEREST)], CHECKING)
    assert measured.pop("cards") == []
    assert {path for path, value in measured.items() if value is None} == {
        "aggregate_utilization_pct", "highest_card_utilization_pct", "total_credit_limit",
        "total_credit_used", "total_credit_available",
    }  # fmt: skip
    assert (measured["num_credit_cards"], measured["cards_not_below_30"]) == (0, 0)
    assert measured["any_interest_charges"] is measured["any_overdue"] is False


def test_interest_counts_on_cards_and_by_its_code_on_checking():
    rows = [
        row("06-01", "-5.00", "Interest", Flow.INTEREST, "card"),
        row("06-02", "-3.00", "Overdraft", Flow.INTEREST, interest_code=True),
        row("06-03", "-2.00", "Interest on a loan", Flow.INTEREST),
        row("06-04", "1.00", "Interest reversed", Flow.INTEREST, "card"),
        row("04-01", "-7.00", "Interest", Flow.INTEREST, "card"),
    ]
    measured = found(rows, CHECKING, card("1.00", "100.00"))
    assert measured["interest_charged"] == Decimal("8.00")
    assert measured["cards"][0]["interest_charged"] == Decimal("5.00")
    half_year = found(rows, CHECKING, card("1.00", "100.00"), window="180d")
    assert half_year["interest_charged"] == Decimal("15.00")
    assert half_year["interest_monthly"] == Decimal("2.50")
    assert half_year["cards"][0]["interest_charged"] == Decimal("12.00")


@pytest.mark.parametrize(
    ("known", "overdue"),
    [
        ({"is_overdue": True}, True),
        ({"is_overdue": False, "due_on": date(2025, 6, 1), "last_payment_on": date(2025, 1, 1)}, False),
        ({"due_on": date(2025, 6, 29), "last_payment_on": date(2025, 6, 3)}, True),  # 26 days before
        ({"due_on": date(2025, 6, 29), "last_payment_on": date(2025, 6, 4)}, False),  # 25 days before
        ({"due_on": date(2025, 6, 30), "last_payment_on": date(2025, 1, 1)}, False),  # due today
        ({"due_on": date(2025, 6, 1)}, False),
        ({}, False),
    ],
)
def test_when_a_card_is_overdue(known, overdue):
    measured = found([], card("10.00", "100.00"), debts=(debt("card") | known,))
    assert measured["any_overdue"] is measured["cards"][0]["is_overdue"] is overdue


def test_loans_are_never_overdue():
    loan = account(Kind.OTHER, "9000.00", name="mortgage")
    assert found([], loan, CHECKING, debts=(debt("mortgage", is_overdue=True),))["any_overdue"] is False


@pytest.mark.parametrize(
    ("minimum", "paid", "statement", "only"),
    [
        ("95.00", "104.50", None, True),  # 1.1 x 95
        ("95.00", "104.51", None, False),
        ("20.00", "25.00", None, True),  # 20 + 5
        ("20.00", "25.01", None, False),
        ("20.00", "0.00", None, False),
        ("95.00", "95.00", "95.00", False),  # the statement is paid in full
        ("95.00", "95.00", "95.01", True),
        ("0.00", "5.00", None, False),
        (None, "5.00", None, False),
    ],
)
def test_a_stated_payment_tells_whether_only_the_minimum_is_paid(minimum, paid, statement, only):
    owed = debt("card", minimum, paid) | {"statement_cents": statement and int(Decimal(statement) * 100)}
    measured = found([], card("10.00", "100.00"), debts=(owed,))
    assert measured["any_minimum_payment_only"] is only
    basis = measured["cards"][0]["minimum_payment_basis"]
    assert basis == ("liability" if minimum and minimum != "0.00" else "unknown")


@pytest.mark.parametrize(
    ("inflows", "only"),
    [
        ([("06-01", "50.00"), ("05-01", "55.00"), ("04-01", "400.00")], True),
        ([("06-01", "50.00"), ("05-01", "55.01"), ("04-01", "400.00")], False),
        ([("06-01", "45.00"), ("05-01", "44.99"), ("04-01", "50.00"), ("03-10", "50.00")], True),
        ([("06-01", "400.00"), ("05-01", "400.00"), ("04-01", "50.00"), ("03-10", "50.00")], False),
        ([("06-01", "50.00"), ("03-03", "50.00")], True),  # 119 days ago
        ([("06-01", "50.00"), ("03-02", "50.00")], False),  # 120 days ago
        ([("06-01", "50.00"), ("06-02", "-50.00")], False),
        ([], False),
    ],
)
def test_without_a_stated_payment_the_last_three_inflows_tell(inflows, only):
    rows = [row(on, amount, "Payment", Flow.PAYMENT, "card") for on, amount in inflows]
    measured = found(rows, card("10.00", "100.00"), debts=(debt("card", "50.00"),))
    assert measured["any_minimum_payment_only"] is only
    assert measured["cards"][0]["minimum_payment_basis"] == "ledger"


def test_cards_stand_by_use_the_unknown_last_then_by_their_name_at_the_bank():
    held = [
        account(Kind.CARD, "1.00", None, "d"), account(Kind.CARD, "1.00", None, "c"),
        account(Kind.CARD, "5.00", "100.00", "b"), account(Kind.CARD, "5.00", "100.00", "a"),
        account(Kind.CARD, "50.00", "100.00", "e"),
    ]  # fmt: skip
    assert [one["account_id"] for one in found([], *held)["cards"]] == ["e", "a", "b", "c", "d"]
