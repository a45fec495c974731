"""A population as a whole: the same bytes from any chunk, every persona and case, lives that look lived."""

import hashlib
from datetime import date
from fractions import Fraction

import polars as pl
import pytest

from accounts.population import Awkward, Batch, Persona, Recipe, RecipeError, as_json, people, people_before

FRAMES = ("people", "accounts", "transactions", "liabilities")
RECIPE = Recipe(seed=7, users=400, until=date(2025, 6, 30))


@pytest.fixture(scope="module")
def everybody() -> Batch:
    return people(RECIPE, 0, RECIPE.users)


@pytest.fixture(scope="module")
def awkward() -> Batch:
    recipe = Recipe(seed=7, users=160, until=date(2025, 6, 30), awkward=1.0)
    return people(recipe, 0, recipe.users)


def with_case(batch: Batch, case: Awkward) -> list[Batch]:
    users = batch.people.filter(pl.col("awkward") == case)["user_id"]
    assert len(users) >= 8
    return [batch.of(user) for user in users]


def test_any_chunking_gives_the_same_frames(everybody):
    chunks = [people(RECIPE, first, min(first + 37, 400)) for first in range(0, 400, 37)]
    for name in FRAMES:
        assert pl.concat([getattr(chunk, name) for chunk in chunks]).equals(getattr(everybody, name))


def test_a_person_does_not_depend_on_how_many_there_are(everybody):
    alone = people(Recipe(seed=7, users=5, until=date(2025, 6, 30)), 4, 5)
    user = alone.people["user_id"][0]
    assert as_json(alone, user) == as_json(everybody, user)


def test_another_seed_makes_other_people(everybody):
    other = people(Recipe(seed=8, users=400, until=date(2025, 6, 30)), 0, 400)
    assert not set(other.people["user_id"]) & set(everybody.people["user_id"])
    assert other.transactions["cents"].to_list() != everybody.transactions["cents"].to_list()


def test_the_bytes_are_those_of_every_machine():
    """Whoever changes what people are made of changes this digest on purpose."""
    batch = people(RECIPE, 0, 20)
    files = b"".join(as_json(batch, user) for user in batch.people["user_id"])
    assert hashlib.sha256(files).hexdigest() == "d3f86fbf813c379127eae469f85b160506e0b52de71c5824edb3065e52933241"


def test_nobody_and_a_chunk_without_changes_have_the_same_columns(everybody):
    for batch in (people(RECIPE, 9, 9), people_before(RECIPE, 9, 9)):
        for name in FRAMES:
            assert getattr(batch, name).is_empty()
            assert getattr(batch, name).schema == getattr(everybody, name).schema


def test_people_beyond_the_recipe_are_refused():
    with pytest.raises(RecipeError, match=r"Persons 390 to 401 were asked for; the recipe makes 400, from 0\."):
        people(RECIPE, 390, 401)


def test_the_mix_is_kept_and_every_story_is_told(everybody):
    """20 % of 400 each; every strength that the rules can give, pair of matches and positive change."""
    told = everybody.people
    assert dict(told["persona"].value_counts().iter_rows()) == dict.fromkeys(Persona, pytest.approx(80, abs=2))
    strengths = {(row["persona"], row["strength"]) for row in told.iter_rows(named=True)}
    assert {pair for pair in strengths if pair[0] != "general_wellness"} == {
        (persona, strength)
        for persona in (
            "high_utilization",
            "variable_income_budgeter",
            "subscription_heavy",
            "savings_builder",
        )
        for strength in ("strong", "moderate", "weak")
    } - {("savings_builder", "weak")}
    order = [persona.value for persona in Persona][:4]
    pairs = {(order[a], order[b]) for a in range(4) for b in range(a + 1, 4)}
    assert {(row["persona"], row["second"]) for row in told.iter_rows(named=True) if row["second"]} == pairs
    changes = {(row["change_from"], row["persona"]) for row in told.iter_rows(named=True) if row["change_from"]}
    assert changes == {
        ("high_utilization", "savings_builder"),
        ("high_utilization", "subscription_heavy"),
        ("high_utilization", "general_wellness"),
        ("high_utilization", "variable_income_budgeter"),
        ("variable_income_budgeter", "savings_builder"),
        ("variable_income_budgeter", "general_wellness"),
        ("subscription_heavy", "savings_builder"),
        ("subscription_heavy", "general_wellness"),
    }


