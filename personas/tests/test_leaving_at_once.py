"""Somebody leaves while work on them is in flight: at no isolation level does anything of them remain or come back."""

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from psycopg.errors import SerializationFailure

from accounts import analytics, consent, erasure, loads, rowsecurity, storage, takeout, uploads
from accounts.models import Upload, User
from accounts.models.leaving import Scope
from accounts.purposes import Purpose
from accounts.tests import factories
from accounts.tests.senders import rows_of
from personas import exports, simulating
from personas.models import RuleSet, Simulation, Window
from personas.tests.factories import STATEMENT, loaded, refreshed
from personas.tests.test_personas_at_once import (
    LEVELS,
    SNAPSHOT,
    elsewhere,
    isolated,
    refresh,
    until_somebody_waits_for_a_row,
)

LATER = timedelta(minutes=5)


@pytest.fixture
def maya(live_db, own_store, now):
    user = factories.consenting("maya")
    loaded(user, STATEMENT, now)
    return user


def revoke(user, now):
    with rowsecurity.viewing(rowsecurity.of(user)):
        return consent.revoke(user=user, purpose=Purpose.ANALYSIS, now=now)


def left(user):
    return erasure.remaining(user_id=user.pk, scope=Scope.ACCOUNT)


def files(user):
    names = (*analytics.SCHEMAS, *exports.SCHEMAS)
    return [key for name in names for key in storage.keys(f"{name}/user_id={user.pk}", store=storage.ANALYTICS)]


def refused_or_done(future, level):
    """A transaction that looked before and writes after is refused; one that looks again goes on."""
    if level in SNAPSHOT:
        with pytest.raises(OperationalError) as refused:
            future.result(30)
        assert isinstance(refused.value.__cause__, SerializationFailure)
        return None
    return future.result(30)


# -- erasure meets other work


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("scope", [Scope.ANALYSIS, Scope.ACCOUNT])
def test_a_refresh_that_was_first_is_erased_with_the_rest(maya, now, level, scope):
    eyes = rowsecurity.pipeline(maya.tenant_id)
    with isolated(level, eyes):
        refresh([maya], now + LATER)
        erased = elsewhere(lambda: erasure.erase(user=maya, scope=scope, now=now + LATER))
        until_somebody_waits_for_a_row()
    assert erased.result(30).erasure.issued["verification"]["rows_remaining"] == 0
    assert erasure.remaining(user_id=maya.pk, scope=scope) == 0


@pytest.mark.parametrize("level", LEVELS)
def test_a_refresh_that_comes_during_an_erasure_stores_nothing(maya, now, level):
    eyes = rowsecurity.pipeline(maya.tenant_id)
    began, go_on = threading.Event(), threading.Event()

    def batch():
        with isolated(level, eyes):
            assert User.objects.filter(pk=maya.pk).exists()
            began.set()
            assert go_on.wait(30)
            return refresh([maya], now + LATER).measured

    worker = elsewhere(batch)
    assert began.wait(30)
    with rowsecurity.viewing(rowsecurity.of(maya)):
        erasure.erase(user=maya, scope=Scope.ACCOUNT, now=now)
        go_on.set()
        until_somebody_waits_for_a_row()
    assert refused_or_done(worker, level) in (0, None)
    assert left(maya) == 0


def test_a_load_that_waited_for_an_erasure_finds_its_upload_gone(maya, now):
    got = uploads.receive(user=maya, file_name="b.csv", data=STATEMENT + b"\n", options={}, now=now)
    claimed = loads.claim(tenant_id=maya.tenant_id, now=now, upload_id=got.upload.pk)
    with rowsecurity.viewing(rowsecurity.of(maya)):
        erasure.erase(user=maya, scope=Scope.ACCOUNT, now=now)
        loading = elsewhere(lambda: loads.load(upload=claimed, now=now + LATER))
        until_somebody_waits_for_a_row()
    assert loading.result(30).status == "processing"
    assert loads.give_back(upload=claimed, now=now + LATER).status == "processing"  # as the pipeline after a fault
    assert left(maya) == 0


def test_an_erasure_that_waited_for_a_load_takes_its_rows_too(maya, now):
    got = uploads.receive(user=maya, file_name="b.csv", data=STATEMENT + b"\n", options={}, now=now)
    with rowsecurity.viewing(rowsecurity.of(maya)):
        uploads.one_after_another(maya.pk)  # as a load begins
        erased = elsewhere(lambda: erasure.erase(user=maya, scope=Scope.ANALYSIS, now=now + LATER))
        until_somebody_waits_for_a_row()
        factories.TransactionFactory(user=maya)
    assert erased.result(30).erasure.issued["rows"]["transactions"] == 8
    assert set(rows_of(maya).values()) == {0} and got.upload.pk


def test_an_erasure_waits_for_an_export_being_asked_for_and_takes_it(maya, now):
    with rowsecurity.viewing(rowsecurity.of(maya)):
        takeout.request(user=maya, now=now)
        erased = elsewhere(lambda: erasure.erase(user=maya, scope=Scope.ACCOUNT, now=now))
        until_somebody_waits_for_a_row()
    assert erased.result(30).erasure.issued["rows"]["exports"] == 1
    assert takeout.take(tenant_id=maya.tenant_id, now=now) is None


