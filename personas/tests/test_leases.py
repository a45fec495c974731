"""Leases with two connections at the same time: kept while work goes on, lost without a trace, given back."""

import time
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connections
from django.utils import timezone

from accounts import rowsecurity
from accounts.leases import kept
from accounts.models import User
from accounts.tests import factories
from accounts.tests.typing_in import typed
from personas import profiles, runs
from personas.models import Assignment, Run, Shard, Snapshot
from personas.tests.at_once import elsewhere, until_somebody_waits_for_a_row
from personas.tests.factories import STATEMENT, loaded
from personas.working import work_off

BREAK = """
    CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'broken' USING ERRCODE = 'data_exception'; END $$;
    CREATE TRIGGER broken BEFORE INSERT ON signal_snapshots FOR EACH ROW WHEN (NEW.user_id = '{}')
        EXECUTE FUNCTION broken();
"""
MEND = "DROP TRIGGER broken ON signal_snapshots; DROP FUNCTION broken()"
SECOND = timedelta(seconds=1)


@pytest.fixture
def four(shared_db):
    people = [factories.consenting(f"p{n}") for n in range(4)]
    for user in people:
        loaded(user, STATEMENT, timezone.now())
    return sorted(user.pk for user in people)


@pytest.fixture
def eyes(four):
    return rowsecurity.pipeline(factories.TenantFactory().pk)


@pytest.fixture
def seen(eyes):
    """Do something with the eyes of the pipeline, in a transaction of its own."""

    def see(act, **values):
        with rowsecurity.viewing(eyes):
            return act(**values)

    return see


def begun(seen, eyes, people, now, size=2, stage=runs.DUE):
    return seen(runs.start, tenant_id=eyes.tenant_id, stage=stage, user_ids=people, now=now, size=size)


def altered(statement):
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def breaking(four):
    """Storing what was measured of the first of the four breaks, until it is mended."""
    altered(BREAK.format(four[0]))
    yield lambda: altered(MEND)
    connections["owner"].close()


def measured():
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return [Snapshot.objects.count(), Assignment.objects.count()]


def test_a_renewed_lease_is_not_taken_and_its_slow_worker_ends_it(four, eyes, seen):
    now = timezone.now()
    begun(seen, eyes, four, now, size=4)
    shard = seen(runs.take, tenant_id=eyes.tenant_id, now=now)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        User.objects.select_for_update().get(pk=four[0])
        working = elsewhere(lambda: seen(runs.work, shard=shard, now=now))
        until_somebody_waits_for_a_row()
        renewing = elsewhere(lambda: seen(runs.renew, shard=shard, now=now + timedelta(seconds=40)))
        assert renewing.result(30)  # the worker holds no lock that it would wait for
        late = now + runs.LEASE + SECOND
        assert elsewhere(lambda: seen(runs.take, tenant_id=eyes.tenant_id, now=late)).result(30) is None
    assert working.result(30).measured == 4
    assert not seen(runs.renew, shard=shard, now=late)
    assert measured() == [12, 12]


def test_who_lost_a_lease_writes_nothing_and_closes_nothing(four, eyes, seen):
    now = timezone.now()
    run = begun(seen, eyes, four, now, size=4)
    slow = seen(runs.take, tenant_id=eyes.tenant_id, now=now)
    later = now + runs.LEASE + SECOND
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        User.objects.select_for_update().get(pk=four[0])
        working = elsewhere(lambda: seen(runs.work, shard=slow, now=now))
        until_somebody_waits_for_a_row()
        quick = elsewhere(lambda: seen(runs.take, tenant_id=eyes.tenant_id, now=later)).result(30)
        assert quick.attempts == 2
    assert working.result(30) is None
    assert measured() == [0, 0]
    seen(runs.give_back, shard=slow, now=later, error="OperationalError")
    assert not seen(runs.renew, shard=slow, now=later)
    with rowsecurity.viewing(eyes):
        assert Shard.objects.values_list("status", "attempts", "error").get() == ("leased", 2, None)
    assert seen(runs.work, shard=quick, now=later).measured == 4
    with rowsecurity.viewing(eyes):
        over = Run.objects.get(pk=run.pk)
    assert (over.status, over.done, over.changed) == ("completed", 4, 12)
    assert measured() == [12, 12]


