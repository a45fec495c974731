"""Dates: formats, day or month first, and what is no day."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.statements.dates import Dates, read


def days(*cells: str | None, order: str | None = None) -> Dates:
    return read(pl.Series(cells, dtype=pl.String), order)


@pytest.mark.parametrize(
    ("cell", "form"),
    [
        ("2025-03-31", "YYYY-MM-DD"),
        ("2025/03/31", "YYYY/MM/DD"),
        ("2025.03.31", "YYYY.MM.DD"),
        ("20250331", "YYYYMMDD"),
        ("2025-03-31 23:59", "YYYY-MM-DD"),
        ("2025-03-31T23:59:59.123Z", "YYYY-MM-DD"),
        ("2025-03-31 00:10:00 +0200", "YYYY-MM-DD"),
        ("2025-03-31T23:59:59-05:00", "YYYY-MM-DD"),
        ("31/03/2025", "DD/MM/YYYY"),
        ("03/31/2025", "MM/DD/YYYY"),
        ("31-03-2025", "DD-MM-YYYY"),
        ("31.03.2025", "DD.MM.YYYY"),
        ("31.03.25", "DD.MM.YY"),
        ("3/31/25", "MM/DD/YY"),
        ("31 Mar 2025", "DD Mon YYYY"),
        ("31-MAR-2025", "DD-Mon-YYYY"),
        ("31 Mar 25", "DD Mon YY"),
        ("Mar 31, 2025", "Mon DD, YYYY"),
        ("March 31, 2025", "Mon DD, YYYY"),
    ],
)
def test_every_format_is_read(cell: str, form: str) -> None:
    read_days = days(cell)
    assert (read_days.values.to_list(), read_days.format) == ([date(2025, 3, 31)], form)


@pytest.mark.parametrize(
    "cell",
    [
        "10000-01-01",
        "2025-02-31",
        "2025-13-01",
        "45678",
        "1700000000",
        "٢٠٢٥-٠١-٠١",
        "soon",
        "2025-01-01 25h",
        "1" * 99,
    ],
)
def test_what_is_no_day_is_null(cell: str) -> None:
    assert days(cell, "2025-01-01").values.to_list() == [None, date(2025, 1, 1)]


def test_a_column_has_one_format_and_most_cells_decide() -> None:
    read_days = days("31/03/2025", "30/03/2025", "2025-03-29", None)
    assert read_days.values.to_list() == [date(2025, 3, 31), date(2025, 3, 30), None, None]


def test_two_digit_years_turn_at_seventy() -> None:
    assert days("13.01.69", "13.01.70").values.to_list() == [date(2069, 1, 13), date(1970, 1, 13)]


def test_a_component_above_twelve_decides_the_order() -> None:
    assert days("03/04/2025", "04/13/2025").values[0] == date(2025, 3, 4)
    assert days("03/04/2025", "13/04/2025").values[0] == date(2025, 4, 3)


def test_the_only_sorted_reading_decides_the_order() -> None:
    assert days("01/02/2025", "02/02/2025", "01/03/2025").order == "dmy"
    assert days("03/01/2025", "02/02/2025", "02/01/2025").order == "mdy"


def test_two_sorted_readings_are_ambiguous_and_an_option_helps() -> None:
    assert days("03/04/2025").ambiguous
    assert not days("03/04/2025", order="mdy").ambiguous
    assert days("03/04/2025", order="mdy").values.to_list() == [date(2025, 3, 4)]
    assert days("03/04/2025", order="dmy").values.to_list() == [date(2025, 4, 3)]


def test_the_same_day_in_both_readings_is_not_ambiguous() -> None:
    assert not days("03/03/2025", "04/04/2025").ambiguous


def test_points_mean_day_first() -> None:
    assert days("03.04.2025").values.to_list() == [date(2025, 4, 3)]


FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%d %b %Y", "%b %d, %Y", "%d/%m/%Y", "%m/%d/%Y")


@given(st.sampled_from(FORMATS), st.integers(0, 30_000), st.integers(32, 60))
@settings(max_examples=120, deadline=None)
def test_a_written_column_reads_back(form: str, start: int, length: int) -> None:
    written = [date(1950, 1, 1) + timedelta(start + n) for n in range(length)]
    assert days(*(day.strftime(form) for day in written)).values.to_list() == written
