"""The same day of other months, so that a bill keeps its day of the month."""

import calendar
from datetime import date, timedelta

import polars as pl


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or the last day of a month that is too short."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def same_day_of_months(until: date, first: int, last: int, days: int) -> tuple[int, pl.Series]:
    """How many months each bill has in the list, and how many days before `until` each of them lies.

    The bill seen `first + n` days ago has its k-th earlier month at place `n * months + k`.
    """
    months = days // 28 + 2
    ago = [
        (until - months_before(until - timedelta(days=newest), k)).days
        for newest in range(first, last + 1)
        for k in range(months)
    ]
    return months, pl.Series(ago, dtype=pl.Int64)
