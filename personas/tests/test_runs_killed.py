"""Workers killed in the middle of a run: others finish it, everybody is measured once, the counts are right."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts import rowsecurity
from accounts.models import User
from accounts.tests import factories
from accounts.tests.typing_in import ended, started, typed
from personas import profiles, runs
from personas.models import Assignment, Profile, Run, Shard, Snapshot
from personas.tests.factories import STATEMENT, loaded

WORKER = """
import sys
import django

django.setup()
from personas.management.commands.refresh_profiles import one_shard

while one_shard(*sys.argv[1:]):
    pass
"""
WAITING = """
    SELECT pid FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()
"""
ALIVE = "SELECT pid FROM pg_stat_activity WHERE pid = %s"


@pytest.fixture
def six(shared_db):
    """Six people with a statement, in the order of their ids."""
    people = [factories.consenting(f"p{n}") for n in range(6)]
    for user in people:
        loaded(user, STATEMENT, timezone.now())
    return sorted(user.pk for user in people)


@pytest.fixture
def eyes(six):
    return rowsecurity.pipeline(factories.TenantFactory().pk)


@pytest.fixture
def run(six, eyes):
    """Three shards of two."""
    with rowsecurity.viewing(eyes):
        return runs.start(tenant_id=eyes.tenant_id, stage=runs.DUE, user_ids=six, now=timezone.now(), size=2)


def worker(run):
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(run.tenant_id), str(run.pk)],
        cwd=settings.ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "spendsense.settings"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def found(query, *values):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(query, values)
        return [pid for (pid,) in cursor.fetchall()]


def killed_where_it_waits(process):
    """Kill the process group once its session stands before our lock; answer the session."""
    given_up = time.monotonic() + 60
    while not (waiting := found(WAITING)):
        assert process.poll() is None and time.monotonic() < given_up, process.communicate()
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    assert ended(process).code == -signal.SIGKILL
    (session,) = waiting
    return session


def gone(session):
    """Wait until the server has noticed that nobody listens any more."""
    given_up = time.monotonic() + 30
    while found(ALIVE, session):
        assert time.monotonic() < given_up
        time.sleep(0.02)


def killed_before_it_writes(run, six):
    """It stands before the first person of the second shard."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        User.objects.select_for_update().get(pk=six[2])
        session = killed_where_it_waits(worker(run))
    gone(session)
    return 1


def killed_before_it_commits(run, six):
    """It has written the first shard, and stands before the run to add it up."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Run.objects.select_for_update().get(pk=run.pk)
        session = killed_where_it_waits(worker(run))
    gone(session)
    return 0


def each(model):
    """How many rows of this model each person has."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return Counter(model.objects.values_list("user_id", flat=True))


def shards(eyes):
    with rowsecurity.viewing(eyes):
        return dict(Shard.objects.order_by("shard").values_list("shard", "status"))


@pytest.mark.parametrize("killed", [killed_before_it_writes, killed_before_it_commits])
def test_another_process_finishes_what_a_killed_one_began(run, six, eyes, killed):
    lost = killed(run, six)
    before = six[: 2 * lost]
    assert each(Snapshot) == dict.fromkeys(before, 3) and each(Profile) == dict.fromkeys(before, 1)
    with rowsecurity.viewing(eyes):
        left = Run.objects.get(pk=run.pk)
        assert (left.status, left.users, left.done, left.failed) == ("running", 6, 2 * lost, 0)
    assert ended(worker(run)).code == 0  # takes what is open, and leaves alone what is leased
    assert shards(eyes) == {shard: "leased" if shard == lost else "done" for shard in range(3)}
    later = timezone.now() + runs.LEASE + timedelta(seconds=1)
    with rowsecurity.viewing(eyes):
        taken = runs.take(tenant_id=run.tenant_id, now=later)
        assert (taken.shard, taken.attempts) == (lost, 2)
        assert runs.work(shard=taken, now=later)
        over = Run.objects.get(pk=run.pk)
        assert (over.status, over.users, over.done, over.changed, over.failed) == ("completed", 6, 6, 18, 0)
        assert over.finished_at == later
        assert profiles.due(tenant_id=run.tenant_id) == []
    assert each(Snapshot) == each(Assignment) == dict.fromkeys(six, 3)
    assert each(Profile) == dict.fromkeys(six, 1)


def test_two_processes_share_a_run_and_nobody_is_measured_twice(run, six, eyes):
    both = [ended(process) for process in (worker(run), worker(run))]
    assert [one.code for one in both] == [0, 0], both
    with rowsecurity.viewing(eyes):
        over = Run.objects.get(pk=run.pk)
        assert (over.status, over.done, over.changed) == ("completed", 6, 18)
        assert set(Shard.objects.values_list("attempts", flat=True)) == {1}
    assert each(Snapshot) == each(Assignment) == dict.fromkeys(six, 3)


def test_a_killed_command_is_run_again_and_its_own_run_ends_with_nothing_left(six, eyes):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        User.objects.select_for_update().get(pk=six[5])
        session = killed_where_it_waits(started("refresh_profiles", "--quiet"))
    gone(session)
    assert each(Snapshot) == {}
    soon, later = timezone.now(), timezone.now() + runs.LEASE + timedelta(seconds=1)
    with rowsecurity.viewing(eyes):
        standing = [Run.objects.standing_at(at).get().standing for at in (soon, later)]
    assert standing == ["running", "interrupted"]
    again = typed("refresh_profiles", "--quiet")
    assert (again.code, again.lines) == (0, ["done  6 users  appended 18  failed 0  0:00:00"])
    with rowsecurity.viewing(eyes):
        taken = runs.take(tenant_id=eyes.tenant_id, now=later)
        assert taken.attempts == 2 and runs.work(shard=taken, now=later)
        assert sorted(Run.objects.values_list("status", "users", "done", "changed", "failed")) == [
            ("completed", 6, 0, 0, 0),
            ("completed", 6, 6, 18, 0),
        ]
    assert each(Snapshot) == each(Assignment) == dict.fromkeys(six, 3)


def test_a_shard_that_kills_three_workers_is_given_up_and_its_people_stay_due(run, six, eyes):
    """The fourth who comes takes the next shard; the run says that it is not whole."""
    at = timezone.now()
    with rowsecurity.viewing(eyes):
        for attempt in (1, 2, 3):
            lost = runs.take(tenant_id=run.tenant_id, now=at)
            assert (lost.shard, lost.attempts) == (0, attempt)
            at += runs.LEASE + timedelta(seconds=1)
        while shard := runs.take(tenant_id=run.tenant_id, now=at):
            assert shard.shard != 0 and runs.work(shard=shard, now=at)
        over = Run.objects.get(pk=run.pk)
        assert (over.status, over.done, over.changed, over.failed) == ("completed_with_errors", 4, 12, 2)
        assert profiles.due(tenant_id=run.tenant_id) == six[:2]
        assert Shard.objects.get(shard=0).error == "The worker was lost three times."
        again = runs.start_if_due(tenant_id=run.tenant_id, now=at, started_by="pipeline")
        assert again.users == 2
