"""JSON files: shape, types, the vendor's liabilities, and numbers as written."""

import json
from datetime import date
from typing import Any

import pytest

from accounts.statements import KnownAccount, Options, Severity, Statement, parse

ACCOUNT: dict[str, Any] = {
    "account_id": "a",
    "type": "depository",
    "subtype": "checking",
    "balances": {"current": 100.5, "available": None, "iso_currency_code": "EUR"},
    "mask": "123456",
}
ROW: dict[str, Any] = {"transaction_id": "t", "account_id": "a", "date": "2025-01-05", "amount": -1}


def read_text(text: str | bytes, known: tuple[KnownAccount, ...] = ()) -> Statement:
    data = text.encode() if isinstance(text, str) else text
    return parse(data, Options(file_type="json", today=date(2025, 6, 1), account_key=b"key"), known)


def read(*rows: dict[str, Any], **lists: Any) -> Statement:
    transactions = [{**ROW, "transaction_id": f"t{n}", **row} for n, row in enumerate(rows)]
    return read_text(json.dumps({"accounts": [ACCOUNT], "transactions": transactions, **lists}))


def codes(statement: Statement) -> list[tuple[str, str | None, int | None]]:
    return [(p.code, p.field, p.line) for p in statement.problems if p.severity is Severity.ERROR]


def test_a_whole_file_is_read_and_its_report_is_complete() -> None:
    """A salary of 1500 (negative: money in, as the vendor writes it) and a coffee."""
    statement = read(
        {"amount": -1500, "personal_finance_category": {"primary": "INCOME", "detailed": "INCOME_WAGES"}},
        {
            "amount": 3.505,
            "merchant_name": None,
            "name": "Cafe",
            "personal_finance_category": "Food & Drink/Coffee",
        },
        liabilities=[{"account_id": "a", "apr_percentage": 24.99, "is_overdue": None, "last_payment_amount": 10.005}],
        upload_timestamp="2025-06-01T00:00:00Z",
        user_id="somebody else",
        role="admin",
    )
    assert statement.problems == ()
    assert statement.upload_timestamp == "2025-06-01T00:00:00Z"
    assert statement.transactions.select("external_id", "cents", "merchant", "iso_currency_code", "flow").rows() == [
        ("t0", 150000, "Unknown", "EUR", "income"),
        ("t1", -351, "Cafe", "EUR", "dining"),
    ]
    assert statement.accounts.select("mask", "balance_cents", "available_cents").rows() == [("3456", 10050, None)]
    assert statement.liabilities["last_payment_cents"].item() == 1001
    report = statement.report()
    assert json.loads(json.dumps(report)) == report
    assert report["detected"] == {
        "layout": "json",
        "sections": {"A": 1, "T": 1, "L": 1},
        "delimiter": None,
        "preamble_lines": 0,
        "preamble": [],
        "unknown_keys": 1,
        "encoding": "utf-8",
        "date_format": "YYYY-MM-DD",
        "decimal_mark": ".",
        "sign_policy": "plaid",
        "sign_evidence": {"income_positive": 0, "income_negative": 1, "negative_rows": 1},
    }
    assert report["summary"] == {
        "accounts_processed": 1,
        "accounts_valid": 1,
        "accounts_invalid": 0,
        "transactions_processed": 2,
        "transactions_valid": 2,
        "transactions_invalid": 0,
        "liabilities_processed": 1,
        "liabilities_valid": 1,
        "liabilities_invalid": 0,
        "pending": 0,
        "first_date": "2025-01-05",
        "last_date": "2025-01-05",
    }


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"transaction_id": 5}, ("ID_TYPE", "transaction_id", 1)),
        ({"account_id": 5}, ("ID_TYPE", "account_id", 1)),
        ({"account_id": "foreign"}, ("UNKNOWN_ACCOUNT", "account_id", 1)),
        ({"account_id": None}, ("REQUIRED", "account_id", 1)),
        ({"transaction_id": "x" * 129}, ("TEXT_TOO_LONG", "transaction_id", 1)),
        ({"date": None}, ("REQUIRED", "date", 1)),
        ({"date": 20250105}, ("TYPE", "date", 1)),
        ({"date": "0001-01-01"}, ("DATE_TOO_OLD", "date", 1)),
        ({"amount": None}, ("REQUIRED", "amount", 1)),
        ({"amount": True}, ("TYPE", "amount", 1)),
        ({"amount": "twelve"}, ("AMOUNT_INVALID", "amount", 1)),
        ({"amount": 10_000_000_000}, ("AMOUNT_OUT_OF_RANGE", "amount", 1)),
        ({"pending": "maybe"}, ("ENUM", "pending", 1)),
        ({"iso_currency_code": "usd"}, ("CURRENCY", "iso_currency_code", 1)),
        ({"merchant_name": "x" * 1001}, ("TEXT_TOO_LONG", "merchant", 1)),
        ({"merchant_name": "half \ud800"}, ("TEXT_CHARACTER", "merchant_name", 1)),
        ({"merchant_name": "a\u0000b"}, ("TEXT_CHARACTER", "merchant_name", 1)),
        ({"personal_finance_category": ["Food"]}, ("TYPE", "personal_finance_category", 1)),
        ({"personal_finance_category": "x" * 101}, ("TEXT_TOO_LONG", "category_primary", 1)),
    ],
)
def test_a_bad_field_is_one_problem_at_its_position(row: dict[str, Any], problem: tuple[str, str, int]) -> None:
    statement = read(row, {})
    assert codes(statement) == [problem]
    assert (statement.counts["transactions_valid"], statement.counts["transactions_invalid"]) == (1, 1)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"type": "piggy bank"}, ("ENUM", "type", 1)),
        ({"subtype": "mortgage"}, ("ENUM", "subtype", 1)),
        ({"balances": {}}, ("REQUIRED", "current", 1)),
        ({"balances": 5}, ("TYPE", "current", 1)),
        ({"balances": {"current": "x"}}, ("AMOUNT_INVALID", "current", 1)),
        ({"iso_currency_code": "EURO"}, ("CURRENCY", "iso_currency_code", 1)),
        ({"holder_category": "business"}, ("HOLDER", "holder_category", 1)),
        ({"account_id": 5}, ("ID_TYPE", "account_id", 1)),
    ],
)
def test_a_bad_account_is_one_problem(change: dict[str, Any], problem: tuple[str, str, int]) -> None:
    balances = {"balances": {"current": 1}, "iso_currency_code": "EUR"}
    assert codes(read(accounts=[{**ACCOUNT, **balances, **change}])) == [problem]