def test_a_lease_is_renewed_by_another_connection_until_its_work_ends(four, eyes, seen):
    now = timezone.now()
    begun(seen, eyes, four, now)
    shard = seen(runs.take, tenant_id=eyes.tenant_id, now=now)
    moments = iter(now + n * SECOND for n in range(1, 1_000_000))

    def lease():
        with rowsecurity.viewing(eyes):
            return Shard.objects.get(shard=shard.shard).lease_until

    def until(moment):
        given_up = time.monotonic() + 30
        while lease() < moment:
            assert time.monotonic() < given_up

    with kept(lambda: seen(runs.renew, shard=shard, now=next(moments)), every=timedelta(milliseconds=1)):
        until(now + runs.LEASE + 3 * SECOND)
    stands = lease()
    assert next(moments) - SECOND + runs.LEASE == stands  # nobody goes on renewing


def test_two_walks_at_once_start_one_run(four, eyes, seen):
    asked = {"tenant_id": eyes.tenant_id, "now": timezone.now(), "started_by": "pipeline"}
    with rowsecurity.viewing(eyes):
        assert runs.start_if_due(**asked).users == 4
        other = elsewhere(lambda: seen(runs.start_if_due, **asked))
        until_somebody_waits_for_a_row()
    assert other.result(30) is None


def test_a_shard_that_waits_for_its_next_try_holds_nobody_else_up(four, eyes, seen):
    now = timezone.now()
    begun(seen, eyes, four[:1], now)
    shard = seen(runs.take, tenant_id=eyes.tenant_id, now=now)
    seen(runs.give_back, shard=shard, now=now, error="MemoryError")
    run = seen(runs.start_if_due, tenant_id=eyes.tenant_id, now=now, started_by="pipeline")
    with rowsecurity.viewing(eyes):
        assert run.users == 3 and run.shards.get().from_user == four[1]
    taken = seen(runs.take, tenant_id=eyes.tenant_id, now=now)
    assert taken.run_id == run.pk and seen(runs.take, tenant_id=eyes.tenant_id, now=now) is None


def broke_off(tenant_id, now):
    """What every piece came to, until nothing is open: (measured, left as they are)."""
    worked = iter(lambda: work_off(tenant_id=tenant_id, clock=lambda: now), None)
    return [(one.done.measured, one.failed) for one in worked]


def test_a_fault_costs_the_one_who_breaks_a_while_and_nobody_else(four, eyes, seen, breaking):
    now = timezone.now()
    run = begun(seen, eyes, four, now)
    assert broke_off(eyes.tenant_id, now) == [(0, 0), (2, 0), (0, 1), (1, 0)]
    assert measured() == [9, 9]
    with rowsecurity.viewing(eyes):
        assert sorted(Shard.objects.values_list("shard", "status", "attempts", "error", "lease_until")) == [
            (1, "done", 1, None, None),
            (2, "pending", 1, "DataError", now + timedelta(minutes=1)),
            (3, "done", 1, None, None),
        ]
    breaking()
    later = now + timedelta(minutes=1, seconds=1)
    assert broke_off(eyes.tenant_id, later) == [(1, 0)]
    with rowsecurity.viewing(eyes):
        over = Run.objects.get(pk=run.pk)
        assert (over.status, over.done, over.failed) == ("completed", 4, 0)
    assert measured() == [12, 12]


def test_of_twenty_nineteen_are_done_once_and_the_poisoned_one_when_it_is_mended(shared_db, now):
    people = [factories.consenting(f"p{n}") for n in range(20)]
    for user in people:
        loaded(user, STATEMENT, now)
    ids, eyes = sorted(user.pk for user in people), rowsecurity.pipeline(people[0].tenant_id)
    poisoned = ids[13]
    altered(BREAK.format(poisoned))
    with rowsecurity.viewing(eyes):
        run = runs.start_if_due(tenant_id=eyes.tenant_id, now=now, started_by="pipeline")
    worked = broke_off(eyes.tenant_id, now)
    assert sum(done for done, _ in worked) == 19 and sum(failed for _, failed in worked) == 1
    assert worked.count((0, 0)) + 1 <= 1 + 5  # faults: the whole, and as often as twenty can be halved
    for minutes in (1, 10):
        now += timedelta(minutes=minutes, seconds=1)
        assert broke_off(eyes.tenant_id, now) == [(0, 1)]
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert Counter(Snapshot.objects.values_list("user_id", flat=True)) == dict.fromkeys({*ids} - {poisoned}, 3)
    with rowsecurity.viewing(eyes):
        over = Run.objects.get(pk=run.pk)
        assert (over.status, over.users, over.done, over.failed) == ("completed_with_errors", 20, 19, 1)
        left = over.shards.get(status="failed")
        assert (left.from_user, left.to_user, left.attempts, left.error) == (poisoned, poisoned, 3, "DataError")
    altered(MEND)
    connections["owner"].close()
    with rowsecurity.viewing(eyes):
        again = runs.start_if_due(tenant_id=eyes.tenant_id, now=now, started_by="pipeline")
    assert again.users == 1 and broke_off(eyes.tenant_id, now) == [(1, 0)]


