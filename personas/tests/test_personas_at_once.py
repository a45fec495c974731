"""One person's personas when many act at the same time: ordered rows, one of everything, nothing after a revocation."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from psycopg.errors import SerializationFailure

from accounts import cast, consent, loads, rowsecurity, uploads
from accounts.models import ConsentRecord, Upload
from accounts.purposes import Purpose
from accounts.refusals import ConsentRequired
from accounts.tests import factories
from personas import corrections, history, profiles
from personas.models import Assignment, Correction, Profile, Snapshot, Transition, Window
from personas.signals import Correction as Kind
from personas.tests.at_once import elsewhere, until_somebody_waits_for_a_row
from personas.tests.factories import STATEMENT, loaded

LEVELS = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
SNAPSHOT = LEVELS[1:]  # what such a transaction sees ends where it began
PAID = (
    (b'"current": 3400.0', b'"current": 200.0'),
    (b'"minimum_payment_amount": 95, "last_payment_amount": 100', b'"minimum_payment_amount": 5'),
    (b"Purchase Interest Charge", b"Lantern Home Goods"),
    (b"Financial/Interest", b"Retail/Home"),
)


@pytest.fixture
def maya(live_db, own_store, now):
    """Her card is close to its limit."""
    user = factories.consenting("maya")
    loaded(user, cast.statement(cast.MAYA, now.date()), now, "a.json")
    return user


@pytest.fixture
def theo(live_db, own_store, now):
    user = factories.consenting("theo")
    theo = next(member for member in cast.CAST if member.name == "theo")
    loaded(user, cast.statement(theo, now.date()), now, "a.json")
    return user


def better(now):
    """The same statement with the card paid off."""
    data = cast.statement(cast.MAYA, now.date())
    for before, after in PAID:
        data = data.replace(before, after)
    return data


@contextmanager
def isolated(level, eyes):
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
        with rowsecurity.viewing(eyes):
            yield


def refresh(people, now):
    return profiles.refresh(user_ids=[user.pk for user in people], tenant_id=people[0].tenant_id, now=now)


def written(user):
    """Everything that was ever derived of a person, seen by nobody's policy."""
    with rowsecurity.viewing(rowsecurity.maintenance_of(user.pk)):
        return {
            model.__name__: model.objects.filter(user=user).count()
            for model in (Snapshot, Assignment, Transition, Profile)
        }


NOTHING = {"Snapshot": 0, "Assignment": 0, "Transition": 0, "Profile": 0}
ONCE = {"Snapshot": 3, "Assignment": 3, "Transition": 0, "Profile": 1}


def test_a_hundred_assigns_of_one_person_are_a_hundred_ordered_rows(maya, now):
    """Their clocks disagree with the order in which they come; her card was paid just before."""
    with rowsecurity.viewing(rowsecurity.pipeline(maya.tenant_id)):
        refresh([maya], now + timedelta(minutes=1))
    loaded(maya, better(now), now + timedelta(days=3), "b.json")
    moments = [now + timedelta(days=3, minutes=1, seconds=place * 37 % 100) for place in range(100)]

    def assign(moment):
        try:
            with rowsecurity.viewing(rowsecurity.of(maya)):
                asked = {"user_ids": [maya.pk], "tenant_id": maya.tenant_id, "window": Window.DAYS_30, "now": moment}
                return profiles.assign(**asked)[maya.pk]
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(assign, moments))
    with rowsecurity.viewing(rowsecurity.of(maya)):
        rows = list(Assignment.objects.filter(window_type="30d").order_by("assigned_at", "seq"))
        (change,) = Transition.objects.filter(window_type="30d")
        lasting, _ = history.tenure(user_id=maya.pk, window="30d", now=now + timedelta(days=10))
        stands = Profile.objects.get()
    assert len({answer.pk for answer in answers}) == 100
    # The first refresh gave one row; whoever came first afterwards measured, which gives no row beside the answer's.
    assert len(rows) == 101 and {answer.pk for answer in answers} == {row.pk for row in rows[1:]}
    assert [row.seq for row in rows] == sorted(row.seq for row in rows)
    assert [row.primary_persona for row in rows] == ["high_utilization"] + [change.to_persona] * 100
    assert change.assignment_id == rows[1].pk and change.from_assignment_id == rows[0].pk
    assert change.days_in_previous_persona == 3
    assert (lasting.current_persona, lasting.since) == (change.to_persona, rows[1].assigned_at)
    assert (lasting.previous_persona, lasting.assigned_at) == ("high_utilization", rows[-1].assigned_at)
    assert stands.persona == rows[-1].profile_persona == change.to_persona
    assert written(maya)["Transition"] == 3 and written(maya)["Snapshot"] == 6


