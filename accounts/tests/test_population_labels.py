"""People are what their labels say, by a reference written from the rules and not from the generator."""

from collections import defaultdict
from datetime import date

import polars as pl
import pytest

from accounts.population import Batch, Recipe, label, people, people_before
from accounts.tests.person_reference import Person
from accounts.tests.persona_reference import evaluate, measure


def by_user(frame: pl.DataFrame) -> dict[str, list[dict]]:
    rows = defaultdict(list)
    for row in frame.iter_rows(named=True):
        rows[row["user_id"]].append(row)
    return rows


def disagreements(batch: Batch) -> tuple[int, list[str]]:
    """How many persons and windows were compared, and those of which the reference thinks otherwise."""
    accounts, rows, debts = by_user(batch.accounts), by_user(batch.transactions), by_user(batch.liabilities)
    compared, wrong = 0, []
    for person in label(batch):
        user = person["user_id"]
        newest = max((row["date"] for row in rows[user] if not row["pending"]), default=batch.recipe.until)
        used = Person(accounts[user], rows[user], debts[user], newest)
        expected = [persona for persona in (person["persona"], person["second"]) if persona]
        for window in person["windows"]:
            compared += 1
            found = evaluate(measure(used, int(window.removesuffix("d"))))
            if found != (expected, person["strength"]):
                wrong.append(f"{person['email']} {window}: made {expected} {person['strength']}, is {found}")
    return compared, wrong


@pytest.mark.parametrize(
    ("until", "days", "seed", "users"),
    [
        (date(2025, 6, 30), 365, 7, 300),
        (date(2024, 2, 29), 365, 1, 100),
        (date(2025, 3, 1), 730, 2, 60),
        (date(2025, 8, 31), 90, 3, 100),
    ],
)
def test_every_plain_person_is_what_the_label_says_in_both_windows(until, days, seed, users):
    compared, wrong = disagreements(people(Recipe(seed=seed, users=users, until=until, days=days), 0, users))
    assert wrong == []
    assert compared > 1.8 * users


@pytest.mark.parametrize("until", [date(2025, 6, 30), date(2024, 8, 31)])
def test_everybody_who_changes_was_what_the_label_says_on_the_last_day_before(until):
    recipe = Recipe(seed=7, users=400, until=until, awkward=0)
    compared, wrong = disagreements(people_before(recipe, 0, 400))
    assert wrong == []
    assert compared > 40


def test_a_short_history_promises_nothing_about_the_time_before_a_change():
    recipe = Recipe(seed=7, users=100, until=date(2025, 6, 30), days=90)
    assert {tuple(person["windows"]) for person in label(people_before(recipe, 0, 100))} == {()}


def test_card_interest_of_less_than_180_days_ago_leaves_the_long_window_unpromised():
    recipe = Recipe(seed=7, users=200, until=date(2025, 6, 30), days=120, awkward=0)
    windows = {
        (person["change_from"], *person["windows"])
        for person in label(people(recipe, 0, 200))
        if person["change_from"] != "subscription_heavy"
    }
    assert windows == {
        (None, "30d", "180d"),
        ("high_utilization", "30d"),
        ("variable_income_budgeter", "30d", "180d"),
    }
