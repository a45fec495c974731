"""What a measurement says of itself: categories, gaps, exclusions, and the edge cases of an empty life."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from accounts.statements.classes import Flow
from personas.catalogue import CATALOGUE, Type
from personas.signals import Kind, as_object, empty, measure, no_signals
from personas.tests.people import AS_OF, CHECKING, account, person, row, signals, together

CARD, SAVINGS, LOAN = account(Kind.CARD), account(Kind.SAVINGS), account(Kind.OTHER, name="loan")


def meta(*args: Any, window: str = "30d", **more: Any) -> dict[str, Any]:
    return as_object(signals(person(*args, **more))[window])["meta"]


def test_a_window_knows_its_days():
    told = meta(window="90d")
    assert (told["window"], told["window_start"], told["as_of"]) == ("90d", AS_OF - timedelta(days=89), AS_OF)
    assert (told["currency"], told["algorithm_version"], told["corrections"]) == ("USD", "signals-1", [])


@pytest.mark.parametrize(
    ("accounts", "rows", "present", "nothing"),
    [
        ([CHECKING], [], ["income"], False),
        ([CARD], [], ["credit"], False),
        ([SAVINGS], [], ["savings"], True),
        ([LOAN], [], [], True),
        ([], [], [], True),
        ([SAVINGS], [row("06-01", "9.00", flow=Flow.INCOME, account="savings")],
         ["income", "savings", "subscriptions"], False),
        ([SAVINGS], [row("04-01", "9.00", account="savings")], ["savings"], True),
        ([CARD, CHECKING, SAVINGS], [row("04-02", "-1.00")],
         ["credit", "income", "savings", "subscriptions"], False),
    ],
)  # fmt: skip
def test_the_categories_that_are_present(accounts, rows, present, nothing):
    found = signals(person(rows, accounts))["30d"]
    assert found["meta.categories_present"] == present
    assert no_signals(found) is nothing


@pytest.mark.parametrize(
    ("accounts", "rows", "count"),
    [
        ([], [], 0),
        ([account(Kind.CARD, "1.00", "2.00")], [], 1),
        ([CARD], [], 0),
        ([account(Kind.SAVINGS, "1.00")], [], 1),
        ([account(Kind.SAVINGS, "-1.00")], [], 0),
        ([SAVINGS], [row("06-01", "-1.00", account="savings")], 1),
        ([CHECKING], [row(on, "9.00", flow=Flow.INCOME) for on in ("06-01", "06-02")], 1),
        ([CHECKING], [row(on, "-9.00") for on in ("04-10", "05-10", "06-10")], 1),
    ],
)
def test_the_behaviors_that_are_detected(accounts, rows, count):
    assert meta(rows, accounts)["behaviors_detected"] == count


def test_every_gap_in_its_order_with_its_sentence():
    paid = [row("06-20", "9.00", flow=Flow.INCOME)]
    told = meta(paid, [CARD, CHECKING, SAVINGS], since=AS_OF - timedelta(days=11))
    assert told["not_enough"] == [
        {"category": category, "reason": reason, "sentence": sentence}
        for category, reason, sentence in (
            ("credit", "no_limit_or_balance", "No card has a known balance and limit."),
            ("income", "few_paydays", "Two paydays are needed to see a rhythm; 1 known."),
            ("savings", "no_balance", "No savings balance is known."),
            ("subscriptions", "short_history", "Three monthly charges need about 60 days of rows; 12 covered."),
            ("spending", "short_history", "12 of 30 days are covered; amounts are scaled to a month."),
        )
    ]


@pytest.mark.parametrize(
    ("covered", "window", "reasons"),
    [(59, "30d", ["subscriptions"]), (60, "30d", []), (89, "90d", ["spending"]), (90, "90d", [])],
)
def test_a_history_is_short_for_what_asks_for_more(covered, window, reasons):
    held = [account(Kind.CARD, "1.00", "9.00"), account(Kind.SAVINGS, "1.00")]
    told = meta([], held, since=AS_OF - timedelta(days=covered - 1), window=window)
    assert [gap["category"] for gap in told["not_enough"]] == reasons


def test_accounts_without_rows_are_measured_by_their_balances():
    """Section 8: counts 0; gap, buffer and fund null."""
    held = [CHECKING, account(Kind.SAVINGS, "500.00"), account(Kind.CARD, "680.00", "1000.00")]
    found = signals(person([], held, since=None))["180d"]
    assert found["credit.any_card_high_util"] is True
    assert found["income.checking_balance"] == Decimal("1200.00")
    assert found["income.median_pay_gap_days"] is found["income.cash_flow_buffer_months"] is None
    assert found["savings.emergency_fund_months"] is None
    assert (found["savings.inferred"], found["savings.savings_growth_rate_pct"]) == (True, Decimal("0.00"))
    assert found["spending.days_covered"] == found["subscriptions.recurring_merchant_count"] == 0


def test_what_was_left_out_is_counted():
    counted = {"pending_excluded": 2, "future_excluded": 3, "other_currency_excluded": 4}
    frames = person()
    people = frames.people.with_columns(**{name: pl.lit(n, dtype=pl.Int64) for name, n in counted.items()})
    told = as_object(signals(frames._replace(people=people))["30d"])["meta"]
    assert {name: told[name] for name in counted} == counted
    assert {name: meta()[name] for name in counted} == dict.fromkeys(counted, 0)


def test_everybody_has_one_row_for_each_window_in_their_order():
    two = together(person(user_id="zoe"), person(accounts=(), since=None, user_id="adam"))
    assert measure(*two).select("user_id", "window").rows() == [
        (name, window) for name in ("zoe", "adam") for window in ("30d", "90d", "180d")
    ]


def test_nobody_at_all_is_an_empty_frame_of_the_same_columns():
    nobody, somebody = measure(*empty()), measure(*person())
    assert nobody.height == 0
    assert nobody.columns == somebody.columns


def test_every_signal_of_the_catalogue_is_measured_with_its_type_and_nothing_else():
    found = measure(*person([row("06-01", "-9.00")], [CHECKING, CARD, SAVINGS]))
    types = {Type.FLAG: pl.Boolean, Type.WORD: pl.String, Type.DATE: pl.Date, Type.INT: pl.Int64}
    for path, signal in CATALOGUE.items():
        places = signal.type.places
        expected = types[signal.type] if places is None else pl.Decimal(18, places)
        assert found.schema[path] == expected, path
    lists = {"credit.cards", "subscriptions.merchants"}
    assert {name for name in found.columns if "." in name and not name.startswith("meta.")} == {*CATALOGUE, *lists}


def test_only_what_the_catalogue_calls_nullable_is_ever_missing():
    nothing = measure(*person(accounts=(), since=None))
    missing = {path for path in CATALOGUE if nothing[path].null_count()}
    assert missing == {path for path, signal in CATALOGUE.items() if signal.nullable}


def test_three_thousand_merchants_and_an_enormous_amount_do_not_overflow():
    """9,999,999,999.99 is the largest amount that the table holds."""
    rows = [row("06-10", "-9999999999.99", f"m{n}") for n in range(3000)]
    found = signals(person(rows, [account(Kind.SAVINGS, "9999999999.99"), CHECKING]))["30d"]
    assert found["spending.spend_total"] == Decimal("9999999999.99") * 3000