@pytest.mark.parametrize("level", LEVELS)
def test_two_workers_who_refresh_one_person_leave_one_set(maya, now, level):
    """The second stands before her row while the first has written and not yet committed."""
    eyes = rowsecurity.pipeline(maya.tenant_id)

    def second():
        with isolated(level, eyes):
            return refresh([maya], now + timedelta(minutes=2))

    with isolated(level, eyes):
        assert refresh([maya], now + timedelta(minutes=1)).stored == 3
        other = elsewhere(second)
        until_somebody_waits_for_a_row()
        assert not other.done()
    if level in SNAPSHOT:
        with pytest.raises(OperationalError) as refused:
            other.result(30)
        assert isinstance(refused.value.__cause__, SerializationFailure)
    else:
        found = other.result(30)
        assert (found.measured, found.stored, found.appended, found.transitions) == (1, 0, 0, 0)
    assert written(maya) == ONCE
    with rowsecurity.viewing(eyes):
        assert profiles.due(tenant_id=maya.tenant_id) == []
        assert refresh([maya], now + timedelta(minutes=3)).stored == 0


@pytest.mark.parametrize("level", LEVELS)
def test_who_comes_before_a_revocation_writes_before_it(maya, now, level):
    """A revocation waits for the batch that has the person, and hides what it wrote."""
    eyes = rowsecurity.pipeline(maya.tenant_id)

    def revoke():
        with rowsecurity.viewing(rowsecurity.of(maya)):
            return consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now + timedelta(minutes=2))

    with isolated(level, eyes):
        refresh([maya], now + timedelta(minutes=1))
        revocation = elsewhere(revoke)
        until_somebody_waits_for_a_row()
        assert not revocation.done()
        assert ConsentRecord.objects.filter(user=maya, revoked_at=None).exists()
    assert revocation.result(30)
    assert written(maya) == ONCE
    with isolated(level, eyes):
        assert not Snapshot.objects.exists() and not Assignment.objects.exists()
        assert refresh([maya], now + timedelta(minutes=3)).measured == 0
    assert written(maya) == ONCE


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("committed", [False, True], ids=["while it waits", "after it began"])
def test_a_revocation_in_the_middle_of_a_batch_leaves_nothing(maya, theo, now, level, committed):
    """The batch begins; she revokes; the batch goes on. What it read before does not count."""
    eyes = rowsecurity.pipeline(maya.tenant_id)
    began, go_on = threading.Event(), threading.Event()

    def batch():
        with isolated(level, eyes):
            assert set(profiles.due(tenant_id=maya.tenant_id)) == {maya.pk, theo.pk}
            began.set()
            assert go_on.wait(30)
            return refresh([maya, theo], now + timedelta(minutes=2))

    worker = elsewhere(batch)
    assert began.wait(30)
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now + timedelta(minutes=1))
        if not committed:
            go_on.set()  # it measures her, and stands before her row until she is gone
            until_somebody_waits_for_a_row()
    go_on.set()
    if level in SNAPSHOT:
        with pytest.raises(OperationalError) as refused:
            worker.result(30)
        assert isinstance(refused.value.__cause__, SerializationFailure)
        assert written(theo) == NOTHING
        with isolated(level, eyes):  # given back, the batch is worked off without her
            assert profiles.due(tenant_id=maya.tenant_id) == [theo.pk]
            assert refresh([maya, theo], now + timedelta(minutes=3)).measured == 1
    else:
        assert worker.result(30).measured == 1
    assert written(maya) == NOTHING
    assert written(theo) == ONCE


