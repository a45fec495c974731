"""The commands that keep the house: expired uploads, old objects, stored answers, the ledger, the demo."""

import json
import os
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import cast, consent, idempotency, rowsecurity, storage, uploads
from accounts.models import LedgerMonth, StoredAnswer, Upload, User
from accounts.models.uploads import FileType, Status
from accounts.purposes import Purpose
from accounts.tests import factories
from accounts.tests.senders import PLAIN, load_all, rows_of
from accounts.tests.typing_in import typed


@pytest.fixture(autouse=True)
def _files_stay_here(own_store):
    pass


def announced(user, hours_ago):
    then = timezone.now() - timedelta(hours=hours_ago)
    upload, _ = uploads.presign(
        user=user, file_name="a.csv", file_size=9, kind=FileType.CSV, options={}, post_to="{upload_id}", now=then
    )
    storage.put(upload.s3_key, b"date,sum\n")
    return upload


def status_of(upload, user):
    with rowsecurity.viewing(rowsecurity.of(user)):
        return Upload.objects.get(pk=upload.pk).status


# -- expire_uploads


def test_what_nobody_completed_in_a_day_is_failed_and_its_object_gone(maya):
    old, fresh = announced(maya, 25), announced(maya, 23)
    received = uploads.receive(
        user=maya, file_name="b.csv", data=PLAIN, options={}, now=timezone.now() - timedelta(hours=99)
    ).upload
    assert typed("expire_uploads").lines == ["done  1 uploads expired"]
    assert [status_of(upload, maya) for upload in (old, fresh, received)] == ["failed", "pending", "pending"]
    assert sorted(storage.keys(f"uploads/{maya.pk}")) == sorted([fresh.s3_key, received.s3_key])
    assert typed("expire_uploads").lines == ["done  0 uploads expired"]


def test_another_age_and_another_tenant_can_be_named(maya):
    upload = announced(maya, 2)
    factories.TenantFactory(slug="elsewhere")
    assert json.loads(typed("expire_uploads", "--older-than", 1, "--tenant", "elsewhere", "--json").out) == {
        "expired": 0
    }
    assert json.loads(typed("expire_uploads", "--older-than", 1, "--json").out) == {"expired": 1}
    assert status_of(upload, maya) == "failed"


@pytest.mark.parametrize("age", ["-1", "nan", "inf", "soon"])
def test_an_age_that_is_none_expires_nothing(maya, age):
    upload = announced(maya, 0)
    said = typed("expire_uploads", f"--older-than={age}")
    assert said.code != 0 and "hours" in said.err
    assert status_of(upload, maya) == "pending"


# -- expire_objects


def aged(own_store, bucket, key, days, store=storage.DATA):
    storage.put(key, b"x", store=store)
    then = (timezone.now() - timedelta(days=days)).timestamp()
    os.utime(own_store / bucket / key, (then, then))
    return key


def test_objects_past_their_days_go_and_the_ledger_stays(db, own_store, settings):
    place = settings.DATA_BUCKET
    kept = [
        aged(own_store, place, "uploads/u/new.csv", 364),
        aged(own_store, place, "exports/u/new.csv", 6),
        aged(own_store, place, "ledger/u/old.json", 4000),
    ]
    aged(own_store, place, "uploads/u/old.csv", 366)
    aged(own_store, place, "exports/u/old.csv", 8)
    assert typed("expire_objects", "--bucket", "data").lines == ["done  2 objects deleted"]
    assert sorted(key for prefix in ("uploads", "exports", "ledger") for key in storage.keys(prefix)) == sorted(kept)
    assert json.loads(typed("expire_objects", "--bucket", "data", "--json").out) == {"deleted": 0}


def test_analytics_files_live_two_years(db, own_store, settings):
    for days in (729, 731):
        aged(own_store, settings.ANALYTICS_BUCKET, f"accounts/user_id=u/{days}.parquet", days, storage.ANALYTICS)
    assert typed("expire_objects", "--bucket", "analytics").lines == ["done  1 objects deleted"]
    assert list(storage.keys("accounts", store=storage.ANALYTICS)) == ["accounts/user_id=u/729.parquet"]


def test_on_s3_the_bucket_does_it_itself(db, settings):
    settings.STORAGE = "s3"
    said = typed("expire_objects", "--bucket", "data")
    assert said.code == 2 and said.err == "On S3 the bucket's life cycle deletes; setup_storage applies it."


# -- purge_idempotency


