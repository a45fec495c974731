"""Spending: which rows are in a window, which are spent, and which only move money to an own account."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.statements.classes import Flow
from personas.signals import Kind, empty, measure
from personas.tests.people import AS_OF, CHECKING, Row, account, person, row, signals

SAVINGS, CARD = account(Kind.SAVINGS, "1.00"), account(Kind.CARD, "1.00", "100.00")


def spent(rows: list[Row], *accounts: Row, window: str = "30d", **more: Any) -> Decimal:
    return signals(person(rows, accounts or (CHECKING, SAVINGS, CARD), **more))[window]["spending.spend_total"]


def test_a_window_ends_on_its_day_and_holds_as_many_days_as_it_says():
    """as_of 06-30: 30 days from 06-01, 90 from 04-02, 180 from 01-02."""
    first = [("06-30", "-1"), ("06-01", "-10"), ("05-31", "-100"), ("04-02", "-1000"), ("04-01", "-10000")]
    rows = [row(on, amount) for on, amount in (*first, ("01-02", "-100000"), ("01-01", "-1000000"), ("07-01", "-5"))]
    measured = signals(person(rows))
    totals = [measured[window]["spending.spend_total"] for window in ("30d", "90d", "180d")]
    assert totals == [Decimal("11.00"), Decimal("1111.00"), Decimal("111111.00")]
    assert [measured[window]["spending.transaction_count"] for window in ("30d", "90d", "180d")] == [2, 4, 6]


@pytest.mark.parametrize("flow", list(Flow))
def test_everything_but_income_transfers_and_payments_is_spending(flow):
    is_spent = flow not in (Flow.INCOME, Flow.TRANSFER, Flow.PAYMENT)
    assert spent([row("06-10", "-9.00", flow=flow)]) == Decimal("9.00" if is_spent else "0.00")


def test_only_checking_and_cards_spend_and_refunds_give_nothing_back():
    rows = [row("06-10", "-1.00"), row("06-10", "-2.00", account="card"), row("06-10", "-4.00", account="savings")]
    rows += [row("06-11", "2.00", account="card"), row("06-12", "-8.00", account="loan")]
    assert spent(rows, CHECKING, SAVINGS, CARD, account(Kind.OTHER, name="loan")) == Decimal("3.00")


@pytest.mark.parametrize(("covered", "monthly"), [(12, ("90.00", "90.00", "90.00")), (80, ("90.00", "33.75", "33.75"))])
def test_a_short_history_is_scaled_by_the_days_it_covers(covered, monthly):
    """90.00 spent; D is 30 for 12 days, and 30 or 80 for 80."""
    measured = signals(person([row("06-20", "-90.00")], since=AS_OF - timedelta(days=covered - 1)))
    assert tuple(found["spending.monthly_spend"] for found in measured.values()) == tuple(map(Decimal, monthly))
    assert measured["30d"]["spending.days_covered"] == covered
    assert measured["30d"]["meta.partial_window"] is (covered < 30)
    assert measured["180d"]["meta.partial_window"] is True


def test_the_quarter_is_told_in_every_window_also_where_it_was_not_asked_for():
    frames = person([row("06-20", "-90.00"), row("04-20", "-90.00")])
    asked = measure(*frames, windows=(180, 30))
    assert asked["window"].to_list() == ["30d", "180d"]
    assert asked["spending.monthly_spend_90d"].to_list() == [Decimal("60.00")] * 2


@pytest.mark.parametrize("windows", [(), (0,), (30, 181)])
def test_a_window_that_cannot_be_measured_is_refused(windows):
    with pytest.raises(ValueError, match="1 to 180 days"):
        measure(*empty(), windows=windows)


def test_an_outflow_to_an_own_card_or_savings_account_is_no_spending():
    rows = [row("06-10", "-200.00", "Payee", Flow.UTILITIES), row("06-12", "200.00", "Thank you", Flow.OTHER, "card")]
    assert spent(rows) == Decimal("0.00")
    assert spent([rows[0], rows[1] | {"account_id": "savings"}]) == Decimal("0.00")
    assert spent([rows[0], rows[1] | {"account_id": "checking"}]) == Decimal("200.00")
    assert spent([rows[0], rows[1] | {"cents": 20_001}]) == Decimal("200.00")


@pytest.mark.parametrize(
    ("on", "is_spent"), [("06-07", "0.00"), ("06-13", "0.00"), ("06-06", "9.00"), ("06-14", "9.00")]
)
def test_the_mirror_lies_within_three_days_either_way(on, is_spent):
    assert spent([row("06-10", "-9.00"), row(on, "9.00", account="savings")]) == Decimal(is_spent)


@pytest.mark.parametrize(
    ("outflows", "left"),
    [
        ([("06-08", "a"), ("06-11", "b")], "a"),  # the nearer one
        ([("06-09", "a"), ("06-11", "b")], "b"),  # equally near: the earlier
        ([("06-09", "a"), ("06-09", "b")], "b"),  # of one day: the ledger's first
    ],
)
def test_an_inflow_marks_one_outflow(outflows, left):
    """+9.00 reaches savings on 06-10; of two outflows of 9.00 one stays spending."""
    rows = [row(on, "-9.00", merchant) for on, merchant in outflows]
    frames = person([*rows, row("06-10", "9.00", account="savings")], (CHECKING, SAVINGS))
    assert signals(frames)["30d"]["spending.spend_total"] == Decimal("9.00")
    charged = [row("05-10", "-9.00", left), row("04-10", "-9.00", left)]  # what is left still recurs
    again = person([*rows, *charged, row("06-10", "9.00", account="savings")], (CHECKING, SAVINGS))
    assert [one["name"] for one in signals(again)["30d"]["subscriptions.merchants"]] == [left]


def test_an_outflow_that_is_taken_leaves_the_next_nearest():
    """The inflow of 06-10 takes the outflow of 06-11, so that of 06-11 takes the one of 06-13."""
    rows = [row("06-11", "-9.00"), row("06-13", "-9.00")]
    assert spent([*rows, *(row(on, "9.00", account="savings") for on in ("06-10", "06-11"))]) == Decimal("0.00")


def _mirrored_one_by_one(outflows: list[int], inflows: list[int]) -> set[int]:
    taken: set[int] = set()
    for inflow in sorted(inflows):
        near = [n for n, out in enumerate(outflows) if n not in taken and abs(out - inflow) <= 3]
        if near:
            taken.add(min(near, key=lambda n: (abs(outflows[n] - inflow), n)))
    return taken


@settings(max_examples=60, deadline=None)
@given(outflows=st.lists(st.integers(0, 12), max_size=12), inflows=st.lists(st.integers(0, 12), max_size=12))
def test_choosing_all_at_once_is_choosing_one_after_another(outflows, inflows):
    """Equal amounts on crowded days; an outflow that is marked is no spending."""
    start = date(2025, 6, 5)
    outflows = sorted(outflows)
    rows = [row((start + timedelta(days=n)).isoformat(), "-9.00") for n in outflows]
    rows += [row((start + timedelta(days=n)).isoformat(), "9.00", account="savings") for n in inflows]
    left = len(outflows) - len(_mirrored_one_by_one(outflows, inflows))
    assert spent(rows, CHECKING, SAVINGS) == left * Decimal("9.00")