def test_ids_are_unique_in_a_file() -> None:
    statement = read({"transaction_id": "x"}, {"transaction_id": "x"}, accounts=[ACCOUNT, ACCOUNT])
    assert codes(statement) == [("DUPLICATE_ID", "account_id", 2), ("DUPLICATE_ID", "transaction_id", 2)]


def test_unused_account_kinds_are_stored_and_told() -> None:
    statement = read(accounts=[{**ACCOUNT, "type": "investment", "subtype": "401k"}])
    assert statement.accounts.select("type", "subtype").rows() == [("investment", "401k")]
    assert [problem.code for problem in statement.problems] == ["ACCOUNT_UNUSED"]


def test_sizes_and_days_that_look_wrong_are_warnings() -> None:
    statement = read(
        {"amount": 0},
        {"amount": -1_000_000.01},
        {"date": "2026-06-02"},
        {"merchant_name": "x" * 256},
        accounts=[{**ACCOUNT, "balances": {"current": 10_000_000.01}, "iso_currency_code": "EUR"}],
        liabilities=[{"account_id": "a", "apr_percentage": 100.5}],
    )
    found = [(problem.code, problem.line) for problem in statement.problems if problem.line]
    assert found == [
        ("BALANCE_LARGE", 1),
        ("AMOUNT_ZERO", 1),
        ("APR_RANGE", 1),
        ("AMOUNT_LARGE", 2),
        ("DATE_FUTURE", 3),
        ("TEXT_TRUNCATED", 4),
    ]
    assert statement.ok
    assert statement.transactions["merchant"][3] == "x" * 255


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e400", "1E+9999999", "1" * 33, "1e10"])
def test_numbers_that_no_bank_writes_are_refused(number: str) -> None:
    text = json.dumps({"accounts": [ACCOUNT], "transactions": [{**ROW, "amount": "HERE"}]})
    assert codes(read_text(text.replace('"HERE"', number))) == [("AMOUNT_INVALID", "amount", 1)]