@pytest.mark.parametrize("level", LEVELS)
def test_an_assign_that_meets_a_revocation_is_refused(maya, now, level):
    eyes = rowsecurity.of(maya)

    def assign():
        with isolated(level, eyes):
            asked = {"user_ids": [maya.pk], "tenant_id": maya.tenant_id, "window": Window.DAYS_30}
            return profiles.assign(**asked, now=now + timedelta(minutes=2))[maya.pk]

    with rowsecurity.viewing(eyes):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now + timedelta(minutes=1))
        assigned = elsewhere(assign)
        until_somebody_waits_for_a_row()
    if level in SNAPSHOT:
        with pytest.raises(OperationalError) as refused:
            assigned.result(30)
        assert isinstance(refused.value.__cause__, SerializationFailure)
    else:
        assert isinstance(assigned.result(30), ConsentRequired)
    assert written(maya) == NOTHING


def test_a_load_that_waited_for_an_assign_is_not_forgotten(maya, now):
    """Its clock was read before that of the assign, and it ends after it."""
    eyes, policy = rowsecurity.pipeline(maya.tenant_id), {"sign_policy": "inflow_positive"}
    earlier, later = now + timedelta(minutes=2), now + timedelta(minutes=3)
    with rowsecurity.viewing(eyes):
        refresh([maya], now + timedelta(minutes=1))
    got = uploads.receive(user=maya, file_name="b.json", data=better(now), options=policy, now=earlier)
    claimed = loads.claim(tenant_id=maya.tenant_id, now=earlier, upload_id=got.upload.pk)
    with rowsecurity.viewing(rowsecurity.of(maya)):
        asked = {"user_ids": [maya.pk], "tenant_id": maya.tenant_id, "window": Window.DAYS_30}
        profiles.assign(**asked, now=later)
        loading = elsewhere(lambda: loads.load(upload=claimed, now=earlier))
        until_somebody_waits_for_a_row()
    assert loading.result(30).status == "completed"
    with rowsecurity.viewing(eyes):
        assert profiles.due(tenant_id=maya.tenant_id) == [maya.pk]
        assert refresh([maya], now + timedelta(minutes=4)).transitions == 3
        assert profiles.due(tenant_id=maya.tenant_id) == []


def correct(maya, now):
    with rowsecurity.viewing(rowsecurity.of(maya)):
        corrections.correct(user=maya, kind=Kind.NOT_INCOME, target="northwind payroll", note=None, now=now)


def withdraw(maya, now):
    with rowsecurity.viewing(rowsecurity.of(maya)):
        corrections.withdraw(user=maya, correction_id=Correction.objects.get().pk, now=now)


def revert(maya, now):
    with rowsecurity.viewing(rowsecurity.of(maya)):
        upload_id = Upload.objects.get().pk
    uploads.revert(user=maya, upload_id=upload_id, now=now)


def grant(maya, now):
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now)
        consent.grant(user=maya, purpose=Purpose.ANALYSIS, now=now)


@pytest.mark.parametrize("act", [correct, withdraw, revert, grant])
def test_an_act_that_waited_for_a_refresh_is_seen_by_the_next(live_db, own_store, now, act):
    """Its clock was read before that of the refresh, and it ends after it."""
    maya = factories.consenting("maya")
    loaded(maya, STATEMENT, now)
    if act is withdraw:
        correct(maya, now)
    eyes, earlier = rowsecurity.pipeline(maya.tenant_id), now + timedelta(minutes=1)
    with rowsecurity.viewing(eyes):
        refresh([maya], now + timedelta(minutes=2))
        acting = elsewhere(lambda: act(maya, earlier))
        until_somebody_waits_for_a_row()
        assert not acting.done()
    acting.result(30)
    with rowsecurity.viewing(eyes):
        assert profiles.due(tenant_id=maya.tenant_id) == [maya.pk]
        refresh([maya], now + timedelta(minutes=3))
        assert profiles.due(tenant_id=maya.tenant_id) == []
