"""The files of a synthetic person, read back with nothing but the standard library."""

import csv
import io
import json
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest

from accounts.population import Batch, Recipe, SignPolicy, as_csv, as_json, as_plain, label, people

UNTIL = date(2025, 6, 30)


def batch(**asked) -> Batch:
    return people(Recipe(**({"seed": 3, "users": 24, "until": UNTIL, "days": 120, "awkward": 0.5} | asked)), 0, 24)


def cents(text: str) -> int:
    return int((Decimal(text) * 100).quantize(Decimal(1), ROUND_HALF_UP))


def read_json(data: bytes) -> dict:
    return json.loads(data, parse_float=str)


def read_sections(data: bytes) -> dict[str, list[dict]]:
    """Rows by the first word of their section's header."""
    sections: dict[str, list[dict]] = {}
    for line in csv.reader(io.StringIO(data.decode())):
        if line[0] in ("account_id", "transaction_id", "liability_account_id") and len(set(line)) == len(line):
            header = line
            sections[header[0]] = []
        else:
            sections[header[0]].append(dict(zip(header, line, strict=True)))
    return sections


def stored(value: int, income: bool, policy: str) -> int:
    """What the loader makes of a file value."""
    if policy == "inflow_positive":
        return value
    if policy == "plaid":
        return -value
    return value if income else -value


@pytest.mark.parametrize("policy", list(SignPolicy))
@pytest.mark.parametrize("noise", [False, True])
def test_json_and_csv_hold_every_row_with_the_sign_asked_for(policy, noise):
    made = batch(sign_policy=policy, float_noise=noise)
    for user in made.people["user_id"]:
        rows = made.of(user).transactions.rows(named=True)
        for file in (
            read_json(as_json(made, user))["transactions"],
            read_sections(as_csv(made, user)).get("transaction_id", []),
        ):
            assert [one["transaction_id"] for one in file] == [row["external_id"] for row in rows]
            assert [
                stored(cents(one["amount"]), (row["category_primary"] or "").upper() == "INCOME", policy)
                for one, row in zip(file, rows, strict=True)
            ] == [row["cents"] for row in rows]


def test_noise_is_written_as_floating_point_leaves_it_and_only_when_asked_for():
    user = batch().people["user_id"][1]
    noisy = [one["amount"] for one in read_json(as_json(batch(float_noise=True), user))["transactions"]]
    clean = [one["amount"] for one in read_json(as_json(batch(), user))["transactions"]]
    assert {len(amount.partition(".")[2]) for amount in clean} == {2}
    assert {len(amount.partition(".")[2]) for amount in noisy} == {2, 13}
    assert 0.2 < sum(amount.endswith("00000000001") for amount in noisy) / len(noisy) < 0.5


def test_accounts_and_liabilities_are_the_same_in_both_files():
    made = batch()
    for user in made.people["user_id"]:
        person, read, sections = (
            made.of(user),
            read_json(as_json(made, user)),
            read_sections(as_csv(made, user)),
        )
        assert [cents(one["balances"]["current"]) for one in read["accounts"]] == person.accounts[
            "balance_cents"
        ].to_list()
        assert [cents(one["balance_current"]) for one in sections["account_id"]] == person.accounts[
            "balance_cents"
        ].to_list()
        limits = [one["balances"]["limit"] and cents(one["balances"]["limit"]) for one in read["accounts"]]
        assert limits == person.accounts["limit_cents"].to_list()
        debts = person.liabilities.rows(named=True)
        assert [one["account_id"] for one in read["liabilities"]] == [row["account_external_id"] for row in debts]
        assert [cents(one["minimum_payment_amount"]) for one in sections.get("liability_account_id", [])] == [
            row["minimum_payment_cents"] for row in debts
        ]


def test_the_columns_are_those_of_the_exact_layouts():
    made = batch()
    user = made.people["user_id"][1]
    headers = [line for line in as_csv(made, user).decode().splitlines() if "account_id" in line]
    assert headers == [
        "account_id,account_name,account_type,account_subtype,holder_category,balance_available,balance_current,"
        "balance_limit,iso_currency_code,mask",
        "transaction_id,account_id,date,amount,merchant_name,merchant_entity_id,payment_channel,category_primary,"
        "category_detailed,pending,iso_currency_code",
        "liability_account_id,apr_percentage,apr_type,minimum_payment_amount,last_payment_amount,last_payment_date,"
        "last_statement_balance,is_overdue,next_payment_due_date,interest_rate",
    ]
    header, *plain = as_plain(made, user).decode().splitlines()
    assert header == (
        "account_id,date,amount,merchant_name,merchant_entity_id,payment_channel,personal_finance_category,pending"
    )
    assert len(plain) == made.of(user).transactions.height


def test_a_json_file_says_whose_it_is_and_when_it_was_made():
    made = batch()
    read = read_json(as_json(made, made.people["user_id"][0]))
    assert read["user_id"] == made.people["user_id"][0]
    assert read["upload_timestamp"] == "2025-06-30T08:00:00Z"


def test_a_person_who_is_not_in_the_batch_has_an_empty_file():
    read = read_json(as_json(batch(), "somebody else"))
    assert (read["accounts"], read["transactions"], read["liabilities"]) == ([], [], [])


def test_the_labels_can_be_written_as_json():
    labels = json.loads(json.dumps(label(batch(awkward=0))))
    assert len(labels) == 24
    assert labels[0].keys() == {
        "user_id",
        "email",
        "persona",
        "strength",
        "second",
        "windows",
        "consent",
        "awkward",
        "change_from",
        "change_on",
    }
    assert labels[0]["email"] == "p000001@example.test"