def test_stored_answers_of_all_tenants_go_after_their_day(maya):
    other = factories.UserFactory(email="x@example.test", tenant=factories.TenantFactory(slug="elsewhere"))
    now = timezone.now()
    for user, age in ((maya, 25), (other, 25), (maya, 1)):
        with rowsecurity.viewing(rowsecurity.of(user)):
            scope = idempotency.scope(tenant_id=user.tenant_id, actor=user.actor, route="POST /x", key=f"k{age}")
            idempotency.claim(scope=scope, fingerprint="0" * 64, now=now - timedelta(hours=age))
    assert typed("purge_idempotency").lines == ["done  2 answers deleted"]
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert StoredAnswer.objects.get().key == "k1"


# -- verify_ledger


@pytest.fixture
def spoiled(maya, now):
    """A month of maya's packed ledger says less than her rows."""
    uploads.receive(user=maya, file_name="a.csv", data=PLAIN, options={}, now=now)
    load_all(maya, now)
    spoil(maya)
    return maya


def spoil(user):
    with rowsecurity.viewing(rowsecurity.of(user)):
        month = LedgerMonth.objects.order_by("month").first()
        assert month is not None and LedgerMonth.objects.filter(pk=month.pk).update(entries=0) == 1


def test_a_ledger_that_differs_is_told_repaired_and_then_true(spoiled):
    said = typed("verify_ledger", "--quiet")
    assert said.code == 1
    assert said.lines == [f"differs  {spoiled.pk}", "done  1 users  1 differ  0:00:00"]
    assert typed("verify_ledger", "--quiet", "--repair").lines[-1] == "done  1 users  1 repaired  0:00:00"
    assert typed("verify_ledger", "--quiet").lines == ["done  1 users  0 differ  0:00:00"]


def test_one_person_is_looked_at_whether_they_agreed_or_not(spoiled, seeing, now):
    with seeing(spoiled):
        consent.revoke(user=spoiled, purpose=Purpose.ANALYSIS, now=now)
    assert typed("verify_ledger", "--quiet").lines == ["done  0 users  0 differ  0:00:00"]
    assert typed("verify_ledger", "--quiet", "--user", spoiled.email).code == 1
    assert typed("verify_ledger", "--quiet", "--user", spoiled.email, "--repair").code == 0
    assert typed("verify_ledger", "--quiet", "--user", spoiled.pk).code == 0


def test_somebody_who_is_not_there_cannot_be_looked_at(db):
    said = typed("verify_ledger", "--user", "ghost@example.test")
    assert said.code == 2 and said.err == "There is no user ghost@example.test in tenant default."


# -- seed_demo


def test_the_cast_is_made_once_with_consent_statements_and_logins(db, now):
    said = typed("seed_demo", "--json", "--until", "2025-06-30")
    logins = json.loads(said.out)
    assert [(login["role"], login["email"]) for login in logins] == [
        ("operator", "omar@example.test"),
        ("consumer", "maya@example.test"),
        ("admin", "ada@example.test"),
    ]
    assert [bool(login["totp_secret"]) for login in logins] == [True, False, True]
    assert json.loads(typed("seed_demo", "--json", "--until", "2025-06-30").out) == logins
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        people = {user.email: user for user in User.objects.all()}
    assert len(people) == len(cast.CAST) + 2
    assert people["maya@example.test"].consent_status and not people["noor@example.test"].consent_status
    assert people["maya@example.test"].check_password(logins[1]["password"])
    assert {upload.status for upload in load_all(people["maya@example.test"], now)} == {Status.COMPLETED}
    for member in cast.CAST:
        assert rows_of(people[member.email])["data_uploads"] == 1 and rows_of(people[member.email])["transactions"] > 20


def test_the_logins_are_readable_too(db):
    assert typed("seed_demo").lines[1].split()[:2] == ["consumer", "maya@example.test"]


def test_the_demo_is_seeded_only_where_nobody_is_real(db, settings):
    settings.AT_HOME = False
    said = typed("seed_demo")
    assert said.code != 0 and "demo and test only" in said.err
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert not User.objects.exists()


def test_a_store_that_is_away_is_a_sentence_and_no_traceback(maya, monkeypatch):
    announced(maya, 30)

    def away(*_, **__):
        raise storage.Unreachable

    monkeypatch.setattr(storage, "delete", away)
    said = typed("expire_uploads")
    assert said.code == 1 and said.err == "The store of files is away. Nothing was kept; try again in a moment."
