"""Amounts: every way of writing one, exactly, and what is none."""

from decimal import ROUND_HALF_UP, Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.statements.amounts import decimal_mark, read, read_numbers, written


def cents(*cells: str | None, mark: str = ".") -> list[int | None]:
    return read(pl.Series(cells, dtype=pl.String), mark)["units"].to_list()


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("0.005", 1),
        ("-0.005", -1),
        ("10.999", 1100),
        ("935.0000000000001", 93500),
        ("7", 700),
        (".5", 50),
        ("(5.00)", -500),
        ("5.00-", -500),
        ("\u22125", -500),
        ("5 DR", -500),
        ("5 CR", 500),
        ("+3", 300),
        ("$1,234.56", 123456),
        ("-£5", -500),
        ("£-5", -500),
        ("5.00 EUR", 500),
        ("EUR 5.00", 500),
        ("(£5.00)", -500),
        ("+ £1,100.00", 110000),
        ("5.00€-", -500),
        ("1'234.50", 123450),
        ("1 234.50", 123450),
        ("1\u00a0234.50", 123450),
        ("1\u202f234.50", 123450),
        ("000000000000000000001.00", 100),
        ("1,234", 123400),
        ("  12.30\u00a0", 1230),
        ("-0", 0),
    ],
)
def test_an_amount_is_read_in_every_way_of_writing_it(cell: str, expected: int) -> None:
    assert cents(cell, "x") == [expected, None]


@pytest.mark.parametrize(
    "cell",
    [
        "1.2.3",
        "12%",
        "0x1F",
        "1_000",
        "٣",
        "twelve",
        "NaN",
        "Infinity",
        "1e3",
        "1E+9999999",
        "1e400",
        "-",
        "()",
        "$",
        "-5-",
        "(-5)",
        "(5",
        "5)",
        "+5 DR",
        "1,23,456.00",
        "1,2345",
        "--5",
        "5 5",
        "USD 5 EUR",
        "5.",
        "9" * 65,
    ],
)
def test_what_is_no_amount_is_null(cell: str) -> None:
    assert cents(cell, "1.00") == [None, 100]


def test_a_comma_may_be_the_mark() -> None:
    assert cents("1.234,56", "-2,56", "0,5", "1.234", "1,2,3", mark=",") == [123456, -256, 50, 123400, None]


def test_thirty_digits_are_too_large_and_not_unreadable() -> None:
    (value,) = cents("1" * 30, mark=",")
    assert value is not None and value >= 10**12


@pytest.mark.parametrize(
    ("cells", "delimiter", "mark"),
    [
        (["1.234,56", "7.000"], ",", ","),
        (["1,234.56", "7,000"], ";", "."),
        (["12,5"], ",", ","),
        (["12,3456"], ",", ","),
        (["12.50"], ";", "."),
        (["1.234.567"], ",", ","),
        (["1,234"], ",", "."),
        (["1.234"], ";", ","),
        ([], ",", "."),
        (["5", None], ";", ","),
    ],
)
def test_the_cells_decide_the_decimal_mark(cells: list[str | None], delimiter: str, mark: str) -> None:
    assert decimal_mark([pl.Series(cells, dtype=pl.String)], delimiter) == mark


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("12.5", 1250),
        ("1e2", 10000),
        ("1E-2", 1),
        ("-0", 0),
        ("1e9", 10**11),
        ("1e-20", 0),
        ("935.0000000000001", 93500),
        ("NaN", None),
        ("Infinity", None),
        ("1e10", None),
        ("1e-21", None),
        ("1E+9999999", None),
        ("1e400", None),
        ("1" * 33, None),
        ("1,5", None),
        ("0x1F", None),
        ("1_000", None),
        ("01", None),
        ("+1", None),
    ],
)
def test_json_numbers_have_one_grammar(number: str, expected: int | None) -> None:
    assert read_numbers(pl.Series([number, "1"]))["units"].to_list() == [expected, 100]


money = st.decimals(min_value=-(10**9), max_value=10**9, allow_nan=False, allow_infinity=False, places=5)


@given(st.lists(money, min_size=1, max_size=20))
@settings(max_examples=100, deadline=None)
def test_reading_rounds_half_away_from_zero(values: list[Decimal]) -> None:
    expected = [int((value * 100).quantize(Decimal(1), ROUND_HALF_UP)) for value in values]
    plain = [format(value, "f") for value in values]
    assert cents(*plain) == expected
    assert cents(*(f"{value:,f} EUR" for value in values)) == expected
    assert cents(*(text.replace(".", ",") for text in plain), mark=",") == expected
    assert read_numbers(pl.Series(plain))["units"].to_list() == expected


@given(st.integers(min_value=-(10**12) + 1, max_value=10**12 - 1))
@settings(max_examples=100, deadline=None)
def test_a_written_amount_reads_back(value: int) -> None:
    text = pl.DataFrame({"cents": [value]}).select(written(pl.col("cents"))).item()
    assert text == f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02}"
    assert cents(text) == [value]
