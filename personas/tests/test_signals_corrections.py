"""Corrections: what a person says about a merchant or a row is laid over the classes."""

from decimal import Decimal
from typing import Any

from accounts.statements.classes import Flow
from personas.signals import Kind, measure
from personas.tests.people import CHECKING, Row, account, cents, day, person, row, signals, together

GYM = [row(on, "-30.00", "Corner Gym", Flow.SUBSCRIPTION) for on in ("04-10", "05-10", "06-09")]


def of_merchant(kind: str, merchant: str) -> Row:
    return {"kind": kind, "merchant_key": merchant, "account_id": None, "posted_on": None, "cents": None}


def of_row(kind: str, on: str, amount: str, account: str = "checking", merchant: str | None = None) -> Row:
    return {
        "kind": kind, "merchant_key": merchant, "account_id": account, "posted_on": day(on),
        "cents": cents(amount),
    }  # fmt: skip


def found(rows: list[Row], *corrections: Row, accounts: tuple[Row, ...] = (CHECKING,)) -> dict[str, Any]:
    return signals(person(rows, accounts, (), corrections))["30d"]


def test_a_merchant_that_is_no_subscription_is_no_candidate_but_still_spending():
    before, after = found(GYM), found(GYM, of_merchant("not_subscription", "corner gym"))
    assert (before["subscriptions.recurring_merchant_count"], before["spending.spend_total"]) == (1, Decimal("30.00"))
    assert (after["subscriptions.recurring_merchant_count"], after["spending.spend_total"]) == (0, Decimal("30.00"))
    assert (before["meta.corrections"], after["meta.corrections"]) == ([], ["c0"])


def test_a_merchant_or_one_row_that_is_no_income_is_no_deposit():
    rows = [row(on, "500.00", "Mum", Flow.INCOME) for on in ("05-10", "06-09", "06-09")]
    assert found(rows)["income.deposit_count"] == 3
    assert found(rows, of_merchant("not_income", "mum"))["income.deposit_count"] == 0
    assert found(rows, of_row("not_income", "06-09", "500.00"))["income.deposit_count"] == 2


def test_rows_that_are_no_income_do_not_help_a_payer_to_three():
    rows = [row(on, "500.00", "Client", categorised=False) for on in ("04-10", "05-10", "06-09")]
    assert found(rows)["income.deposit_count"] == 3
    assert found(rows, of_row("not_income", "06-09", "500.00"))["income.deposit_count"] == 0


def test_a_transfer_is_neither_spending_nor_income_nor_subscription():
    assert found(GYM, of_merchant("transfer", "corner gym"))["spending.spend_total"] == Decimal("0.00")
    one = found(GYM, of_row("transfer", "06-09", "-30.00"))
    assert one["spending.spend_total"] == Decimal("0.00")
    assert one["subscriptions.recurring_merchant_count"] == 0
    paid = [row("06-01", "500.00", "Mum", Flow.INCOME)]
    assert found(paid, of_merchant("transfer", "mum"))["income.deposit_count"] == 0


def test_a_transfer_counts_as_money_saved_where_that_is_inferred():
    held = (CHECKING, account(Kind.SAVINGS, "100.00"))
    assert found(GYM, accounts=held)["savings.net_savings_inflow"] == Decimal("0.00")
    corrected = found(GYM, of_merchant("transfer", "corner gym"), accounts=held)
    assert corrected["savings.net_savings_inflow"] == Decimal("30.00")


def test_a_row_is_the_first_of_its_account_day_and_amount_and_of_its_merchant_where_one_is_named():
    rows = [row("06-09", "-30.00", "A"), row("06-09", "-30.00", "B", Flow.FUEL), row("06-09", "-30.00", account="x")]
    assert found(rows, of_row("transfer", "06-09", "-30.00"))["spending.spend_total"] == Decimal("30.00")
    named = found(rows, of_row("transfer", "06-09", "-30.00", merchant="b"))
    assert named["spending.spend_total"] == Decimal("30.00")
    both = found(rows, *(of_row("transfer", "06-09", "-30.00", merchant=name) for name in ("a", "b")))
    assert both["spending.spend_total"] == Decimal("0.00")
    assert found(rows, of_row("transfer", "06-09", "-30.01"))["spending.spend_total"] == Decimal("60.00")
    assert found(rows, of_row("transfer", "06-10", "-30.00"))["spending.spend_total"] == Decimal("60.00")


def test_a_correction_that_finds_nothing_is_in_force_and_changes_nothing():
    assert found(GYM, of_merchant("not_subscription", "elsewhere"))["subscriptions.recurring_merchant_count"] == 1


def test_the_corrections_of_one_person_are_not_laid_over_another():
    corrected = person(GYM, corrections=[of_merchant("not_subscription", "corner gym")], user_id="a")
    both = together(corrected, person(GYM, user_id="b"))
    counts = measure(*both).filter(window="30d")["subscriptions.recurring_merchant_count"].to_list()
    assert counts == [0, 1]


def test_several_corrections_hold_together():
    rows = [*GYM, *(row(on, "500.00", "Mum", Flow.INCOME) for on in ("05-10", "06-09"))]
    measured = found(rows, of_merchant("not_subscription", "corner gym"), of_merchant("not_income", "mum"))
    assert measured["subscriptions.recurring_merchant_count"] == measured["income.deposit_count"] == 0
    assert measured["meta.corrections"] == ["c0", "c1"]