def test_of_two_erasures_at_once_one_finds_the_account(maya, now):
    with rowsecurity.viewing(rowsecurity.of(maya)):
        erasure.erase(user=maya, scope=Scope.ACCOUNT, now=now)
        second = elsewhere(lambda: erasure.erase(user=maya, scope=Scope.ACCOUNT, now=now))
        until_somebody_waits_for_a_row()
    with pytest.raises(erasure.Gone):
        second.result(30)


def test_an_erasure_whose_connection_dies_has_not_begun(maya, now):
    """Killed in the middle: the server ends its session before the commit."""
    holding = threading.Event()

    def half():
        with rowsecurity.viewing(rowsecurity.of(maya)):
            erasure.erase(user=maya, scope=Scope.ACCOUNT, now=now)
            holding.set()
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    worker = elsewhere(half)
    assert holding.wait(30)
    with pytest.raises(OperationalError):
        worker.result(30)
    assert rows_of(maya)["transactions"] == 7


# -- a revocation meets files and simulations


@pytest.mark.parametrize("level", LEVELS)
def test_files_of_an_upload_that_meet_a_revocation_are_taken_away(maya, now, level):
    """She revokes after the rows were read and before it is written down that there are files."""
    with rowsecurity.viewing(rowsecurity.of(maya)):
        upload = Upload.objects.get()
    read, go_on = threading.Event(), threading.Event()
    put = storage.put

    def waiting(key, data, **more):
        put(key, data, **more)
        read.set()
        assert go_on.wait(30)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage, "put", waiting)
        writing = elsewhere(lambda: analytics.write(upload=upload, now=now))
        assert read.wait(30)
        with isolated(level, rowsecurity.of(maya)):
            consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now + LATER)
        go_on.set()
        assert writing.result(30) == []
    assert files(maya) == [] and analytics.stranded(tenant_id=maya.tenant_id) == []


@pytest.mark.parametrize("level", LEVELS)
def test_files_of_signals_that_meet_a_revocation_are_taken_away(maya, now, level):
    with rowsecurity.viewing(rowsecurity.of(maya)):
        upload = Upload.objects.get()
    analytics.write(upload=upload, now=now)
    refreshed(maya, now)
    put = storage.put

    def interrupted(key, data, **more):
        put(key, data, **more)
        if not revoked:
            with isolated(level, rowsecurity.of(maya)):
                revoked.append(consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now + LATER))

    revoked: list[bool] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage, "put", interrupted)
        asked = {"user_ids": [maya.pk], "tenant_id": maya.tenant_id, "since": now.date()}
        written = elsewhere(lambda: exports.write(**asked)).result(30)
    assert revoked == [True] and written == []
    assert not [key for key in files(maya) if key.startswith(("signals", "persona_assignments"))]


def shown(simulation, eyes, now):
    with rowsecurity.viewing(eyes):
        told = simulating.told(Simulation.objects.get(pk=simulation.pk), now=now)
    return [one["user_id"] for window in told["windows"].values() for one in window["sample"]]


def named(simulation):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        result = Simulation.objects.get(pk=simulation.pk).result
    return [one["user_id"] for window in result["windows"].values() for one in window["sample"]]


@pytest.fixture
def simulation(maya, now):
    """One that ended and names her and another person."""
    theo, omar = factories.consenting("theo"), factories.UserFactory(email="o@example.test", role="admin")
    with rowsecurity.viewing(rowsecurity.of(omar)):
        active = RuleSet.objects.get(tenant=None)
        sample = [{"user_id": str(user.pk), "before": "saver", "after": "saver"} for user in (maya, theo, maya)]
        windows = {name: {"changed": 2, "sample": sample} for name in Window.values()}
        return Simulation.objects.create(
            tenant_id=omar.tenant_id, rule_set=active, rule_set_hash="0" * 64, base_version=1, windows=[],
            status="completed", result={"users": 2, "windows": windows}, created_by=omar.actor, created_at=now,
            finished_at=now,
        ), theo, omar  # fmt: skip


def test_who_revoked_is_named_by_no_simulation_not_even_after_a_new_consent(maya, simulation, now):
    ended, theo, omar = simulation
    eyes = rowsecurity.of(omar)
    assert set(shown(ended, eyes, now)) == {str(maya.pk), str(theo.pk)}
    revoke(maya, now + LATER)
    assert set(shown(ended, eyes, now)) == {str(theo.pk)}
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.grant(user=maya, purpose=Purpose.ANALYSIS, now=now + 2 * LATER)
    assert set(shown(ended, eyes, now)) == {str(theo.pk)}


@pytest.mark.parametrize("scope", [Scope.ANALYSIS, Scope.ACCOUNT])
def test_an_erasure_takes_a_person_out_of_every_simulation_and_nobody_else(maya, simulation, now, scope):
    ended, theo, _ = simulation
    erased = erasure.erase(user=maya, scope=scope, now=now)
    assert named(ended) == [str(theo.pk)] * 3 and erased.erasure.issued["rows"]["rule_set_simulations"] == 1
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert Simulation.objects.get(pk=ended.pk).result["users"] == 2
