"""Bills that keep their day of the month."""

from datetime import date, timedelta

import pytest

from accounts.population.months import months_before, same_day_of_months
from accounts.population.stream import FIRST, LAST


@pytest.mark.parametrize(
    ("day", "months", "earlier"),
    [
        (date(2025, 6, 30), 0, date(2025, 6, 30)),
        (date(2025, 3, 31), 1, date(2025, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2025, 1, 15), 1, date(2024, 12, 15)),
        (date(2025, 8, 31), 18, date(2024, 2, 29)),
    ],
)
def test_a_bill_keeps_its_day_or_takes_the_last_one_of_a_short_month(day, months, earlier):
    assert months_before(day, months) == earlier


@pytest.mark.parametrize("until", [date(2024, 1, 1) + timedelta(days=5 * n + n % 3) for n in range(146)])
def test_a_monthly_stream_is_seen_once_thrice_and_six_times_in_the_windows(until):
    """The amounts that decide a persona count on it, for whatever day a population ends."""
    months, ago = same_day_of_months(until, FIRST, LAST, 200)
    for start in range(0, len(ago), months):
        days = ago[start : start + months]
        assert [(days < window).sum() for window in (30, 90, 180)] == [1, 3, 6]
