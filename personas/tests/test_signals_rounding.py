"""Rounding: once, half away from zero, exactly."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.signals.rounding import decimal, nano, percent, quotient, whole

LARGEST = 10**18


def one(expr: pl.Expr, **values: int) -> object:
    return pl.DataFrame({name: [value] for name, value in values.items()}).select(expr).item()


def by_hand(value: Fraction) -> int:
    size = int(abs(value) * 2 + 1) // 2
    return size if value >= 0 else -size


@given(st.integers(-LARGEST, LARGEST), st.integers(1, LARGEST))
def test_a_quotient_of_integers_is_exact(of, by):
    assert one(quotient(pl.col("of"), pl.col("by"), 10_000), of=of, by=by) == by_hand(Fraction(of * 10_000, by))


@pytest.mark.parametrize("by", [0, -1])
def test_there_is_no_quotient_by_nothing(by):
    assert one(quotient(pl.col("of"), pl.col("by")), of=5, by=by) is None


@pytest.mark.parametrize(
    ("of", "by", "shown"),
    [(1, 3, "33.33"), (2, 3, "66.67"), (-1, 8, "-12.50"), (49_995, 100_000, "50.00"), (1, 800, "0.13")],
)
def test_percentages_have_two_places(of, by, shown):
    assert one(percent(pl.col("of"), pl.col("by")), of=of, by=by) == Decimal(shown)


@given(st.integers(-(10**15), 10**15))
def test_decimals_are_the_units_with_their_places(units):
    assert one(decimal(pl.col("units"), 2), units=units) == Decimal(units).scaleb(-2)


@given(st.lists(st.tuples(st.integers(1, 10**12), st.integers(1, 90)), min_size=1, max_size=12))
def test_sums_of_means_are_rounded_like_their_exact_sum(means):
    """Fractions of at most 90ths may come no nearer to a half than what the added billionth bridges."""
    frame = pl.DataFrame({"of": [of for of, _ in means], "by": [by for _, by in means]})
    exact = sum((Fraction(of, by) for of, by in means), Fraction(0))
    near = abs(exact - int(exact) - Fraction(1, 2))
    found = frame.select(whole(nano(pl.col("of"), pl.col("by")).sum())).item()
    if near == 0 or near > Fraction(1, 10**6):
        assert found == by_hand(exact)
    assert abs(found - exact) <= Fraction(1, 2) + Fraction(1, 10**6)


def test_half_up_is_what_the_standard_library_calls_so():
    for units in (-25, -15, -5, 5, 15, 25):
        expected = (Decimal(units) / 10).quantize(Decimal(1), ROUND_HALF_UP)
        assert one(quotient(pl.col("of"), pl.col("by")), of=units, by=10) == int(expected)