def test_another_mix_gives_other_shares():
    recipe = Recipe(
        seed=1,
        users=200,
        until=date(2025, 6, 30),
        days=90,
        mix={"savings_builder": 0.75, "high_utilization": 0.25},
    )
    counts = dict(people(recipe, 0, 200).people["persona"].value_counts().iter_rows())
    assert counts == {
        "savings_builder": pytest.approx(150, abs=2),
        "high_utilization": pytest.approx(50, abs=2),
    }


def test_a_tenth_gave_no_consent_and_a_twentieth_is_awkward(everybody):
    assert (~everybody.people["consent"]).sum() == pytest.approx(40, abs=18)
    assert everybody.people["awkward"].is_not_null().sum() == pytest.approx(20, abs=1)


def test_an_ordinary_person_has_about_two_hundred_rows_in_half_a_year(everybody):
    recent = everybody.transactions.filter(pl.col("date") > date(2025, 1, 1))
    rows = recent.group_by("user_id").len()["len"]
    assert 190 <= rows.median() <= 280
    assert rows.min() >= 120


def test_the_rows_of_a_person_have_ids_of_their_own_and_belong_to_stated_accounts(everybody):
    rows = everybody.transactions
    assert rows.select(pl.struct("user_id", "external_id").n_unique()).item() == rows.height
    stated = everybody.accounts.select("user_id", account_external_id="external_id")
    assert rows.join(stated, on=["user_id", "account_external_id"], how="anti").is_empty()
    debts = everybody.liabilities
    assert debts.join(stated, on=["user_id", "account_external_id"], how="anti").is_empty()


def test_rows_lie_within_the_history_and_reach_its_last_day(everybody):
    plain = everybody.transactions.join(everybody.people.filter(pl.col("awkward").is_null()), on="user_id", how="semi")
    days = plain.group_by("user_id").agg(first=pl.col("date").min(), last=pl.col("date").max())
    assert days["last"].unique().to_list() == [date(2025, 6, 30)]
    assert days["first"].min() == date(2024, 7, 1)
    assert days["first"].max() <= date(2024, 7, 6)


def test_what_leaves_checking_for_savings_or_a_card_arrives_there(everybody):
    """Equal cents on the same day on both accounts; people without a savings ledger show one side only."""
    rows = everybody.transactions
    shown = everybody.people.filter(pl.col("awkward").ne_missing("no_savings_ledger"))
    rows = rows.join(shown, on="user_id", how="semi")
    sent = rows.filter(pl.col("merchant").is_in(["Transfer to Savings", "Card Payment"]))
    met = rows.filter(pl.col("merchant").is_in(["Transfer from Checking", "Payment Thank You"]))
    key = ["user_id", "date", "cents"]
    assert sent.height > 4000
    assert sent.with_columns(-pl.col("cents")).select(key).sort(key).equals(met.select(key).sort(key))


def test_both_vocabularies_and_merchants_with_and_without_ids_occur(everybody):
    people_with = everybody.transactions.group_by("user_id").agg(
        codes=pl.col("category_detailed").eq("FOOD_AND_DRINK_GROCERIES").any(),
        pairs=pl.col("category_detailed").eq("Groceries").any(),
    )
    assert people_with["codes"].sum() == pytest.approx(200, abs=45)
    assert (people_with["codes"] & people_with["pairs"]).sum() == 0
    assert everybody.transactions["merchant_entity_id"].is_null().mean() == pytest.approx(0.4, abs=0.2)


def test_a_merchant_key_is_the_name_without_case_and_store_number(everybody):
    names = everybody.transactions.select("merchant", "merchant_key").unique()
    stripped = names["merchant"].str.to_lowercase().str.replace(r" #\d+$", "")
    assert stripped.to_list() == names["merchant_key"].to_list()
    assert names.filter(pl.col("merchant").str.contains("#")).height > 10


def test_before_the_change_are_the_same_rows_up_to_the_day(everybody):
    before = people_before(RECIPE, 0, RECIPE.users)
    changed = everybody.people.filter(pl.col("change_from").is_not_null())
    assert before.people["user_id"].to_list() == changed["user_id"].to_list()
    assert before.people["persona"].to_list() == changed["change_from"].to_list()
    day = changed["change_on"][0]
    after = everybody.transactions.filter(pl.col("date") < day).join(changed, on="user_id", how="semi")
    assert before.transactions.equals(after)


