"""Derived ids: stable under order and re-upload, twins kept apart."""

import hashlib
import random
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.statements import Options, Statement, parse


def read(rows: list[str], header: str = "account_id,date,amount,merchant_name", **options: str) -> Statement:
    text = "\n".join([header, *rows]) + "\n"
    return parse(text.encode(), Options(file_type="csv", today=date(2025, 6, 1), account_key=b"k", **options))  # type: ignore[arg-type]


def test_a_derived_id_is_the_hash_of_what_the_file_says() -> None:
    row = read(["a,2025-01-05,-3.5,Corner  Café #12"]).transactions.row(0, named=True)
    expected = hashlib.sha256("a\x1f2025-01-05\x1f-3.50\x1fcorner café\x1f1".encode()).hexdigest()[:32]
    assert (row["external_id"], row["derived"], row["ordinal"]) == (f"d_{expected}", True, 1)


def test_the_entity_id_stands_before_the_merchant() -> None:
    header = "account_id,date,amount,merchant_name,merchant_entity_id"
    row = read(["a,2025-01-05,-3.5,Café,ent_9"], header).transactions.row(0, named=True)
    assert row["external_id"] == "d_" + hashlib.sha256(b"a\x1f2025-01-05\x1f-3.50\x1fent_9\x1f1").hexdigest()[:32]


def test_two_identical_coffees_stay_two_rows() -> None:
    rows = read(["a,2025-01-05,-3.5,Café"] * 3).transactions
    assert rows["ordinal"].to_list() == [1, 2, 3]
    assert rows["external_id"].n_unique() == 3


def test_the_sign_policy_does_not_change_an_id() -> None:
    row = ["a,2025-01-05,-3.5,Café"]
    ours, theirs = (read(row, sign_policy=policy).transactions for policy in ("inflow_positive", "plaid"))
    assert ours["external_id"].to_list() == theirs["external_id"].to_list()
    assert ours["cents"].to_list() != theirs["cents"].to_list()


def test_a_row_with_an_id_keeps_it_and_counts_among_its_like() -> None:
    header = "transaction_id,account_id,date,amount,merchant_name"
    rows = read(["t1,a,2025-01-05,-3.5,Café", ",a,2025-01-05,-3.5,Café"], header).transactions
    assert rows.select("derived", "ordinal").rows() == [(False, 1), (True, 2)]
    assert rows["external_id"][0] == "t1"


row = st.sampled_from(
    ["a,2025-01-05,-3.5,Café", "a,2025-01-05,-3.50,CAFÉ #7", "b,2025-01-06,2,Shop", "a,2025-01-07,-3.5,Café"]
)


@given(st.lists(row, min_size=1, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_ids_do_not_depend_on_the_order_of_rows(rows: list[str], shuffle: random.Random) -> None:
    before = sorted(read(rows).transactions["external_id"])
    shuffle.shuffle(rows)
    assert sorted(read(rows).transactions["external_id"]) == before
    assert len(set(before)) == len(before)


@given(st.lists(row, min_size=1, max_size=8), st.lists(row, max_size=8))
@settings(max_examples=40, deadline=None)
def test_a_longer_export_holds_the_ids_of_a_shorter_one(rows: list[str], more: list[str]) -> None:
    assert set(read(rows).transactions["external_id"]) <= set(read(rows + more).transactions["external_id"])
