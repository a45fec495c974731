"""A person's result depends on that person's data alone: not on the batch, not on order, not on types of ids."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from accounts.population import Recipe, people
from accounts.statements.classes import Flow, classify
from accounts.tests.person_reference import Person
from accounts.tests.persona_reference import measure as measured_by_hand
from personas.signals import Frames, Kind, canonical, exact_json, from_rows, measure
from personas.tests.people import CHECKING, account, debt, person, row, signals, together

UNTIL = date(2025, 6, 30)
PATHS = {"days_covered": "spending.days_covered", "monthly_spend": "spending.monthly_spend"}


def folk(count: int, *, awkward: float, days: int, seed: int) -> tuple[Frames, dict[tuple[str, int], dict]]:
    """A generated population as frames, and what the reference finds for each person and window."""
    batch = people(Recipe(seed=seed, users=count, until=UNTIL, days=days, awkward=awkward), 0, count)
    classed = batch.transactions.with_columns(flow=classify(batch.transactions))
    frames, expected = [], {}
    for user_id in batch.people["user_id"]:
        one = batch.of(user_id)
        rows = classed.filter(pl.col("user_id") == user_id)
        frames.append(from_rows(one.accounts, rows, one.liabilities, today=UNTIL, as_of=None, user_id=user_id))
        known = Person(
            one.accounts.to_dicts(), one.transactions.to_dicts(), one.liabilities.to_dicts(),
            frames[-1].people["as_of"][0],
        )  # fmt: skip
        for window in (30, 90, 180):
            expected[user_id, window] = measured_by_hand(known, window)
    return together(*frames), expected


def lines(frames: Frames) -> dict[tuple[str, str], bytes]:
    found = measure(*frames).iter_rows(named=True)
    return {(str(one["user_id"]), one["window"]): canonical(one) for one in found}


@pytest.fixture(scope="module")
def crowd() -> Frames:
    return folk(40, awkward=0.7, days=250, seed=5)[0]


@pytest.mark.parametrize(("awkward", "days", "seed"), [(0.1, 270, 1), (1.0, 200, 2)])
def test_three_hundred_people_measure_as_plain_python_has_them(awkward, days, seed):
    frames, expected = folk(300, awkward=awkward, days=days, seed=seed)
    for found in measure(*frames).iter_rows(named=True):
        by_hand = expected[found["user_id"], int(found["window"].removesuffix("d"))]
        assert {path: found[PATHS.get(path, path)] for path in by_hand} == by_hand, found["user_id"]


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_changes_no_byte(crowd, seed):
    shuffled = Frames(*(frame.sample(fraction=1, shuffle=True, seed=seed) for frame in crowd))
    assert lines(shuffled) == lines(crowd)


@pytest.mark.parametrize("size", [1, 3, 17])
def test_the_size_of_the_batch_changes_no_byte(crowd, size):
    ids = crowd.people["user_id"].shuffle(seed=size).to_list()
    found: dict[tuple[str, str], bytes] = {}
    for first in range(0, len(ids), size):
        some = ids[first : first + size]
        found |= lines(Frames(*(frame.filter(pl.col("user_id").is_in(some)) for frame in crowd)))
    assert found == lines(crowd)


def test_ids_and_merchants_may_be_enums_and_categories(crowd):
    """The fastest form for a shard; what is told is the same text."""
    users, accounts = (pl.Enum(frame[name].unique().sort()) for frame, name in (
        (crowd.people, "user_id"), (crowd.accounts, "account_id"),
    ))  # fmt: skip
    casts = {"user_id": users, "account_id": accounts, "merchant": pl.Categorical, "merchant_key": pl.Categorical}
    typed = Frames(
        *(
            frame.cast({name: dtype for name, dtype in casts.items() if name in frame.columns}, strict=False)
            for frame in crowd
        )
    )
    assert lines(typed) == lines(crowd)


def test_ids_may_be_numbers(crowd):
    """Only what is told of an account's id differs."""
    numbers = {name: n for n, name in enumerate(crowd.people["user_id"])}
    numbered = Frames(
        *(frame.with_columns(pl.col("user_id").replace_strict(numbers, return_dtype=pl.UInt32)) for frame in crowd)
    )
    told = {(str(numbers[name]), window): line for (name, window), line in lines(crowd).items()}
    assert lines(numbered) == told