def test_numbers_are_read_as_written_and_noise_is_rounded_away() -> None:
    statement = read({"amount": "-12.30"}, {"amount": -935.0000000000001}, {"amount": -1e2})
    assert statement.transactions["cents"].to_list() == [-1230, -93500, -10000]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[]", "JSON_SHAPE"),
        ('"text"', "JSON_SHAPE"),
        ("null", "JSON_SHAPE"),
        ('{"accounts": null}', "JSON_SHAPE"),
        ('{"liabilities": {"credit": 5}}', "JSON_SHAPE"),
        ("{} {}", "JSON_INVALID"),
        ("{} trailing", "JSON_INVALID"),
        ('{"accounts": [', "JSON_INVALID"),
        ("{}", "NO_ROWS"),
        ("[" * 100_000 + "]" * 100_000, "JSON_TOO_DEEP"),
        ('{"a":' * 100_000, "JSON_TOO_DEEP"),
        ('{"accounts": [], "accounts": []}', "JSON_DUPLICATE_KEY"),
        ("", "EMPTY_FILE"),
        ('{"a": "\0"}', "NUL_BYTE"),
    ],
)
def test_a_document_that_is_no_statement_says_why(text: str, code: str) -> None:
    assert codes(read_text(text))[0][0] == code


@pytest.mark.parametrize(("levels", "deep"), [(20, False), (21, True)])
def test_twenty_levels_are_allowed_and_brackets_in_text_are_none(levels: int, deep: bool) -> None:
    nested = "[" * (levels - 1) + '"[[[\\"{{"' + "]" * (levels - 1)
    statement = read_text(f'{{"x": {nested}}}')
    assert ("JSON_TOO_DEEP" in [problem.code for problem in statement.problems]) is deep


def test_a_key_twice_in_a_row_is_named() -> None:
    text = '{"transactions": [{"account_id": "a", "date": "2025-01-05", "amount": 1, "amount": 2}]}'
    statement = read_text(text, (KnownAccount("a", "depository", "EUR"),))
    assert codes(statement) == [("JSON_DUPLICATE_KEY", "amount", None)]


def test_entries_that_are_no_objects_are_counted() -> None:
    statement = read_text(json.dumps({"accounts": [ACCOUNT, 5, None]}))
    assert codes(statement) == [("TYPE", "row", 2), ("TYPE", "row", 3)]
    assert statement.counts["accounts_processed"] == 3


def test_the_vendor_shape_of_liabilities_is_read() -> None:
    known = tuple(KnownAccount(name, "loan", "USD") for name in "bc")
    vendor = {
        "credit": [
            {
                "account_id": "a",
                "aprs": [
                    {"apr_type": "cash_apr", "apr_percentage": 30},
                    {"apr_type": "purchase_apr", "apr_percentage": 24.99},
                ],
            }
        ],
        "mortgage": [{"account_id": "b", "interest_rate": {"percentage": 3.99, "type": "fixed"}}],
        "student": [{"account_id": "c", "interest_rate_percentage": 5.25}],
    }
    statement = read_text(json.dumps({"accounts": [ACCOUNT], "liabilities": vendor}), known)
    rates = statement.liabilities.select("account_external_id", "apr_percentage", "interest_rate").rows()
    assert [tuple(str(cell) for cell in row) for row in rates] == [
        ("a", "24.9900", "None"),
        ("b", "None", "3.9900"),
        ("c", "None", "5.2500"),
    ]
    assert statement.ok


def test_utf16_with_a_byte_order_mark_is_read() -> None:
    assert read_text(json.dumps({"accounts": [ACCOUNT]}).encode("utf-16")).ok


def test_the_row_a_posted_row_replaces_is_named() -> None:
    row = read({"pending_transaction_id": "p1", "pending": False}).transactions.row(0, named=True)
    assert row["pending_external_id"] == "p1"
