"""What a person takes along: every file of the archive, how it is made, fetched, renewed and forgotten."""

import hashlib
import io
import json
import zipfile
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import belongings, consent, erasure, rowsecurity, storage, takeout
from accounts.models import Export, SecurityEvent, Transaction
from accounts.models.leaving import ExportStatus, Scope
from accounts.purposes import Purpose
from accounts.tests import factories
from accounts.tests.callers import session_for
from accounts.tests.senders import PLAIN, load_all, statements_of
from accounts.uploads import receive

pytestmark = pytest.mark.usefixtures("own_store")
DAY = timedelta(days=1)
FILES = [
    "user",
    "consents",
    "sessions",
    "accounts",
    "transactions",
    "liabilities",
    "uploads",
    "access",
    "corrections",
    "signals",
    "assignments",
    "transitions",
    "person",
    "submissions",
    "persona_versions",
    "recommendations",
    "traces",
    "moves",
    "feedback",
    "chat",
    "missing",
]


def sent(user, now):
    got = receive(user=user, file_name="May.csv", data=PLAIN, options={}, now=now)
    load_all(user, now)
    return got.upload


def made(user, now):
    takeout.request(user=user, now=now)
    return takeout.make(export=takeout.take(tenant_id=user.tenant_id, now=now), now=now)


def opened(export):
    return zipfile.ZipFile(io.BytesIO(storage.get(export.key)))


def told(export, name):
    return json.loads(opened(export).read(f"{name}.json"))


def test_the_archive_holds_a_file_a_subject_and_the_files_she_sent(maya, now):
    upload = sent(maya, now)
    session_for(maya)
    export = made(maya, now)
    archive = opened(export)
    assert archive.testzip() is None
    original = f"uploads/{upload.pk}/May.csv"
    assert sorted(archive.namelist()) == sorted([*(f"{name}.json" for name in FILES), original])
    assert archive.read(original) == PLAIN and told(export, "missing") == []
    data = storage.get(export.key)
    assert (export.size, export.sha256) == (len(data), hashlib.sha256(data).hexdigest())


def test_money_is_a_number_with_its_cents_a_time_is_of_utc_and_a_day_is_a_day(maya, now):
    sent(maya, now)
    export = made(maya, now)
    assert b'"amount":-12.50' in opened(export).read("transactions.json")
    first = told(export, "transactions")[0]
    assert (first["date"], first["merchant"], first["amount"]) == ("2025-05-20", "Old Mill Rent", -800.00)
    assert datetime.fromisoformat(first["uploaded_at"]) == now and first["uploaded_at"].endswith("Z")
    (user,) = told(export, "user")
    assert user["email"] == "maya@example.test" and user["user_id"] == str(maya.pk)
    (agreed,) = told(export, "consents")
    assert (agreed["purpose"], agreed["granted_at"]) == ("analysis", "2025-01-01T00:00:00.000000Z")


def test_no_secret_and_nobody_else_is_in_it(maya, now):
    theo = factories.consenting("theo")
    sent(maya, now)
    sent(theo, now)
    session = session_for(maya)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        maya.password = "argon2$secret"
        maya.save(update_fields=["password"])
    export = made(maya, now)
    archive = opened(export)
    everything = b"".join(archive.read(name) for name in archive.namelist())
    for absent in (str(theo.pk), theo.email, session.session_key, "argon2$secret", "tenant_id"):
        assert absent.encode() not in everything
    assert len(told(export, "transactions")) == 4 and len(told(export, "sessions")) == 1


def test_who_has_not_agreed_or_agrees_no_more_takes_their_own(noor, maya, now, seeing):
    sent(noor, now)
    assert len(told(made(noor, now), "transactions")) == 4
    with seeing(maya):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now)
    sent(maya, now)
    export = made(maya, now)
    assert len(told(export, "transactions")) == 4 and told(export, "consents")[0]["revoked_at"]


def test_of_somebody_with_nothing_every_file_is_an_empty_list(noor, now):
    export = made(noor, now)
    assert [told(export, name) for name in FILES if name != "user"] == [[]] * (len(FILES) - 1)


def test_a_file_that_the_store_has_no_more_is_named_and_left_out(maya, now):
    upload = sent(maya, now)
    storage.delete(upload.s3_key)
    export = made(maya, now)
    assert told(export, "missing") == [upload.s3_key] and len(told(export, "uploads")) == 1


def test_every_table_that_an_erasure_empties_is_told_or_left_out_on_purpose():
    derived_or_internal = {
        "upload_undo", "ledger_months", "ledger_spans", "exports", "override_cases", "persona_profiles",
        "socialaccount_socialaccount", "mfa_authenticator", "account_emailaddress", "django_admin_log",
        "security_events", "review_claims", "recommendation_flags", "considerations",
        "recommendation_notes", "recommendation_tags", "operator_actions",
    }  # fmt: skip
    queries = " ".join(section.query for app in belongings.declared() for section in app.sections)
    tables = {table for app in belongings.declared() for names in app.tables.values() for table in names}
    told_of = {table for table in tables if f"FROM {table} " in queries}
    assert told_of | derived_or_internal == tables and not told_of & derived_or_internal


