"""`export_analytics` as it is typed, and what a walk after a revocation takes away."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts import analytics, consent, rowsecurity, storage
from accounts.models import Upload
from accounts.purposes import Purpose
from accounts.tests.factories import consenting
from accounts.tests.senders import PLAIN
from accounts.tests.typing_in import typed
from personas import exports
from personas.tests import factories
from spendsense import pipeline

pytestmark = pytest.mark.usefixtures("own_store")

SENT = datetime(2025, 6, 30, 23, 58, tzinfo=UTC)
NOTHING = "done  0 uploads  0 people  0 files  0:00:00"


@pytest.fixture
def ines(db):
    return consenting("ines")


def loaded(user, data=factories.STATEMENT, at=SENT, name="a.csv"):
    """Two files each: a statement in CSV has accounts and transactions, and no liabilities."""
    return factories.loaded(user, data, at, name)


def exported(*words):
    (line,) = typed("export_analytics", *words, "--quiet").lines
    return line


def files():
    return list(storage.keys("", store=storage.ANALYTICS))


def tables():
    return sorted(key.split("/")[0] for key in files())


def revoke(user):
    with rowsecurity.viewing(rowsecurity.of(user)):
        consent.revoke(user=user, purpose=Purpose.ANALYSIS, now=SENT)


def test_the_command_writes_the_uploads_that_are_due_and_then_nothing(maya, noor):
    loaded(maya)
    loaded(noor)
    assert exported() == "done  1 uploads  0 people  2 files  0:00:00"
    assert exported() == NOTHING
    assert {f"user_id={maya.pk}" in key for key in files()} == {True}


def test_it_writes_what_was_measured_and_assigned_since_a_day(maya, noor):
    for user in (maya, noor):
        loaded(user)
    factories.refreshed(maya, SENT)
    factories.measured(noor)
    assert exported("--since", "2025-06-30") == "done  1 uploads  1 people  4 files  0:00:00"
    assert tables() == ["accounts", "persona_assignments", "signals", "transactions"]
    assert {f"user_id={maya.pk}" in key for key in files()} == {True}
    assert exported("--since", "2025-07-01") == NOTHING


def test_without_a_day_it_is_today(maya, now):
    loaded(maya, at=now - timedelta(days=2))
    factories.refreshed(maya, now - timedelta(days=2))
    assert exported() == "done  1 uploads  0 people  2 files  0:00:00"
    factories.measured(maya, computed_at=now)
    assert exported() == "done  0 uploads  1 people  1 files  0:00:00"


def test_it_writes_for_one_person(maya, omar):
    loaded(maya)
    factories.refreshed(maya, SENT)
    since = ("--since", "2025-06-30")
    assert exported("--user", "omar@example.test", *since) == NOTHING
    assert exported("--user", "maya@example.test", *since) == "done  1 uploads  1 people  4 files  0:00:00"


def test_it_writes_again_since_a_day_only_the_tables_named(maya):
    upload = loaded(maya)
    factories.refreshed(maya, SENT)
    exported("--since", "2025-06-30")
    for key in files():
        storage.delete(key, store=storage.ANALYTICS)
    since = ("--since", "2025-06-30")
    assert exported(*since, "--tables", "transactions") == "done  1 uploads  0 people  1 files  0:00:00"
    assert exported(*since, "--tables", "signals") == "done  0 uploads  1 people  1 files  0:00:00"
    assert tables() == ["signals", "transactions"]
    with rowsecurity.viewing(rowsecurity.pipeline(maya.tenant_id)):
        assert len(Upload.objects.get(pk=upload.pk).report["storage"]["s3"]["parquet"]) == 2


def test_what_was_never_written_is_written_whole_whatever_the_tables(maya):
    loaded(maya)
    assert exported("--tables", "transactions") == "done  1 uploads  0 people  2 files  0:00:00"


def test_an_upload_is_written_before_the_first_signals_because_its_mark_leads_to_them(maya):
    loaded(maya)
    factories.refreshed(maya, SENT)
    asked = ("--tables", "signals", "--since", "2025-06-30")
    assert exported(*asked) == "done  1 uploads  1 people  3 files  0:00:00"
    assert tables() == ["accounts", "signals", "transactions"]


def test_a_dry_run_writes_nothing_and_counts_all(maya, monkeypatch):
    monkeypatch.setattr(analytics, "BATCH", 1)
    loaded(maya)
    loaded(maya, PLAIN, name="b.csv")
    factories.refreshed(maya, SENT)
    said = exported("--dry-run", "--since", "2025-06-30")
    assert said == "done  2 uploads  1 people  0 files  0:00:00"
    assert files() == [] and len(analytics.due(tenant_id=maya.tenant_id, every=True)) == 2


def test_many_people_are_written_some_at_a_time(maya, ines, monkeypatch):
    monkeypatch.setattr(exports, "BATCH", 1)
    for user in (maya, ines):
        loaded(user)
        factories.refreshed(user, SENT)
    assert exported("--since", "2025-06-30") == "done  2 uploads  2 people  8 files  0:00:00"


def test_a_table_that_is_not_there_is_named(db):
    said = typed("export_analytics", "--tables", "accounts,trades")
    sentence = "There is no table trades; there are accounts, transactions, liabilities, signals, persona_assignments."
    assert (said.code, said.err) == (2, sentence)


def walked():
    return pipeline.run(clock=lambda: SENT, stages=["export"]).done


def test_a_walk_after_a_revocation_leaves_no_file_of_the_person_and_all_of_the_others(maya, ines):
    for user in (maya, ines):
        loaded(user)
        factories.refreshed(user, SENT)
    exported("--since", "2025-06-30")
    revoke(maya)
    assert len(files()) == 8
    walked()
    assert tables() == ["accounts", "persona_assignments", "signals", "transactions"]
    assert {f"user_id={ines.pk}" in key for key in files()} == {True}
    assert walked() == {}


def test_a_store_that_was_away_leaves_the_question_true(maya, own_store):
    loaded(maya)
    factories.refreshed(maya, SENT)
    exported("--since", "2025-06-30")
    revoke(maya)
    signals, aside = own_store / "spendsense-analytics" / "signals", own_store / "aside"
    signals.rename(aside)
    signals.write_bytes(b"a file where the folder should be")
    assert walked() == {"export": 1}  # given up
    signals.unlink()
    aside.rename(signals)
    walked()
    assert files() == []
