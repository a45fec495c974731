"""Insights: where the money of one window came from and where it went."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.statements.classes import Flow
from personas.signals import Kind, as_object, insights, measure
from personas.tests.people import AS_OF, CHECKING, Row, account, person, row

STATEMENT = [
    *(row(f"{month}-12", "-15.99", "Netflix", Flow.SUBSCRIPTION) for month in ("04", "05", "06")),
    *(row(f"{month}-20", "-10.99", "Spotify", Flow.SUBSCRIPTION) for month in ("04", "05", "06")),
    row("06-05", "-250.00", "Corner Grocer", Flow.GROCERIES),
    row("06-25", "-72.02", "Hardware Store"),
    row("06-26", "1500.00", "Acme", Flow.INCOME),
    row("06-27", "-100.00", "Transfer", Flow.TRANSFER),
]


def told(rows: list[Row], *accounts: Row, window: int = 30, today: date = AS_OF, **more: Any) -> dict[str, Any]:
    frames = person(rows, accounts or (CHECKING,), **more)
    signals = as_object(measure(*frames, windows=(window,)).row(0, named=True))
    return insights(frames, signals, window=window, today=today)


def test_the_example_of_section_eleven():
    found = told(STATEMENT, since=None)
    assert (found["user_id"], found["window"], found["window_start"]) == ("maya", "30d", date(2025, 6, 1))
    assert (found["as_of"], found["stale"], found["days_covered"], found["currency"]) == (AS_OF, False, 80, "USD")
    assert found["cash"] == {"in": Decimal("1500.00"), "out": Decimal("449.00"), "net": Decimal("1051.00")}
    assert found["spend_total"] == Decimal("349.00")
    assert found["by_category"] == [
        {"category": name, "amount": Decimal(amount), "share_pct": Decimal(share), "count": count}
        for name, amount, share, count in (
            ("groceries", "250.00", "71.63", 1), ("other", "72.02", "20.64", 1), ("subscription", "26.98", "7.73", 2),
        )
    ]  # fmt: skip
    assert found["by_month"] == [
        {"month": "2025-06", "in": Decimal("1500.00"), "out": Decimal("449.00"), "spend": Decimal("349.00")}
    ]
    assert [(one["merchant"], one["amount"], one["count"]) for one in found["by_merchant"]] == [
        ("Corner Grocer", Decimal("250.00"), 1), ("Hardware Store", Decimal("72.02"), 1),
        ("Netflix", Decimal("15.99"), 1), ("Spotify", Decimal("10.99"), 1),
    ]  # fmt: skip
    subscriptions = found["subscriptions"]
    assert (subscriptions["count"], subscriptions["monthly"], subscriptions["share_pct"]) == (
        2, Decimal("26.98"), Decimal("7.73"),
    )  # fmt: skip
    assert [one["name"] for one in subscriptions["merchants"]] == ["Netflix", "Spotify"]
    assert found["not_enough"][0]["category"] == "income"


def test_every_month_that_the_window_touches_is_told_also_an_empty_one():
    """90 days up to 06-30 begin on 04-02; nothing happened in May."""
    rows = [row("04-01", "-1.00"), row("04-02", "-2.00"), row("06-30", "-4.00", flow=Flow.PAYMENT)]
    months = [(one["month"], one["out"], one["spend"]) for one in told(rows, window=90)["by_month"]]
    assert months == [
        ("2025-04", Decimal("2.00"), Decimal("2.00")),
        ("2025-05", Decimal("0.00"), Decimal("0.00")),
        ("2025-06", Decimal("4.00"), Decimal("0.00")),
    ]


def test_cash_is_what_moved_on_checking_and_spending_also_what_cards_paid():
    held = (CHECKING, account(Kind.CARD, "50.00", "100.00"), account(Kind.SAVINGS))
    rows = [row("06-01", "-9.00", account="card"), row("06-02", "5.00", account="savings"), row("06-03", "-1.00")]
    found = told(rows, *held)
    assert found["cash"] == {"in": Decimal("0.00"), "out": Decimal("1.00"), "net": Decimal("-1.00")}
    assert found["spend_total"] == Decimal("10.00")
    assert found["utilization"]["aggregate_pct"] == Decimal("50.00")
    assert [one["account_id"] for one in found["utilization"]["cards"]] == ["card"]


def test_of_merchants_the_first_twenty_are_told_by_their_newest_name():
    rows = [row("06-02", f"-{n}.00", f"Shop {n:02}") for n in range(1, 23)]
    rows += [row("06-01", "-50.00", "old name", merchant_key="m"), row("06-03", "-50.00", "New Name", merchant_key="m")]
    listed = told(rows)["by_merchant"]
    assert len(listed) == 20
    assert listed[0] == {"merchant": "New Name", "merchant_key": "m", "amount": Decimal("100.00"), "count": 2}
    assert (listed[1]["merchant"], listed[-1]["merchant"]) == ("Shop 22", "Shop 04")


def test_equal_amounts_stand_by_name():
    rows = [row("06-02", "-5.00", name, flow) for name, flow in (("b", Flow.FUEL), ("a", Flow.TAX), ("c", Flow.DINING))]
    found = told(rows)
    assert [one["merchant"] for one in found["by_merchant"]] == ["a", "b", "c"]
    assert [one["category"] for one in found["by_category"]] == ["dining", "fuel", "tax"]


@pytest.mark.parametrize(("days", "stale"), [(45, False), (46, True)])
def test_insights_are_stale_after_45_days(days, stale):
    assert told([], today=AS_OF + timedelta(days=days))["stale"] is stale


def test_a_person_without_rows_has_empty_lists_and_zeros():
    found = told([], since=None)
    assert found["by_category"] == found["by_merchant"] == []
    assert found["cash"] == {"in": Decimal("0.00"), "out": Decimal("0.00"), "net": Decimal("0.00")}