def test_one_a_day_and_one_that_failed_does_not_count(maya, now):
    first = takeout.request(user=maya, now=now)
    with pytest.raises(takeout.OneADay) as refused:
        takeout.request(user=maya, now=now + timedelta(hours=23))
    assert (refused.value.status, refused.value.extra) == (429, {"retry_after": 3600})
    assert takeout.request(user=maya, now=now + DAY).pk != first.pk
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Export.objects.update(status="failed")
        assert SecurityEvent.objects.filter(kind="export", user=maya).count() == 2
    takeout.request(user=maya, now=now + DAY)


def test_a_worker_that_is_silent_loses_it_and_the_third_try_is_the_last(maya, now):
    takeout.request(user=maya, now=now)
    take = {"tenant_id": maya.tenant_id}
    assert takeout.take(**take, now=now).attempts == 1
    assert takeout.take(**take, now=now + timedelta(minutes=9)) is None
    second = takeout.take(**take, now=now + timedelta(minutes=11))
    takeout.give_back(export=second, now=now + timedelta(minutes=11))
    assert takeout.take(**take, now=now + timedelta(minutes=20)) is None
    third = takeout.take(**take, now=now + timedelta(minutes=21))
    assert third.attempts == 3
    takeout.give_back(export=third, now=now + timedelta(minutes=21))
    with rowsecurity.viewing(rowsecurity.of(maya)):
        assert takeout.find(user=maya, export_id=third.pk).status == ExportStatus.FAILED


def test_a_file_that_kills_its_worker_every_time_ends_too(maya, now):
    takeout.request(user=maya, now=now)
    for hours in range(4):
        ended = takeout.take(tenant_id=maya.tenant_id, now=now + timedelta(hours=hours))
    assert (ended.status, ended.attempts) == ("failed", 3)
    assert takeout.take(tenant_id=maya.tenant_id, now=now + DAY) is None


def test_an_export_of_an_erased_person_leaves_no_file(maya, now):
    """Erased after the worker claimed it, and before it said that it is ready."""
    sent(maya, now)
    takeout.request(user=maya, now=now)
    claimed = takeout.take(tenant_id=maya.tenant_id, now=now)
    erasure.erase(user=maya, scope=Scope.ACCOUNT, now=now)
    takeout.make(export=claimed, now=now)
    assert list(storage.keys(f"exports/{maya.pk}")) == []


def test_after_a_week_the_file_goes_and_the_row_says_so(maya, now):
    export = made(maya, now)
    asked = {"tenant_id": maya.tenant_id}
    assert takeout.over(**asked, now=now + 7 * DAY - timedelta(seconds=1)) == []
    (over,) = takeout.over(**asked, now=now + 7 * DAY)
    takeout.drop(export=over)
    assert list(storage.keys("exports")) == [] and takeout.over(**asked, now=now + 8 * DAY) == []
    with rowsecurity.viewing(rowsecurity.of(maya)):
        assert takeout.find(user=maya, export_id=export.pk).status == "expired"


def test_the_statements_do_not_grow_with_rows(maya, now):
    theo = factories.consenting("theo")
    counts = []
    for user, rows in ((maya, 1), (theo, 40)):
        account = factories.AccountFactory(user=user)
        with rowsecurity.viewing(rowsecurity.of(user)):
            Transaction.objects.bulk_create(
                factories.TransactionFactory.build(
                    user=user, tenant=user.tenant, account=account, upload=account.upload, external_id=f"t{number}"
                )
                for number in range(rows)
            )
        with CaptureQueriesContext(connection) as captured:
            export = made(user, now)
        counts.append(len(statements_of(captured)))
        assert len(told(export, "transactions")) == rows
    assert counts[0] == counts[1]


@pytest.fixture
def link(maya, now):
    export = made(maya, now)
    return export, takeout.link(export=export, now=now)


def test_a_link_opens_its_export_for_a_quarter_of_an_hour(link, now):
    export, made_link = link
    assert made_link.expires_at == now + timedelta(minutes=15)
    asked = {"export_id": export.pk, "token": made_link.token}
    assert takeout.of_token(**asked, now=now + timedelta(minutes=14, seconds=59)).pk == export.pk
    with pytest.raises(takeout.LinkOver):
        takeout.of_token(**asked, now=now + timedelta(minutes=15))


def test_a_link_serves_no_other_export_and_no_forged_one(link, now):
    export, made_link = link
    theo = factories.consenting("theo")
    other = made(theo, now)
    for asked in (
        {"export_id": other.pk, "token": made_link.token},
        {"export_id": export.pk, "token": made_link.token[:-1]},
        {"export_id": export.pk, "token": ""},
    ):
        with pytest.raises(takeout.ExportNotFound):
            takeout.of_token(**asked, now=now)


def test_a_link_is_worth_nothing_once_the_person_is_erased(link, maya, now):
    export, made_link = link
    erasure.erase(user=maya, scope=Scope.ACCOUNT, now=now)
    with pytest.raises(takeout.ExportNotFound):
        takeout.of_token(export_id=export.pk, token=made_link.token, now=now)
