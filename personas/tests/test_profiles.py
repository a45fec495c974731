"""Refreshing: measured with the pipeline's eyes, stored where something differs, assigned where something changed."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import cast, consent, loads, rowsecurity, uploads
from accounts.purposes import Purpose
from accounts.refusals import ConsentRequired
from accounts.tests import factories
from personas import overriding, profiles, runs
from personas.models import Assignment, OverrideCase, Profile, Run, Shard, Snapshot, Transition, Window
from personas.rules import Persona

STORIES = {
    "maya": "high_utilization",
    "theo": "subscription_heavy",
    "ines": "variable_income_budgeter",
    "sam": "savings_builder",
}


def loaded(user, data, now, name="statement.json"):
    got = uploads.receive(user=user, file_name=name, data=data, options={"sign_policy": "inflow_positive"}, now=now)
    claimed = loads.claim(tenant_id=user.tenant_id, now=now, upload_id=got.upload.pk)
    ended = loads.load(upload=claimed, now=now)
    assert ended.status == "completed", ended.report
    return ended


@pytest.fixture
def people(db, own_store, now):
    """The cast with their statements loaded; noor has not agreed."""
    members = {}
    for member in cast.CAST:
        user = factories.consenting(member.name) if member.purposes else factories.UserFactory(email=member.email)
        loaded(user, cast.statement(member, now.date()), now)
        members[member.name] = user
    return members


def refreshed(people, now, who=None):
    tenant_id = people["maya"].tenant_id
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        ids = [people[name].pk for name in who] if who else profiles.due(tenant_id=tenant_id)
        return profiles.refresh(user_ids=ids, tenant_id=tenant_id, now=now)


def primary(user, window="30d"):
    with rowsecurity.viewing(rowsecurity.of(user)):
        return profiles.latest(user_ids=[user.pk], window=Window(window))[user.pk].primary_persona


def test_each_story_gets_its_persona(people, now):
    assert refreshed(people, now + timedelta(minutes=1)).measured == 4
    assert {name: primary(people[name]) for name in STORIES} == STORIES
    assert primary(people["maya"], "180d") == "high_utilization"


def test_who_did_not_agree_is_not_measured(people, now):
    refreshed(people, now + timedelta(minutes=1))
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert not Snapshot.objects.filter(user=people["noor"]).exists()
    assert refreshed(people, now, ["noor"]).measured == 0


def test_a_second_refresh_writes_nothing_and_nobody_is_due(people, now):
    later = now + timedelta(minutes=1)
    refreshed(people, later)
    with rowsecurity.viewing(rowsecurity.pipeline(people["maya"].tenant_id)):
        assert profiles.due(tenant_id=people["maya"].tenant_id) == []
    again = refreshed(people, later + timedelta(minutes=1), ["maya", "sam"])
    assert (again.measured, again.stored, again.appended) == (2, 0, 0)


def test_a_person_alone_gets_the_same_bytes_as_in_a_batch(people, now):
    refreshed(people, now + timedelta(minutes=1))
    prints = {}
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        for row in Snapshot.objects.filter(user=people["sam"]):
            prints[row.time_window] = row.data_fingerprint
    assert refreshed(people, now + timedelta(minutes=5), ["sam"]).stored == 0
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert {row.time_window: row.data_fingerprint for row in Snapshot.objects.filter(user=people["sam"])} == prints


def test_better_data_makes_a_transition_that_is_celebrated(people, now, seeing):
    maya = people["maya"]
    refreshed(people, now + timedelta(minutes=1))
    paid = cast.statement(cast.MAYA, now.date()).replace(b'"current": 3400.0', b'"current": 200.0')
    paid = paid.replace(b'"minimum_payment_amount": 95, "last_payment_amount": 100', b'"minimum_payment_amount": 5')
    paid = paid.replace(b"Purchase Interest Charge", b"Lantern Home Goods").replace(
        b"Financial/Interest", b"Retail/Home"
    )
    loaded(maya, paid, now + timedelta(hours=1), "b.json")
    done = refreshed(people, now + timedelta(hours=2))
    assert done.measured == 1 and done.transitions == 3
    with seeing(maya):
        change = Transition.objects.get(window_type="30d")
        assert (change.from_persona, change.cause, change.celebration_shown) == ("high_utilization", "data", True)
        assert change.from_persona != change.to_persona and change.days_in_previous_persona == 0
        assert Profile.objects.get().persona == change.to_persona


def test_a_revert_makes_due_and_without_signals_there_is_no_current_persona(people, now, seeing):
    theo = people["theo"]
    refreshed(people, now + timedelta(minutes=1))
    with seeing(theo):
        upload_id = uploads.Upload.objects.get().pk
    uploads.revert(user=theo, upload_id=upload_id, now=now + timedelta(minutes=2))
    assert refreshed(people, now + timedelta(minutes=3)).measured == 1
    with seeing(theo):
        assert Profile.objects.get().persona is None
        assert Assignment.objects.filter(window_type="30d").count() == 1  # the rows stay


def test_a_revocation_in_the_middle_leaves_nothing(people, now):
    maya = people["maya"]
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now)
    assert refreshed(people, now, ["maya", "theo"]).measured == 1
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert not Snapshot.objects.filter(user=maya).exists() and not Profile.objects.filter(user=maya).exists()


def test_statements_do_not_grow_with_people(people, now):
    def counted(names, at):
        with CaptureQueriesContext(connection) as captured:
            refreshed(people, at, names)
        return len(captured)

    refreshed(people, now + timedelta(minutes=1))
    assert counted(["maya"], now + timedelta(minutes=2)) == counted(["maya", "theo", "sam"], now + timedelta(minutes=3))


def test_an_assign_always_appends_and_a_hold_answers_itself(people, omar, now, seeing):
    theo, tenant_id = people["theo"], people["theo"].tenant_id
    refreshed(people, now + timedelta(minutes=1))
    for minutes in (2, 3):
        with seeing(theo):
            answers = profiles.assign(
                user_ids=[theo.pk], tenant_id=tenant_id, window=Window.DAYS_30, now=now + timedelta(minutes=minutes)
            )
        assert answers[theo.pk].primary_persona == "subscription_heavy"
    with seeing(theo):
        assert Assignment.objects.filter(window_type="30d").count() == 3
    with seeing(omar):
        held = overriding.override(
            user=theo,
            window=Window.DAYS_30,
            persona=Persona.SAVINGS_BUILDER,
            reason="Cancelled everything on the phone.",
            by=omar,
            now=now + timedelta(minutes=4),
        )
        assert OverrideCase.objects.get().expected_persona == "savings_builder"
    with seeing(theo):
        answers = profiles.assign(
            user_ids=[theo.pk], tenant_id=tenant_id, window=Window.DAYS_30, now=now + timedelta(minutes=5)
        )
        assert answers[theo.pk].pk == held.pk
    assert refreshed(people, now + timedelta(minutes=6), ["theo"]).appended == 0


def test_nobody_is_assigned_without_consent_or_for_another(people, omar, now, seeing):
    noor, maya = people["noor"], people["maya"]
    with seeing(omar):
        answers = profiles.assign(
            user_ids=[noor.pk], tenant_id=noor.tenant_id, window=Window.DAYS_30, now=now + timedelta(minutes=2)
        )
        assert isinstance(answers[noor.pk], ConsentRequired)
    with seeing(maya):
        answers = profiles.assign(
            user_ids=[noor.pk], tenant_id=noor.tenant_id, window=Window.DAYS_30, now=now + timedelta(minutes=2)
        )
        assert isinstance(answers[noor.pk], profiles.UserNotFound)


def test_a_population_is_worked_off_in_shards_and_a_lost_worker_is_replaced(people, now):
    tenant_id = people["maya"].tenant_id
    eyes = rowsecurity.pipeline(tenant_id)
    with rowsecurity.viewing(eyes):
        due = profiles.due(tenant_id=tenant_id)
        run = runs.start(tenant_id=tenant_id, stage=runs.DUE, user_ids=due, now=now, size=2)
        lost = runs.take(tenant_id=tenant_id, now=now)
        other = runs.take(tenant_id=tenant_id, now=now)
        assert {lost.shard, other.shard} == {0, 1} and runs.take(tenant_id=tenant_id, now=now) is None
        later = now + timedelta(minutes=1)
        assert runs.work(shard=other, now=later)
        found = runs.take(tenant_id=tenant_id, now=now + timedelta(seconds=61))
        assert (found.shard, found.attempts) == (lost.shard, 2)
        assert runs.work(shard=found, now=later)
        assert not runs.work(shard=lost, now=later)  # its lease is somebody else's
        run = Run.objects.get(pk=run.pk)
        assert (run.status, run.users, run.done, run.changed) == ("completed", 4, 4, 12)
        assert Assignment.objects.count() == 12


def test_a_shard_that_fails_three_times_ends_the_run_with_errors(people, now):
    tenant_id = people["maya"].tenant_id
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        run = runs.start(tenant_id=tenant_id, stage=runs.DUE, user_ids=[people["sam"].pk], now=now)
        for minutes in (1, 10):
            runs.give_back(shard=runs.take(tenant_id=tenant_id, now=now), now=now, error="MemoryError")
            again = now + timedelta(minutes=minutes)
            assert runs.take(tenant_id=tenant_id, now=again) is None
            assert Run.objects.standing_at(again).get().standing == "running"  # it is awaited
            now = again + timedelta(seconds=1)
        runs.give_back(shard=runs.take(tenant_id=tenant_id, now=now), now=now, error="MemoryError")
        assert Shard.objects.get().status == "failed" and Shard.objects.get().error == "MemoryError"
        assert Run.objects.get(pk=run.pk).status == "completed_with_errors"