def test_who_holds_a_whole_that_was_halved_meanwhile_writes_nothing(four, eyes, seen):
    now = timezone.now()
    begun(seen, eyes, four, now, size=4)
    slow = seen(runs.take, tenant_id=eyes.tenant_id, now=now)
    later = now + runs.LEASE + SECOND
    quick = seen(runs.take, tenant_id=eyes.tenant_id, now=later)
    assert seen(runs.give_back, shard=quick, now=later, error="MemoryError") == 0
    assert seen(runs.work, shard=slow, now=later) is None and not seen(runs.renew, shard=slow, now=later)
    assert seen(runs.give_back, shard=slow, now=later, error="MemoryError") == 0
    assert measured() == [0, 0]
    with rowsecurity.viewing(eyes):
        assert list(Shard.objects.order_by("shard").values_list("from_user", "to_user", "status", "attempts")) == [
            (four[0], four[1], "pending", 0),
            (four[2], four[3], "pending", 0),
        ]


def test_what_breaks_everywhere_is_not_halved_for_ever(four, eyes, seen, monkeypatch):
    monkeypatch.setattr(runs, "DOUBT", 1)
    now = timezone.now()
    begun(seen, eyes, four, now)
    first, second = (seen(runs.take, tenant_id=eyes.tenant_id, now=now) for _ in range(2))
    assert seen(runs.give_back, shard=first, now=now, error="MemoryError") == 0
    one = seen(runs.take, tenant_id=eyes.tenant_id, now=now)
    assert seen(runs.give_back, shard=one, now=now, error="MemoryError") == 1
    assert seen(runs.give_back, shard=second, now=now, error="MemoryError") == 2  # waits as a whole


@pytest.mark.parametrize("workers", [0, 2])
def test_a_command_tells_of_who_broke_and_goes_on_when_it_is_typed_again(four, eyes, seen, breaking, workers):
    broke = typed("refresh_profiles", "--quiet", "--workers", workers)
    assert (broke.code, broke.lines) == (1, ["done  3 users  appended 9  failed 1  0:00:00"])
    assert broke.err.startswith("1 users were left as they are: the fault is ours")
    breaking()
    again = typed("refresh_profiles", "--quiet", "--workers", workers)
    assert (again.code, again.lines) == (0, ["done  1 users  appended 3  failed 0  0:00:00"])
    with rowsecurity.viewing(eyes):
        assert profiles.due(tenant_id=eyes.tenant_id) == []


def test_everybody_is_gone_on_with_where_it_was_stopped(four, eyes, seen):
    now = timezone.now()
    run = begun(seen, eyes, four, now, stage=runs.EVERYBODY)
    assert work_off(tenant_id=eyes.tenant_id, clock=lambda: now).done.measured == 2
    said = typed("refresh_profiles", "--quiet", "--all", "--json")
    assert said.code == 0 and f'"run_id": "{run.pk}", "users": 2' in said.out
    with rowsecurity.viewing(eyes):
        over = Run.objects.get()  # no second one was begun
    assert (over.status, over.done) == ("completed", 4)


def test_one_person_is_measured_and_the_runs_of_others_are_left_alone(four, eyes, seen):
    begun(seen, eyes, four[1:], timezone.now())
    assert typed("refresh_profiles", "--quiet", "--user", four[0]).lines[0].startswith("done  1 users  appended 3")
    noor = factories.UserFactory(email="noor@example.test")
    refused = typed("refresh_profiles", "--quiet", "--user", noor.pk)
    assert (refused.code, refused.err) == (2, f"{noor.pk} has not agreed to be analysed.")
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert set(Snapshot.objects.values_list("user_id", flat=True)) == {UUID(str(four[0]))}