def test_two_people_may_call_their_accounts_alike():
    rich = person([row("06-10", "-5.00")], [account(Kind.CHECKING, "900.00")], user_id="rich")
    poor = person([row("06-11", "-7.00")], [account(Kind.CHECKING, "1.00")], user_id="poor")
    assert lines(together(rich, poor)) == lines(rich) | lines(poor)


def _fingerprint(frames: Frames) -> str:
    return signals(frames)["30d"]["meta.data_fingerprint"]


def test_the_fingerprint_changes_with_anything_that_is_looked_at():
    rows = [row("06-10", "-5.00", "A"), row("06-11", "-7.00", "B")]
    held, owed = [CHECKING, account(Kind.CARD, "5.00", "9.00")], [debt("card", "1.00", "2.00")]
    correction = {"kind": "transfer", "merchant_key": "a", "account_id": None, "posted_on": None, "cents": None}
    variants = [
        person(rows, held, owed),
        person(rows, held, owed, since=date(2024, 1, 2)),
        person(rows, held, owed, as_of=date(2025, 6, 29)),
        person(rows, held, owed, [correction]),
        person(rows, held, []),
        person(rows, held, [debt("card", "1.00", "2.01")]),
        person(rows, [CHECKING, account(Kind.CARD, "5.01", "9.00")], owed),
        person(rows[:1], held, owed),
        *(
            person([rows[0] | change, rows[1]], held, owed)
            for change in (
                {"cents": -501}, {"posted_on": date(2025, 6, 9)}, {"merchant": "a"}, {"merchant_key": "b"},
                {"flow": Flow.FUEL.value}, {"account_id": "card"}, {"account_id": "elsewhere"},
                {"interest_code": True}, {"categorised": False},
            )
        ),
    ]  # fmt: skip
    assert len({_fingerprint(frames) for frames in variants}) == len(variants)


def test_the_fingerprint_is_of_the_rows_and_not_of_their_numbers():
    """An ordinal only orders; a row older than 180 days is not looked at."""
    rows = [row("06-10", "-5.00", "A"), row("06-10", "-7.00", "B")]
    frames = person(rows)
    later = frames._replace(transactions=frames.transactions.with_columns(pl.col("ordinal") * 10 + 7))
    older = person([row("01-01", "-3.00"), *rows])
    assert _fingerprint(frames) == _fingerprint(later) == _fingerprint(older)
    turned = frames._replace(transactions=frames.transactions.with_columns(ordinal=1 - pl.col("ordinal")))
    assert _fingerprint(turned) != _fingerprint(frames)


def test_the_fingerprint_knows_the_class_that_a_mirror_hides():
    mirror = row("06-10", "5.00", account="savings")
    utilities, fuel = (
        signals(person([row("06-10", "-5.00", flow=flow), mirror], [CHECKING, account(Kind.SAVINGS)]))["30d"]
        for flow in (Flow.UTILITIES, Flow.FUEL)
    )
    assert utilities["spending.spend_total"] == fuel["spending.spend_total"] == 0
    assert utilities["meta.data_fingerprint"] != fuel["meta.data_fingerprint"]


def test_the_canonical_form_has_sorted_keys_all_places_and_days_as_iso():
    line = canonical(signals(person([row("06-10", "1000.00", flow=Flow.INCOME)]))["30d"]).decode()
    assert line.startswith('{"credit":{"aggregate_utilization_pct":null,"any_card_high_util":false,')
    assert '"checking_balance":1200.00,' in line
    assert '"last_pay_date":"2025-06-10"' in line
    assert '"categories_present":["income","subscriptions"]' in line
    assert " " not in line.replace("Two paydays are needed to see a rhythm; 1 known.", "")


def test_decimals_are_numbers_with_all_their_places():
    value = {"b": [Decimal("1.50"), Decimal("-0.10"), Decimal("50.0"), Decimal("1E+3")], "a": None, "ü": 'Café "'}
    assert exact_json(value) == '{"a":null,"b":[1.50,-0.10,50.0,1000],"ü":"Café \\""}'
