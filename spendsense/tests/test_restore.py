"""A restore brings nobody back: dumped, ended, restored into another database, and ended again from the ledger."""

import os
import subprocess
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts import consent, erasure, outside, rowsecurity
from accounts.models import ArchivedConsent, ConsentRecord, Erasure, User
from accounts.models.leaving import Scope
from accounts.purposes import Purpose
from accounts.tests import factories
from accounts.tests.senders import PLAIN, load_all, rows_of
from accounts.tests.typing_in import typed
from accounts.uploads import receive
from spendsense import pipeline
from spendsense.devstack.postgres import binaries

DAY = timedelta(days=1)


def program(name, *words, **more):
    """As the superuser, whom no wall stops; as anybody else a dump would be empty and say nothing."""
    folder = binaries(os.environ)
    where = ["-h", settings.DATABASES["default"]["HOST"], "-U", "postgres"]
    return subprocess.run([folder / name, *where, *words], check=True, capture_output=True, **more)


@pytest.fixture
def restored(databases, django_db_blocker, tmp_path):
    """Dump now; the answer restores into another database and goes on there."""
    made = []

    def dump(source):
        file = tmp_path / "backup"
        program("pg_dump", "-Fc", "-f", str(file), source)

        def restore():
            made.append(f"{source}_restored")
            databases.make(made[-1])
            program("pg_restore", "--exit-on-error", "-d", made[-1], str(file))
            databases.serve(made[-1])

        return restore

    yield dump
    with django_db_blocker.unblock():
        connection.close()
        for name in made:
            databases.drop(name)


def sent(user, now):
    receive(user=user, file_name="May.csv", data=PLAIN, options={}, now=now)
    load_all(user, now)


def agrees(user):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return list(ConsentRecord.objects.filter(user=user, revoked_at=None).values_list("purpose", flat=True))


def test_what_was_ended_after_the_backup_is_ended_again(live_db, own_store, restored):
    now = timezone.now()
    names = ("leaves", "erases", "revokes", "returns", "stays")
    people = {name: factories.consenting(name, Purpose.ANALYSIS, Purpose.NOTES) for name in names}
    for user in people.values():
        sent(user, now)
    restore = restored(live_db)

    later = timezone.now()
    erasure.erase(user=people["leaves"], scope=Scope.ACCOUNT, now=later)
    erasure.erase(user=people["erases"], scope=Scope.ANALYSIS, now=later)
    for name in ("revokes", "returns"):
        with rowsecurity.viewing(rowsecurity.of(people[name])):
            consent.revoke(user=people[name], purpose=Purpose.ANALYSIS, now=later)
    with rowsecurity.viewing(rowsecurity.of(people["returns"])):
        consent.grant(user=people["returns"], purpose=Purpose.ANALYSIS, now=later + timedelta(seconds=1))
    pipeline.run(clock=timezone.now, stages=["leave"])
    assert len(list(outside.lines())) == 5  # one of an account, two of data with its consent, two revocations

    restore()
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert User.objects.filter(pk=people["leaves"].pk).exists()  # the backup brought her back
    assert rows_of(people["erases"])["transactions"] == 4 and "analysis" in agrees(people["revokes"])

    told = "done  4 people  3 consents {0}closed  2 erasures {0}repeated"
    assert typed("reapply_erasures", "--dry-run", "--quiet").out.startswith(told.format("would be "))
    assert rows_of(people["erases"])["transactions"] == 4
    since = later.date()
    assert typed("reapply_erasures", "--since", since + DAY, "--quiet").out.startswith("done  0 people")
    done = typed("reapply_erasures", "--since", since, "--quiet")
    assert done.code == 0 and done.out.startswith(told.format(""))

    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert not User.objects.filter(pk=people["leaves"].pk).exists()
        assert Erasure.objects.count() == 2 and ArchivedConsent.objects.count() == 2
    assert erasure.remaining(user_id=people["leaves"].pk, scope=Scope.ACCOUNT) == 0
    assert set(rows_of(people["erases"]).values()) == {0} and agrees(people["erases"]) == ["notes"]
    assert agrees(people["revokes"]) == agrees(people["returns"]) == ["notes"]  # who returned agrees once more
    assert rows_of(people["revokes"])["transactions"] == 4  # a revocation deletes nothing
    assert sorted(agrees(people["stays"])) == ["analysis", "notes"] and rows_of(people["stays"])["transactions"] == 4

    again = typed("reapply_erasures", "--quiet", "--json")
    assert again.code == 0 and '"consents": 0, "erasures": 0, "rows": 0' in again.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--since", "yesterday"], "yesterday is no day; write YYYY-MM-DD."),
        (["--tenant", "default"], "A backup is of every institution; leave --tenant out."),
    ],
)
def test_wrong_usage_is_told_and_ends_with_2(db, own_store, words, sentence):
    said = typed("reapply_erasures", *words)
    assert (said.code, said.err) == (2, sentence)


def test_a_ledger_that_cannot_be_read_stops_before_anything_is_ended(maya, own_store):
    folder = own_store / settings.DATA_BUCKET / "ledger" / "consent" / "2026-11-20"
    folder.mkdir(parents=True)
    (folder / "1.json").write_text("{}")
    said = typed("reapply_erasures", "--quiet")
    assert said.code == 1 and "cannot be read" in said.err
