"""Erasure: every table of a scope, counted again afterwards; the receipt; and the objects that follow."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from accounts import audit, belongings, consent, erasure, outside, receipts, removal, rowsecurity, storage, takeout
from accounts.fingerprints import fingerprint
from accounts.models import (
    ArchivedConsent,
    AuditDetail,
    AuditEntry,
    ConsentRecord,
    Erasure,
    SecurityEvent,
    StoredAnswer,
    User,
)
from accounts.models.leaving import ErasureStatus, Scope
from accounts.pseudonyms import subject_ref
from accounts.purposes import Purpose
from accounts.tests import factories
from accounts.tests.callers import session_for
from accounts.tests.senders import PLAIN, load_all, rows_of, statements_of
from accounts.uploads import receive

pytestmark = pytest.mark.usefixtures("own_store")

DAY = timedelta(days=1)


def sent(user, now, data=PLAIN, name="May.csv"):
    """A statement of hers, loaded."""
    got = receive(user=user, file_name=name, data=data, options={}, now=now)
    load_all(user, now)
    return got.upload


@pytest.fixture
def away(own_store):
    """The store cannot be reached: where its folders were, there is a file."""

    @contextmanager
    def gone():
        aside = own_store.with_name("aside")
        own_store.rename(aside)
        own_store.write_bytes(b"")
        yield
        own_store.unlink()
        aside.rename(own_store)

    return gone


def erase(user, scope, now, **more):
    return erasure.erase(user=user, scope=scope, now=now, **more)


def cleared(erased, now):
    (due,) = removal.due(tenant_id=erased.erasure.tenant_id, now=now)
    return removal.clear(erasure=due, now=now)


def left(user):
    return erasure.remaining(user_id=user.pk, scope=Scope.ACCOUNT)


def everywhere(query, *values):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE), connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


# -- rows


def test_analysis_takes_the_money_and_leaves_the_person(maya, now):
    theo = factories.consenting("theo")
    sent(maya, now)
    sent(theo, now)
    erased = erase(maya, Scope.ANALYSIS, now).erasure
    assert set(rows_of(maya).values()) == {0} and rows_of(theo)["transactions"] == 4
    counted = {"accounts": 1, "transactions": 4, "data_uploads": 1, "liabilities": 0, "signal_snapshots": 0}
    assert counted.items() <= erased.issued["rows"].items()
    assert erased.issued["verification"]["rows_remaining"] == 0
    with rowsecurity.viewing(rowsecurity.of(maya)):
        assert User.objects.get(pk=maya.pk).consent_status is False
        assert ConsentRecord.objects.get().revoked_at is not None


def test_notes_take_nothing_of_the_money(maya, now, seeing):
    with seeing(maya):
        consent.grant(user=maya, purpose=Purpose.NOTES, now=now)
    sent(maya, now)
    erased = erase(maya, Scope.NOTES, now).erasure
    assert rows_of(maya)["transactions"] == 4 and erased.issued["verification"]["rows_remaining"] == 0
    with seeing(maya):
        open_ones = ConsentRecord.objects.filter(revoked_at=None).values_list("purpose", flat=True)
        assert list(open_ones) == ["analysis"]


def test_an_account_takes_everything_with_it(maya, now):
    sent(maya, now)
    takeout.request(user=maya, now=now)
    session_for(maya)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        address = EmailAddress.objects.create(user=maya, email=maya.email, verified=True, primary=True)
        EmailConfirmation.objects.create(email_address=address, key="k")
        SocialAccount.objects.create(user=maya, provider="google", uid="7")
        Authenticator.objects.create(user=maya, type="totp", data={})
        StoredAnswer.objects.create(
            tenant=maya.tenant, actor=maya.actor, route="POST /x", key="k", fingerprint="f", expires_at=now + DAY
        )
    erased = erase(maya, Scope.ACCOUNT, now).erasure
    assert left(maya) == 0 and erased.issued["verification"]["rows_remaining"] == 0
    rows = erased.issued["rows"]
    assert (rows["users"], rows["transactions"], rows["mfa_authenticator"], rows["exports"]) == (1, 4, 1, 1)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        for model in (User, Session, EmailAddress, EmailConfirmation, SocialAccount, Authenticator, StoredAnswer):
            assert not model.objects.exists(), model


def test_of_an_account_the_agreements_stay_under_a_pseudonym(maya, now, seeing):
    with seeing(maya):
        consent.grant(user=maya, purpose=Purpose.NOTES, now=now)
        consent.revoke(user=maya, purpose=Purpose.NOTES, now=now)
    erase(maya, Scope.ACCOUNT, now + DAY)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        kept = {row.purpose: row for row in ArchivedConsent.objects.filter(subject_ref=subject_ref(maya.pk))}
    assert set(kept) == {"analysis", "notes"}
    assert kept["notes"].revoked_at == now and kept["analysis"].revoked_at == now + DAY
    assert kept["analysis"].granted_at == factories.GRANTED


def test_no_user_id_is_left_in_any_column_of_any_table(maya, ada, now):
    """Only the places of objects that are still to be deleted name the person, and then nothing does."""
    sent(maya, now)
    with rowsecurity.viewing(rowsecurity.of(ada)):
        asked = {"tenant_id": ada.tenant_id, "operator_id": ada.pk, "now": now, "object_type": "user"}
        audit.record(action=audit.Action.VIEW_USER, subject=maya.pk, detail={"section": "money"}, **asked)
    erased = erase(maya, Scope.ACCOUNT, now)
    assert named(maya) == ["erasures"]
    cleared(erased, now)
    assert named(maya) == []


def named(user):
    """Tables in which the id of the person stands anywhere."""
    tables = everywhere(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        " AND NOT relispartition AND has_table_privilege(oid, 'SELECT')"
    )
    with rowsecurity.viewing(rowsecurity.maintenance_of(user.pk)), connection.cursor() as cursor:
        found = []
        for (table,) in tables:
            cursor.execute(f"SELECT EXISTS (SELECT FROM {table} t WHERE t::text LIKE %s)", [f"%{user.pk}%"])
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def test_every_table_with_a_user_id_is_declared_under_one_scope(db):
    declared = [table for app in belongings.declared() for tables in app.tables.values() for table in tables]
    assert len(declared) == len(set(declared))
    assert sorted(declared) == [table for (table,) in everywhere(erasure.TABLES)]


def test_a_table_made_tomorrow_is_counted_without_a_line(maya, now, databases):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE sketch (user_id uuid)")
    assert erasure.remaining(user_id=maya.pk, scope=Scope.ANALYSIS) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(erasure, "TABLES", "SELECT 'sketch' AS relname")
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO sketch VALUES (%s)", [maya.pk])
        assert erasure.remaining(user_id=maya.pk, scope=Scope.ANALYSIS) == 1


def test_the_statements_do_not_grow_with_rows(maya, now):
    theo = factories.consenting("theo")
    sent(maya, now)
    lines = b"".join(b"main,2025-05-%02d,-%d.00,Shop %d,Food\n" % (day, day, day) for day in range(1, 29))
    sent(theo, now, data=PLAIN + lines)
    counts = []
    for user in (maya, theo):
        with CaptureQueriesContext(connection) as captured:
            erase(user, Scope.ACCOUNT, now)
        counts.append(len(statements_of(captured)))
    assert counts[0] == counts[1]


def test_erased_twice_the_second_finds_nothing(maya, now):
    sent(maya, now)
    erase(maya, Scope.ANALYSIS, now)
    again = erase(maya, Scope.ANALYSIS, now).erasure
    assert sum(again.issued["rows"].values()) == 0
    erase(maya, Scope.ACCOUNT, now)
    with pytest.raises(erasure.Gone):
        erase(maya, Scope.ACCOUNT, now)


def test_what_is_broken_in_the_middle_has_not_begun(maya, now, monkeypatch):
    sent(maya, now)

    def breaks(**_):
        raise ZeroDivisionError

    monkeypatch.setattr(audit, "record_all", breaks)  # the last thing
    with pytest.raises(ZeroDivisionError):
        erase(maya, Scope.ACCOUNT, now)
    assert rows_of(maya)["transactions"] == 4
    assert everywhere("SELECT count(*) FROM erasures") == everywhere("SELECT count(*) FROM consent_archive") == [(0,)]


# -- what tells of it


def test_the_audit_chain_keeps_its_hashes_and_loses_what_it_said_of_the_person(maya, ada, now):
    with rowsecurity.viewing(rowsecurity.of(ada)):
        asked = {"tenant_id": ada.tenant_id, "operator_id": ada.pk, "now": now, "object_type": "user"}
        seen = audit.record(action=audit.Action.VIEW_USER, subject=maya.pk, detail={"section": "money"}, **asked)
        other = audit.record(action=audit.Action.VIEW_USER, subject=ada.pk, detail={"section": "money"}, **asked)
    erased = erase(maya, Scope.ACCOUNT, now).erasure
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert set(AuditDetail.objects.values_list("audit__seq", flat=True)) == {other.seq, erased.issued["audit_seq"]}
        assert AuditEntry.objects.get(pk=seen.pk).subject_ref == subject_ref(maya.pk)
        assert audit.verify(tenant_id=ada.tenant_id).valid


def test_the_receipt_is_sealed_in_the_chain(maya, now):
    sent(maya, now)
    erased = erase(maya, Scope.ACCOUNT, now)
    told = receipts.told(erased.erasure)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        entry = AuditEntry.objects.get(seq=told["audit_seq"])
        detail = AuditDetail.objects.get(pk=entry.pk).detail
    assert (entry.action, entry.object_id, entry.subject_ref) == ("erasure", told["erasure_id"], told["subject_ref"])
    assert detail == {"scope": "account", "receipt_hash": told["receipt_hash"]}
    # As anybody would check it: the receipt as it was given out, without status, times and token.
    for name in ("status", "requested_at", "completed_at", "receipt_hash"):
        told.pop(name)
    told["verification"].pop("checked_at")
    assert fingerprint(told) == erased.erasure.receipt_hash


def test_a_later_erasure_leaves_the_hash_of_an_earlier_one(maya, now):
    first = erase(maya, Scope.ANALYSIS, now).erasure
    erase(maya, Scope.ACCOUNT, now + DAY)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        detail = AuditDetail.objects.get(audit__object_id=str(first.pk)).detail
    assert detail["receipt_hash"] == first.receipt_hash


def test_the_security_event_of_an_account_names_nobody(maya, now):
    erase(maya, Scope.ACCOUNT, now)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        event = SecurityEvent.objects.get()
    assert (event.kind, event.user_id, event.ip_address) == ("erasure", None, None)


def test_the_token_reads_its_receipt_for_a_year_and_no_other(maya, now):
    theo = factories.consenting("theo")
    mine, other = erase(maya, Scope.ANALYSIS, now), erase(theo, Scope.ANALYSIS, now)
    asked = {"erasure_id": mine.erasure.pk, "now": now + 364 * DAY}
    assert receipts.find(token=mine.token, **asked).pk == mine.erasure.pk
    for wrong in (other.token, "", mine.token[:-1], mine.erasure.token_hash, "ü"):
        with pytest.raises(receipts.ReceiptNotFound):
            receipts.find(token=wrong, **asked)
    with pytest.raises(receipts.ReceiptNotFound):
        receipts.find(erasure_id=mine.erasure.pk, token=mine.token, now=now + 365 * DAY)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE erasures SET issued = '{}'",
        "UPDATE erasures SET receipt_hash = repeat('0', 64)",
        "DELETE FROM erasures",
        "UPDATE consent_archive SET version = '9.9'",
        "DELETE FROM consent_archive",
        "UPDATE consent_ledger SET subject_ref = repeat('0', 64)",
        "DELETE FROM consent_ledger",
    ],
)
def test_what_is_written_about_a_person_who_left_is_never_changed(maya, now, statement):
    erase(maya, Scope.ACCOUNT, now)
    with pytest.raises(DatabaseError, match="never changed"):
        everywhere(statement)


@pytest.mark.parametrize("table", ["erasures", "consent_archive", "consent_ledger"])
def test_nobody_who_serves_reads_it(maya, ada, now, table):
    erase(maya, Scope.ACCOUNT, now)
    assert everywhere(f"SELECT count(*) FROM {table}") == [(1,)]
    for eyes in (rowsecurity.of(ada), rowsecurity.of(maya), rowsecurity.pipeline(ada.tenant_id), rowsecurity.SIGNIN):
        with rowsecurity.viewing(eyes), connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (0,)


def test_caches_are_cleared_by_name_once_it_is_certain(maya, now, django_capture_on_commit_callbacks):
    session = session_for(maya)
    names = [f"profile:{maya.pk}", f"signals:{maya.pk}", f"session:{session.session_key}"]
    cache.set_many(dict.fromkeys(names, "kept"))
    with django_capture_on_commit_callbacks(execute=True):
        erased = erase(maya, Scope.ACCOUNT, now).erasure
        assert cache.get(names[0]) == "kept"
    assert cache.get_many(names) == {} and erased.issued["caches_cleared"] >= len(names)


# -- objects


def test_objects_go_after_the_rows_and_complete_means_that_none_is_found(maya, now):
    theo = factories.consenting("theo")
    upload, hers = sent(theo, now), sent(maya, now)
    storage.put(f"uploads/{maya.pk}/stray/no-row-knows-me.csv", b"x")
    storage.put(f"signals/user_id={maya.pk}/ingestion_date=2025-06-30/s.parquet", b"x", store=storage.ANALYTICS)
    erased = erase(maya, Scope.ACCOUNT, now)
    assert receipts.told(erased.erasure)["objects"] == {"found": 3, "deleted": 0, "remaining": 3}
    assert storage.size(hers.s3_key)
    done = cleared(erased, now + DAY)
    told = receipts.told(done)
    assert told["status"] == "complete" and told["objects"] == {"found": 3, "deleted": 3, "remaining": 0}
    assert told["verification"]["objects_remaining"] == 0 and told["completed_at"] == told["verification"]["checked_at"]
    assert not list(storage.keys(f"uploads/{maya.pk}")) and storage.size(upload.s3_key)
    assert removal.due(tenant_id=maya.tenant_id, now=now + 2 * DAY) == []
    found = receipts.find(erasure_id=done.pk, token=erased.token, now=now + DAY)
    assert receipts.told(found) == told and found.places == []


def test_what_is_sent_after_an_erasure_of_analysis_is_not_touched(maya, now):
    old = sent(maya, now)
    erased = erase(maya, Scope.ANALYSIS, now)
    new = sent(maya, now + DAY)
    assert cleared(erased, now + DAY).status == ErasureStatus.COMPLETE
    assert list(storage.keys(f"uploads/{maya.pk}")) == [new.s3_key] != [old.s3_key]


def test_a_store_that_is_away_keeps_nobody_from_being_erased(maya, now, away):
    sent(maya, now)
    with away():
        erased = erase(maya, Scope.ACCOUNT, now)
        assert receipts.told(erased.erasure)["objects"] == {"found": None, "deleted": 0, "remaining": None}
        with pytest.raises(storage.Unreachable):
            cleared(erased, now)
    assert receipts.told(cleared(erased, now))["objects"] == {"found": 1, "deleted": 1, "remaining": 0}


def test_after_a_week_the_receipt_says_that_objects_remain(maya, now):
    sent(maya, now)
    erased = erase(maya, Scope.ACCOUNT, now)
    later = removal.put_off(erasure=erased.erasure, now=now + timedelta(hours=1))
    assert removal.due(tenant_id=maya.tenant_id, now=now + timedelta(hours=1)) == []
    assert later.status == ErasureStatus.ROWS_ERASED
    removal.put_off(erasure=later, now=now + 8 * DAY)
    assert removal.due(tenant_id=maya.tenant_id, now=now + 9 * DAY) == []
    found = receipts.find(erasure_id=later.pk, token=erased.token, now=now + 9 * DAY)
    assert receipts.told(found)["status"] == "objects_remain"


def test_an_erasure_is_never_called_complete_by_mistake(maya, now):
    erase(maya, Scope.ACCOUNT, now)
    with pytest.raises(DatabaseError, match="erasures_complete_is_empty"), rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Erasure.objects.update(status="complete", completed_at=now)


# -- outside


def test_an_end_stands_outside_once_and_is_never_written_over(maya, now, seeing):
    with seeing(maya):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now)
    erase(maya, Scope.ACCOUNT, now + DAY)
    due = outside.due(tenant_id=maya.tenant_id)
    assert [(line.kind, line.scope) for line in due] == [("revocation", "analysis"), ("erasure", "account")]
    for _ in range(2):  # as a worker does that was killed between object and mark
        for line in due:
            outside.write(line=line, now=now)
    assert outside.due(tenant_id=maya.tenant_id) == []
    first, second = storage.keys("ledger/consent")
    assert first == f"ledger/consent/{now:%Y-%m-%d}/{now:%H%M%S%f}-{due[0].pk}.json"
    read = list(outside.lines())
    assert [(line.kind, line.scope, line.at) for line in read] == [
        ("revocation", "analysis", now),
        ("erasure", "account", now + DAY),
    ]
    assert {line.subject_ref for line in read} == {subject_ref(maya.pk)} and second > first
    assert [line.kind for line in outside.lines(since=(now + DAY).date())] == ["erasure"]
