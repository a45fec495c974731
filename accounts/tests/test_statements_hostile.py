"""Hostile files: an answer in time, never an exception, and a report that stays small."""

import random
import time
from datetime import date
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.statements import Options, Severity, Statement, parse
from accounts.statements.problems import KEPT, SHOWN, shown

HEADER = "account_id,date,amount,merchant_name\n"
MEGABYTES_10 = 10_485_760
GOOD = (
    HEADER + 'a,2025-01-05,-3.50,"Corner, Shop"\na,2025-01-06,1500.00,ACME Payroll\n,,,Total\n'
    "account_id,apr_percentage,last_payment_date\na,24.99,2025-01-02\n"
).encode()
GOOD_JSON = (
    b'{"accounts":[{"account_id":"a","type":"credit","subtype":"credit card","balances":{"current":-5.5,'
    b'"limit":100},"iso_currency_code":"USD"}],"transactions":[{"account_id":"a","date":"2025-01-05","amount":1e1,"pending":true,'
    b'"personal_finance_category":{"primary":"A","detailed":null}}],"liabilities":{"credit":[{"account_id":"a","aprs":[]}]}}'
)


def read(data: bytes, file_type: Literal["json", "csv"] = "csv") -> Statement:
    return parse(data, Options(file_type=file_type, today=date(2025, 6, 1), account_key=b"key"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x" * MEGABYTES_10, "HEADER_NOT_FOUND"),
        ("," * MEGABYTES_10, "TOO_MANY_COLUMNS"),
        (HEADER + "," * 10_000_000, "TEXT_TOO_LONG"),
        (HEADER + '"' * 10_000_000, "TEXT_TOO_LONG"),
        (HEADER + "\n" * 10_000_000, "TOO_MANY_ROWS"),
        (HEADER + "1\n" * 900_000, "TOO_MANY_ROWS"),
        (HEADER + "a,2025-01-05,1," + "x" * 200_000 + "\n", "TEXT_TOO_LONG"),
        (HEADER + "a,2025-01-05,1E+9999999,x\n", "AMOUNT_INVALID"),
        (HEADER + 'a,2025-01-05,1,"x\n' * 100_000, "QUOTE_UNTERMINATED"),
        (HEADER + "account_id amount,2025-02-30,1,x\n" * 150_000, "DATE_INVALID"),
    ],
    ids=[
        "line",
        "columns",
        "cells",
        "quotes",
        "blanks",
        "stubs",
        "cell",
        "exponent",
        "open quotes",
        "header words",
    ],
)
def test_a_hostile_csv_is_answered_in_time(text: str, code: str) -> None:
    started = time.monotonic()
    statement = read(text.encode())
    assert time.monotonic() - started < 5
    assert code in [problem.code for problem in statement.problems]
    assert not statement.ok
    assert len(statement.problems) <= KEPT


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * MEGABYTES_10, "JSON_TOO_DEEP"),
        ('{"x":[' + "1," * 5_000_000 + "1]}", "TOO_MANY_ROWS"),
        ('{"x":[' + "[]," * 3_000_000 + "1]}", "TOO_MANY_ROWS"),
        ('"' * MEGABYTES_10, "JSON_INVALID"),
        ('"' + "\\" * 9_999_998, "JSON_INVALID"),
        ('{"transactions":[' + "{}," * 150_000 + "{}]}", "REQUIRED"),
        ('{"transactions":[{"amount":' + "9" * 10_000_000 + "}]}", "AMOUNT_INVALID"),
        ('{"transactions":[' + "7," * 150_000 + "7]}", "TYPE"),
    ],
    ids=["brackets", "numbers", "lists", "quotes", "backslashes", "empty rows", "digits", "no rows"],
)
def test_a_hostile_document_is_answered_in_time(text: str, code: str) -> None:
    started = time.monotonic()
    statement = read(text.encode(), "json")
    assert time.monotonic() - started < 5
    assert code in [problem.code for problem in statement.problems]
    assert len(statement.problems) <= KEPT


def test_totals_stay_true_when_the_report_is_cut() -> None:
    statement = read((HEADER + "a,2025-01-05,twelve,x\n" * 1500 + "a,2025-01-05,0,x\n").encode())
    assert (statement.errors_total, statement.warnings_total, statement.truncated) == (1500, 3, True)
    assert len(statement.problems) == KEPT
    assert {problem.severity for problem in statement.problems} == {Severity.ERROR}
    assert [problem.line for problem in statement.problems] == list(range(2, 1002))
    assert (statement.counts["transactions_valid"], statement.counts["transactions_invalid"]) == (1, 1500)


def test_errors_stand_before_warnings_and_then_by_line() -> None:
    statement = read((HEADER + "a,2025-01-05,0,x\na,2025-01-05,x,x\n,2025-01-05,1,x\na,2025-01-05,1,x\n").encode())
    assert [(problem.code, problem.line) for problem in statement.problems if problem.line] == [
        ("AMOUNT_INVALID", 3),
        ("REQUIRED", 4),
        ("ACCOUNT_CREATED", 2),
        ("AMOUNT_ZERO", 2),
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("IBAN 123456789", "IBAN …6789"), ("12345678", "12345678"), ("a\0\u202eb", "a��b"), (None, None)],
)
def test_a_shown_value_is_printable_and_masked(value: str | None, expected: str | None) -> None:
    assert shown(value) == expected


def test_a_shown_value_is_short() -> None:
    assert len(shown("x" * 1000) or "") == SHOWN


@given(st.binary(max_size=200), st.sampled_from(["csv", "json"]))
@settings(max_examples=150, deadline=None)
def test_no_bytes_raise(data: bytes, file_type: Literal["json", "csv"]) -> None:
    assert isinstance(read(data, file_type).report(), dict)


@given(st.randoms(use_true_random=False), st.integers(1, 6))
@settings(max_examples=150, deadline=None)
def test_no_damaged_file_raises(chance: random.Random, wounds: int) -> None:
    file_type: Literal["json", "csv"] = chance.choice(["csv", "json"])
    data = bytearray(GOOD if file_type == "csv" else GOOD_JSON)
    for _ in range(wounds):
        place = chance.randrange(len(data))
        data[place : place + chance.randrange(4)] = chance.choice(
            [b"", b'"', b",", b"\n", b"\xc3", b"9" * 40, b"null", b"\\", b"-"]
        )
    statement = read(bytes(data), file_type)
    assert statement.ok == (statement.errors_total == 0)
    for kind in ("accounts", "transactions", "liabilities"):
        valid, invalid = statement.counts[f"{kind}_valid"], statement.counts[f"{kind}_invalid"]
        assert statement.counts[f"{kind}_processed"] == int(str(valid)) + int(str(invalid))
        assert getattr(statement, kind).height == valid
