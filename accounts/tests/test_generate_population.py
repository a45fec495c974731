"""`generate_population` as it is typed: to files, to the byte the same, and into the tables, once."""

import hashlib
import json
from datetime import date

import pytest
from django.db import connections

from accounts.tests.typing_in import ended, started, typed

UNTIL = ("--until", "2025-06-30", "--days", 90)


def generated(*words):
    return typed("generate_population", *UNTIL, *words, "--quiet")


def prints(folder):
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


def test_any_number_of_workers_writes_the_same_bytes(db, tmp_path):
    """260 people are two chunks, so that two workers have something to share."""
    for workers in (0, 1, 2):
        folder = tmp_path / str(workers)
        said = generated("--users", 260, "--output", folder, "--workers", workers)
        assert said.code == 0 and said.lines[0].startswith("done  260 users  ")
    first = prints(tmp_path / "0")
    assert len(first) == 261 and "p000260@example.test.json" in first and "label.json" in first
    assert first == prints(tmp_path / "1") == prints(tmp_path / "2")
    assert len(set(first.values())) == 261
    labels = json.loads((tmp_path / "0" / "label.json").read_text())
    assert len(labels) == 260


@pytest.mark.parametrize("form", ["json", "csv", "plain"])
def test_a_person_is_the_same_in_a_population_of_any_size(db, tmp_path, form):
    generated("--users", 3, "--output", tmp_path / "few", "--format", form)
    generated("--users", 12, "--output", tmp_path / "many", "--format", form)
    few, many = prints(tmp_path / "few"), prints(tmp_path / "many")
    assert len(few) == 4 and {name: many[name] for name in few if name != "label.json"}.items() <= few.items()


@pytest.mark.parametrize("form", ["json", "csv", "plain"])
def test_what_is_written_can_be_imported_to_the_last_row(db, own_store, tmp_path, form):
    folder = tmp_path / form
    made = json.loads(generated("--users", 12, "--output", folder, "--format", form, "--json").out)
    words = (folder, "--users-from-names", "--create-users", "--sign-policy", "inflow_positive", "--json", "--quiet")
    said = typed("import_statements", *words)
    assert said.code == 0, said.out
    counts = json.loads(said.lines[0])
    assert counts["done"] == 12 and counts["failed"] == 0
    assert counts["inserted"] == counts["rows"] == made["rows"] > 500


def test_into_the_tables_once(shared_db):
    words = ("--users", 12, "--load", "--json")
    first, again = json.loads(generated(*words).out), json.loads(generated(*words).out)
    assert first["rows"] > 500 and again["rows"] == 0
    assert counted() == (12, first["rows"], 12)
    assert typed("verify_ledger", "--quiet").code == 0


def test_two_workers_fill_the_tables_as_one_does(shared_db):
    alone = counted_after(0)
    with connections["owner"].cursor() as cursor:
        cursor.execute("DELETE FROM users")
    assert counted_after(2) == alone


def counted_after(workers):
    assert generated("--users", 260, "--load", "--workers", workers).code == 0
    return counted()


def counted():
    """People, their transactions, and the people who have any, as the owner sees them."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM users")
        (people,) = cursor.fetchone()
        cursor.execute("SELECT count(*), count(DISTINCT user_id) FROM transactions")
        return people, *cursor.fetchone()


def test_people_are_made_only_where_nobody_is_real(db, settings):
    settings.AT_HOME = False
    said = generated("--users", 1, "--load")
    assert said.code == 2 and said.err == "--load makes people in the tables: demo and test only. Use --output here."


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--mix", "lottery_winner=30"], 'Unknown persona "lottery_winner" in the mix; it is one of '),
        (["--mix", "high_utilization=130"], "The share of high_utilization is 130 %; it lies between 0 and 100."),
        (["--users", 0], "A population needs at least one user; 0 were asked for."),
        (["--days", 5], "The history is 90 to 730 days; 5 were asked for."),
        (["--awkward", 2], "The share awkward lies between 0 and 1; 2.0 was asked for."),
        (["--load", "--tenant", "moon"], "There is no tenant moon."),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_told(db, tmp_path, words, sentence):
    where = [] if "--load" in words else ["--output", tmp_path]
    said = generated("--users", 1, *where, *words)
    assert said.code == 2 and said.err.startswith(sentence)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_told(db, tmp_path):
    (tmp_path / "taken").write_text("")
    said = generated("--users", 1, "--output", tmp_path / "taken")
    assert said.code == 2 and said.err.endswith("taken is not a folder.")


def test_the_shell_hears_2_for_an_unknown_persona(shared_db, tmp_path):
    words = ("--users", 1, "--until", date(2025, 6, 30), "--output", tmp_path, "--mix", "nobody=1")
    said = ended(started("generate_population", *words))
    assert said.code == 2 and "Unknown persona" in said.err and "Traceback" not in said.err