def test_every_awkward_case_is_made(awkward):
    assert set(awkward.people["awkward"]) == {case.value for case in Awkward}
    assert awkward.people["change_from"].is_null().all()


@pytest.mark.parametrize(
    ("case", "seen"),
    [
        (Awkward.SEVERAL_CARDS, lambda p: cards(p).height >= 4),
        (Awkward.NO_CARD, lambda p: cards(p).is_empty()),
        (Awkward.NO_LIMIT, lambda p: cards(p)["limit_cents"].is_null().all() and cards(p).height > 0),
        (
            Awkward.OVER_LIMIT,
            lambda p: (cards(p)["balance_cents"] > cards(p)["limit_cents"]).all() and cards(p).height > 0,
        ),
        (Awkward.NEGATIVE_CHECKING, lambda p: p.accounts.filter(subtype="checking")["balance_cents"][0] < 0),
        (Awkward.NO_SAVINGS_LEDGER, lambda p: savings_rows(p) == 0 and named(p, "Transfer to Savings") > 8),
        (Awkward.IRREGULAR_INCOME, lambda p: named(p, "Payroll") == 0),
        (Awkward.TWO_PAYROLLS, lambda p: employers(p) == 2),
        (Awkward.WEEKLY_SUBSCRIPTIONS, lambda p: set(gaps(p, "veg crate weekly", "petal post")) == {7}),
        (Awkward.PRICE_RISES, lambda p: Fraction(85, 100) in rises(p)),
        (Awkward.REFUNDS, lambda p: named(p, "Refund") >= 20),
        (Awkward.CANCELLED_SUBSCRIPTIONS, lambda p: date(2025, 5, 15) < cancelled_on(p) <= date(2025, 6, 10)),
        (Awkward.PENDING_ROWS, lambda p: 0 < p.transactions["pending"].sum() < 12),
        (Awkward.FUTURE_ROWS, lambda p: p.transactions.filter(pl.col("date") > date(2025, 6, 30)).height > 5),
        (Awkward.ACCOUNTS_ONLY, lambda p: p.transactions.is_empty() and p.accounts.height > 0),
        (Awkward.OTHER_CURRENCY, lambda p: currencies(p) == {"USD", "EUR"}),
    ],
)
def test_an_awkward_case_is_seen_in_the_statement(awkward, case, seen):
    assert all(seen(person) for person in with_case(awkward, case))


def cards(person: Batch) -> pl.DataFrame:
    return person.accounts.filter(type="credit")


def named(person: Batch, text: str) -> int:
    return person.transactions.filter(pl.col("merchant").str.contains(text, literal=True)).height


def savings_rows(person: Batch) -> int:
    return person.transactions.filter(pl.col("account_external_id").str.ends_with("-savings")).height


def employers(person: Batch) -> int:
    return person.transactions.filter(pl.col("merchant").str.ends_with("Payroll"))["merchant"].n_unique()


def cancelled_on(person: Batch) -> date:
    return person.transactions.filter(pl.col("merchant_key").is_in(["snackwagon", "candlepost", "the weekly stem"]))[
        "date"
    ].max()


def currencies(person: Batch) -> set[str]:
    return set(person.transactions["iso_currency_code"]) & set(person.accounts["iso_currency_code"])


def gaps(person: Batch, *keys: str) -> list[int]:
    return (
        person.transactions.filter(pl.col("merchant_key").is_in(keys))["date"]
        .diff()
        .dt.total_days()
        .drop_nulls()
        .to_list()
    )


def rises(person: Batch) -> set[Fraction]:
    """Oldest by newest charge of every merchant, to full percents."""
    charges = person.transactions.filter(
        pl.col("category_primary").is_in(["Entertainment", "Retail", "Software", "ENTERTAINMENT", "GENERAL_SERVICES"]),
        pl.col("cents") < 0,
    )
    ends = charges.group_by("merchant_key").agg(old=pl.col("cents").first(), new=pl.col("cents").last())
    return {Fraction(round(100 * old / new), 100) for old, new in ends.select("old", "new").iter_rows()}
