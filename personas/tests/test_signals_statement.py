"""From a parsed statement to frames: used rows, the main currency, kinds of accounts, and the day it speaks of."""

import json
from datetime import date
from typing import Any

import pytest

from accounts.statements import Options, parse
from personas.signals import Frames, Kind, from_statement

TODAY = date(2025, 7, 4)


def frames(
    *rows: dict[str, Any], accounts: list[dict[str, Any]] | None = None, as_of: date | None = None, **more: Any
) -> Frames:
    listed = accounts or [
        {"account_id": "main", "type": "depository", "subtype": "checking", "iso_currency_code": "USD"}
    ]
    balances = {"current": 1, "available": None, "limit": None}
    content = {
        "accounts": [{"balances": balances} | one for one in listed],
        "transactions": [
            {"transaction_id": f"t{n}", "account_id": "main", "amount": -1.5, "merchant_name": "Somewhere"} | one
            for n, one in enumerate(rows)
        ],
    } | more
    options = Options(file_type="json", today=TODAY, account_key=b"k", sign_policy="inflow_positive")
    statement = parse(json.dumps(content).encode(), options)
    assert statement.ok, statement.report()
    return from_statement(statement, today=TODAY, as_of=as_of)


def test_the_day_is_that_of_the_newest_posted_row_that_is_not_ahead():
    rows = [{"date": "2025-07-01"}, {"date": "2025-07-03", "pending": True}, {"date": "2025-07-05"}]
    people = frames(*rows).people.row(0, named=True)
    assert (people["as_of"], people["first_posted_on"]) == (date(2025, 7, 1), date(2025, 7, 1))
    assert (people["pending_excluded"], people["future_excluded"]) == (1, 1)


def test_without_a_posted_row_the_day_is_today_and_another_may_be_asked_for():
    assert frames({"date": "2025-07-03", "pending": True}).people["as_of"].item() == TODAY
    asked = frames({"date": "2025-07-01"}, {"date": "2025-06-01"}, as_of=date(2025, 6, 30))
    assert asked.people["as_of"].item() == date(2025, 6, 30)
    assert asked.transactions["posted_on"].to_list() == [date(2025, 6, 1)]


def test_the_main_currency_is_that_of_most_posted_rows_and_of_equals_the_first_in_the_alphabet():
    accounts = [
        {"account_id": name, "type": "depository", "subtype": "checking", "iso_currency_code": code}
        for name, code in (("main", "USD"), ("eu", "EUR"))
    ]
    euro = {"date": "2025-06-01", "account_id": "eu", "iso_currency_code": "EUR"}
    equal = frames({"date": "2025-06-02"}, euro, accounts=accounts)
    assert equal.people["currency"].item() == "EUR"
    assert equal.people["other_currency_excluded"].item() == 1
    assert equal.accounts["account_id"].to_list() == equal.transactions["account_id"].to_list() == ["eu"]
    most = frames({"date": "2025-06-02"}, {"date": "2025-06-03"}, euro, accounts=accounts)
    assert most.people["currency"].item() == "USD"


@pytest.mark.parametrize(
    ("type_", "subtype", "kind"),
    [
        ("depository", "checking", Kind.CHECKING), ("depository", "prepaid", Kind.CHECKING),
        ("depository", "cash_management", Kind.CHECKING), ("depository", "savings", Kind.SAVINGS),
        ("depository", "high_yield_savings", Kind.SAVINGS), ("depository", "money_market", Kind.SAVINGS),
        ("depository", "cd", Kind.SAVINGS), ("depository", "hsa", Kind.HSA), ("credit", "credit_card", Kind.CARD),
        ("loan", "mortgage", Kind.OTHER), ("investment", "brokerage", Kind.OTHER),
    ],
)  # fmt: skip
def test_the_kind_of_an_account(type_, subtype, kind):
    listed = [{"account_id": "main", "type": type_, "subtype": subtype, "iso_currency_code": "USD"}]
    assert frames({"date": "2025-06-02"}, accounts=listed).accounts["kind"].to_list() == [kind.value]


def test_rows_are_those_of_180_days_and_older_ones_still_show_that_an_account_has_a_ledger():
    found = frames({"date": "2025-06-30"}, {"date": "2025-01-02"}, {"date": "2025-01-01"}, as_of=date(2025, 6, 30))
    assert found.transactions["posted_on"].to_list() == [date(2025, 1, 2), date(2025, 6, 30)]
    old = frames({"date": "2024-01-01"}, as_of=date(2025, 6, 30))
    assert old.transactions.height == 0
    assert old.accounts["has_ledger"].to_list() == [True]
    assert old.people["first_posted_on"].item() == date(2024, 1, 1)


def test_the_ledger_stands_by_day_and_then_by_the_id_of_the_row():
    rows = [{"date": "2025-06-02", "transaction_id": name, "merchant_name": name} for name in ("b", "a")]
    found = frames(*rows, {"date": "2025-06-01", "merchant_name": "c"}).transactions
    assert found.sort("ordinal")["merchant"].to_list() == ["c", "a", "b"]


def test_a_merchant_is_known_by_its_entity_and_a_row_by_its_category():
    category = {"primary": "BANK_FEES", "detailed": "BANK_FEES_INTEREST_CHARGE"}
    rows = [
        {"date": "2025-06-01", "merchant_entity_id": "e1", "personal_finance_category": category},
        {"date": "2025-06-02", "personal_finance_category": {"primary": "TRAVEL", "detailed": None}},
        {"date": "2025-06-03"},
    ]
    found = frames(*rows).transactions
    assert found["merchant_key"].to_list() == ["e1", "somewhere", "somewhere"]
    assert found["interest_code"].to_list() == [True, False, False]
    assert found["categorised"].to_list() == [True, True, False]
