"""What is done once a day: by one of many, for the days that ended, again after a fault, and without the others."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from accounts import analytics, chores, rowsecurity, storage
from accounts.models import Chore
from accounts.tests import factories
from accounts.tests.typing_in import typed
from personas.tests.at_once import elsewhere, until_somebody_waits_for_a_row
from personas.tests.factories import STATEMENT, loaded, refreshed
from spendsense import chores as ours

pytestmark = pytest.mark.usefixtures("own_store")

MORNING = datetime(2025, 7, 3, 9, tzinfo=UTC)
YESTERDAY = date(2025, 7, 2)
PURGE = {"name": "purge_idempotency", "tenant_id": None}


def done(now):
    return [(night.name, good) for night, good in ours.run(clock=lambda: now)]


def mark(name):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return Chore.objects.get(name=name)


def signals(user):
    return sorted(key[-18:-8] for key in storage.keys(f"signals/user_id={user.pk}", store=storage.ANALYTICS))


@pytest.fixture
def away(maya, own_store):
    """Maya was measured yesterday; then the analytics bucket is no folder, until it is put back."""
    at = MORNING - timedelta(days=1)
    analytics.write(upload=loaded(maya, STATEMENT, at), now=at)
    refreshed(maya, at)
    bucket, aside = own_store / "spendsense-analytics", own_store / "aside"
    bucket.rename(aside)
    bucket.write_bytes(b"a file where the folder should be")

    def back():
        bucket.unlink()
        aside.rename(bucket)

    return back


def test_each_is_done_once_a_day_and_for_each_institution(db):
    factories.TenantFactory(slug="default")
    factories.TenantFactory(slug="elsewhere")
    assert done(MORNING) == [
        *((name, True) for name in ours.OF_EACH_TENANT for _ in range(2)),
        *((name, True) for name in ours.OF_THE_HOUSE),
    ]
    assert done(MORNING + timedelta(hours=14)) == []
    assert len(done(MORNING + timedelta(days=1))) == 2 * len(ours.OF_EACH_TENANT) + len(ours.OF_THE_HOUSE)


def test_a_day_has_ended_two_hours_after_midnight(db):
    assert chores.begin(**PURGE, now=datetime(2025, 7, 3, 1, 59, tzinfo=UTC)).day == date(2025, 7, 1)
    later = chores.begin(**PURGE, now=datetime(2025, 7, 3, 2, 11, tzinfo=UTC))
    assert (later.day, later.since) == (YESTERDAY, None)


def test_a_missed_night_is_made_up_for(db):
    first = chores.begin(**PURGE, now=MORNING)
    chores.end(night=first, now=MORNING)
    later = chores.begin(**PURGE, now=MORNING + timedelta(days=4))
    assert (first.since, first.day) == (None, YESTERDAY)
    assert (later.since, later.day) == (date(2025, 7, 3), date(2025, 7, 6))


def test_of_two_at_once_one_does_it(live_db):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        begun = chores.begin(**PURGE, now=MORNING)
        other = elsewhere(lambda: chores.begin(**PURGE, now=MORNING))
        until_somebody_waits_for_a_row()  # for the first row there ever is
    assert begun and other.result(30) is None
    again = MORNING + chores.LEASE + timedelta(seconds=1)
    assert chores.begin(**PURGE, now=again).attempts == 2  # the first one was lost
    chores.end(night=begun, now=again)
    assert mark("purge_idempotency").done_through is None  # it is not his any more


def test_a_lease_is_kept_while_the_work_goes_on(live_db):
    night = chores.begin(**PURGE, now=MORNING)
    assert elsewhere(lambda: chores.renew(night=night, now=MORNING + timedelta(minutes=9))).result(30)
    assert chores.begin(**PURGE, now=MORNING + timedelta(minutes=11)) is None
    assert mark("purge_idempotency").lease_until == MORNING + timedelta(minutes=19)


def test_what_was_measured_on_days_that_ended_is_exported(maya):
    for at, name in ((MORNING - timedelta(days=3), "a.csv"), (MORNING - timedelta(days=1), "b.csv")):
        statement = STATEMENT + f"main,2025-06-{at.day:02},-9.00,Kiosk,Food\n".encode()
        analytics.write(upload=loaded(maya, statement, at, name), now=at)
        refreshed(maya, at)
    assert ("export_people", True) in done(MORNING)
    assert signals(maya) == ["2025-06-30", "2025-07-02"]


def test_a_store_that_is_away_puts_its_chore_off_and_no_other(maya, away):
    assert {name for name, good in done(MORNING) if not good} == {"export_people", "expire_objects"}
    assert mark("export_people").error == "STORAGE_UNAVAILABLE"
    assert done(MORNING + timedelta(minutes=10)) == []
    away()
    assert done(MORNING + timedelta(minutes=11)) == [("export_people", True), ("expire_objects", True)]
    assert signals(maya) == ["2025-07-02"]


def test_wrong_usage_is_told(db):
    said = typed("run_chores", "--only", "dust")
    assert (said.code, said.err) == (2, f"There is no chore dust; there are {', '.join(ours.NAMES)}.")


def test_a_command_does_what_is_named_and_then_nothing(db):
    assert typed("run_chores", "--only", "purge_idempotency", "--quiet").lines == [
        "done  purge_idempotency",
        "done  1 chores  failed 0  0:00:00",
    ]
    again = typed("run_chores", "--only", "purge_idempotency", "--quiet", "--json")
    assert [json.loads(line) for line in again.lines] == [{"chores": 0, "failed": 0}]


def test_nobody_but_maintenance_sees_how_far_they_are(maya, omar):
    list(ours.run(clock=timezone.now))
    for eyes in (rowsecurity.of(maya), rowsecurity.of(omar), rowsecurity.pipeline(maya.tenant_id), rowsecurity.NOBODY):
        with rowsecurity.viewing(eyes):
            assert not Chore.objects.exists()
