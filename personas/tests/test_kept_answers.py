"""Answers kept in Redis: the same bytes for nothing, and never one that has been overtaken."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from accounts import consent, kept, people, rowsecurity, uploads
from accounts.kept import Kind
from accounts.models import Upload, User
from accounts.purposes import Purpose
from accounts.tests import factories
from personas import corrections, measured, overriding, profiles
from personas.models import Window
from personas.rules import Persona
from personas.signals import Correction
from personas.tests.factories import STATEMENT, loaded, refreshed

SIGNALS, PROFILE = "/api/users/me/signals", "/api/users/me/profile"
MORE = STATEMENT + b"main,2025-06-30,-55.00,Lantern Books,Books\n"


@pytest.fixture
def stood(maya, own_store, now):
    loaded(maya, STATEMENT, now)
    refreshed(maya, now)
    return maya


def names(user):
    return {kind for kind in Kind if cache.get(kind.of(user.pk))}


def spent(client):
    return client.get(SIGNALS).json()["signals"]["spending"]["spend_total"]


def overridden(user, by, now):
    with rowsecurity.viewing(rowsecurity.of(by)):
        overriding.override(
            user=user,
            window=Window.DAYS_30,
            persona=Persona.SAVINGS_BUILDER,
            reason="The savings account is at another bank.",
            by=by,
            now=now,
        )


def seeing(user, act, **given):
    with rowsecurity.viewing(rowsecurity.of(user)):
        return act(user=user, **given)


def test_the_second_answer_is_the_first_one_byte_for_byte(calling, stood):
    client = calling(stood)
    for path in (SIGNALS, f"{SIGNALS}?window=180d", PROFILE):
        first, second = client.get(path), client.get(path)
        assert first.content == second.content and first["Content-Type"] == second["Content-Type"]
    assert client.get(SIGNALS).json()["window"] == "30d"
    assert client.get(f"{SIGNALS}?window=180d").json()["window"] == "180d"
    assert names(stood) == {Kind.SIGNALS, Kind.PROFILE}


def test_answers_stand_under_the_published_names_for_as_long_as_published(calling, stood):
    calling(stood).get(SIGNALS), calling(stood).get(PROFILE)
    assert 86_390 <= cache.ttl(f"signals:{stood.pk}") <= 86_400
    assert 290 <= cache.ttl(f"profile:{stood.pk}") <= 300


CHANGES = {
    "refresh": lambda user, by, now: (loaded(user, MORE, now, "more.csv"), refreshed(user, now + timedelta(hours=1))),
    "load": lambda user, by, now: loaded(user, MORE, now, "more.csv"),
    "revert": lambda user, by, now: uploads.revert(
        user=user, upload_id=seeing(user, lambda user: Upload.objects.get(user=user).pk), now=now
    ),
    "correction": lambda user, by, now: seeing(
        user, corrections.correct, kind=Correction.NOT_SUBSCRIPTION, target="corner gym", note=None, now=now
    ),
    "revocation": lambda user, by, now: seeing(user, consent.revoke, purpose=Purpose.ANALYSIS, now=now),
    "grant": lambda user, by, now: seeing(user, consent.grant, purpose=Purpose.NOTES, now=now),
    "profile edit": lambda user, by, now: seeing(user, people.declare_income, monthly_income=Decimal(3000)),
    "assignment": lambda user, by, now: seeing(
        user,
        lambda user: profiles.assign(user_ids=[user.pk], tenant_id=user.tenant_id, window=Window.DAYS_30, now=now),
    ),
    "override": overridden,
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_clears_by_name_after_its_commit(
    calling, stood, omar, now, change, django_capture_on_commit_callbacks
):
    client = calling(stood)
    client.get(SIGNALS), client.get(PROFILE)
    assert names(stood) == {Kind.SIGNALS, Kind.PROFILE}
    with django_capture_on_commit_callbacks() as after:
        CHANGES[change](stood, omar, now)
        assert names(stood) == {Kind.SIGNALS, Kind.PROFILE}
    for act in after:
        act()
    assert names(stood) == set()


@pytest.mark.parametrize("change", sorted(set(CHANGES) - {"load", "revert"}))
def test_an_overtaken_answer_is_not_served_though_its_clearing_failed(calling, stood, omar, now, change):
    """The test's transaction never commits, so nothing is cleared. A load or revert by itself changes no answer: what
    it changes is measured by the refresh it makes due.
    """
    client = calling(stood)
    client.get(SIGNALS), client.get(PROFILE)
    CHANGES[change](stood, omar, now)
    assert names(stood) == {Kind.SIGNALS, Kind.PROFILE}
    with rowsecurity.viewing(rowsecurity.of(stood)):
        user, today = User.objects.get(pk=stood.pk), timezone.now().date()
    assert kept.answer(Kind.SIGNALS, user=user, today=today, which="30d") is None
    assert kept.answer(Kind.PROFILE, user=user, today=today) is None


def test_an_answer_made_before_a_refresh_and_kept_after_its_clearing_is_not_served(calling, live_db, own_store, now):
    """One connection reads, another measures anew, commits and clears, and only then the first one keeps."""
    stood = factories.consenting("maya")
    loaded(stood, STATEMENT, now)
    refreshed(stood, now)
    read, cleared = threading.Event(), threading.Event()
    today = timezone.now().date()

    def slow_reader():
        try:
            with rowsecurity.viewing(rowsecurity.of(stood)):
                user = User.objects.get(pk=stood.pk)
                found = measured.latest(user_id=user.pk, windows=[Window.DAYS_30])[Window.DAYS_30]
                read.set()
                assert cleared.wait(10)
                kept.keep(Kind.SIGNALS, user=user, today=today, answers={"30d": str(found.computed_at)})
        finally:
            connection.close()

    reader = threading.Thread(target=slow_reader)
    reader.start()
    assert read.wait(10)
    CHANGES["refresh"](stood, None, now)
    cleared.set()
    reader.join()
    assert cache.get(Kind.SIGNALS.of(stood.pk))  # it was kept
    assert spent(calling(stood)) == 255.0  # and is not what is told


def test_nothing_is_served_without_consent_or_from_another_day(calling, stood, omar, now):
    client, staff = calling(stood), calling(omar)
    client.get(SIGNALS)
    with rowsecurity.viewing(rowsecurity.of(stood)):
        user = User.objects.get(pk=stood.pk)
    today = timezone.now().date()
    assert kept.answer(Kind.SIGNALS, user=user, today=today, which="30d")
    assert kept.answer(Kind.SIGNALS, user=user, today=today + timedelta(days=1), which="30d") is None
    user.consent_status = False
    assert kept.answer(Kind.SIGNALS, user=user, today=today, which="30d") is None
    kept.keep(Kind.PROFILE, user=user, today=today, answers={"": "{}"})
    assert names(stood) == {Kind.SIGNALS}
    seeing(stood, consent.revoke, purpose=Purpose.ANALYSIS, now=now)
    assert client.get(SIGNALS).json()["code"] == "NO_SIGNALS"
    assert staff.get(f"/api/users/{stood.pk}/signals").json()["code"] == "NO_SIGNALS"


def test_staff_are_served_what_the_person_was_but_not_what_is_none_of_theirs(calling, stood, omar):
    other = factories.UserFactory(role="admin", tenant=factories.TenantFactory(slug="elsewhere"))
    first = calling(stood).get(SIGNALS)
    assert calling(omar).get(f"/api/users/{stood.pk}/signals").content == first.content
    assert calling(other).get(f"/api/users/{stood.pk}/signals").json()["code"] == "USER_NOT_FOUND"


def test_without_redis_every_read_is_a_miss(calling, stood, settings):
    cold = calling(stood).get(SIGNALS)
    address = {"LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": {**settings.CACHES["default"], **address}}
    client = calling(stood)
    assert [client.get(path).status_code for path in (SIGNALS, PROFILE, SIGNALS)] == [200] * 3
    assert client.get(SIGNALS).content == cold.content


def test_a_first_refresh_writes_no_user_and_a_later_one_each_once(maya, own_store, now):
    def generation():
        with rowsecurity.viewing(rowsecurity.of(maya)):
            return User.objects.get(pk=maya.pk).cache_generation

    loaded(maya, STATEMENT, now)
    before = generation()
    refreshed(maya, now)
    assert generation() == before
    refreshed(maya, now + timedelta(hours=1))
    assert generation() == before + 1
