"""The linter may call impossible only what measuring can never show: real measurements keep every binding."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from accounts.population import Recipe, people
from accounts.population.rendering import as_json
from accounts.statements import Options, parse
from personas.catalogue import CATALOGUE, Type
from personas.rules.bindings import WINDOWS, bindings
from personas.rules.possible import values
from personas.signals import from_statement, measure
from personas.tests.people import together

UNTIL = date(2025, 6, 30)
RECIPE = Recipe(seed=11, users=100, until=UNTIL, awkward=0.3)


@pytest.fixture(scope="module")
def measured():
    batch = people(RECIPE, 0, RECIPE.users)
    options = Options(file_type="json", today=UNTIL, account_key=b"test", sign_policy=RECIPE.sign_policy)
    frames = [
        from_statement(parse(as_json(batch, user), options), today=UNTIL, user_id=user)
        for user in batch.people["user_id"]
    ]
    return measure(*together(*frames))


def as_profile(row):
    """Numbers as the linter has them: decimals, also where they count."""
    return {
        path: Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
        for path, value in row.items()
    }


def test_a_measured_population_keeps_every_binding_in_every_window(measured):
    assert measured.height == 3 * RECIPE.users
    for window in WINDOWS:
        for row in measured.filter(pl.col("window") == f"{window}d").iter_rows(named=True):
            profile = as_profile(row)
            for binding in bindings(window):
                seen = {path: profile[path] for path in binding.signals}
                assert binding.allows(*seen.values()), (window, row["user_id"], seen)


def test_a_measured_population_stays_in_the_range_of_every_signal(measured):
    for row in measured.iter_rows(named=True):
        for path, signal in CATALOGUE.items():
            value = row[path]
            assert value is not None or signal.nullable, (path, row["window"])
            if value is not None and signal.low is not None:
                assert value >= signal.low, path
            if value is not None and signal.high is not None:
                assert value <= signal.high, path
            if value is not None and signal.words:
                assert value in signal.words, path


@pytest.mark.parametrize("path", list(CATALOGUE))
def test_the_values_of_a_signal_keep_its_range_and_its_absence(path):
    signal = CATALOGUE[path]
    if signal.type is Type.DATE:
        return
    found = values(path, [Decimal("45.005")])
    assert (None in found) is signal.nullable
    numbers = [one for one in found if isinstance(one, Decimal)]
    assert len(set(numbers)) == len(numbers)
    assert all(signal.low is None or one >= signal.low for one in numbers)
    assert all(signal.high is None or one <= signal.high for one in numbers)


def test_a_threshold_between_two_values_is_told_apart_by_both():
    assert {Decimal("45.00"), Decimal("45.01")} <= set(values("credit.aggregate_utilization_pct", [Decimal("45.005")]))


def test_a_median_of_whole_days_is_a_whole_or_a_half():
    assert all(one is None or one * 2 == int(one * 2) for one in values("income.median_pay_gap_days", [Decimal(45)]))


@pytest.mark.parametrize("window", [30, 90, 180])
def test_bindings_name_signals_of_the_catalogue(window):
    for binding in bindings(window):
        assert set(binding.signals) <= set(CATALOGUE)
