"""The audit chain: sealed in order, readable by whom it concerns, and broken visibly by whoever touches it."""

import hashlib
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest
from django.conf import settings as configured
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts import audit, chain, events, rowsecurity
from accounts.models import AuditDetail, AuditEntry, AuditHead
from accounts.models.audit import FIRST
from accounts.origin import Origin
from accounts.pseudonyms import subject_ref
from accounts.tests import factories


def looked(omar, whom, now):
    with rowsecurity.viewing(rowsecurity.of(omar)):
        return audit.record(
            action=audit.Action.VIEW_USER,
            tenant_id=omar.tenant_id,
            operator_id=omar.pk,
            now=now,
            object_type="user",
            subject=whom.pk,
            detail={"section": "overview", "operator_role": "operator"},
            origin=Origin("10.0.0.1", "browser", "req-1"),
        )


def verified(tenant_id, **more):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return audit.verify(tenant_id=tenant_id, **more)


def test_rows_follow_one_another_by_hash(omar, maya, noor, now):
    first, second = looked(omar, maya, now), looked(omar, noor, now)
    assert (first.seq, first.prev_hash) == (1, FIRST)
    assert (second.seq, second.prev_hash) == (2, first.hash)
    assert first.subject_ref == subject_ref(maya.pk) != second.subject_ref
    found = verified(omar.tenant_id)
    assert (found.valid, found.rows, found.head_seq, found.head_hash) == (True, 2, 2, second.hash)
    assert verified(omar.tenant_id, from_seq=2).rows == 1


def test_an_empty_chain_is_whole(omar):
    assert verified(omar.tenant_id) == audit.Verdict(0, 0, FIRST, None)


def test_the_seal_is_the_published_one():
    row = dict.fromkeys(chain.SEALED) | {
        "tenant_id": UUID(int=1),
        "seq": 1,
        "at": datetime(2026, 11, 20, 9, 5, tzinfo=UTC),
        "action": "approve",
        "request_id": "é",
        "prev_hash": FIRST,
    }
    text = (
        '{"action":"approve","at":"2026-11-20T09:05:00.000000Z","batch_id":null,"detail_hash":null,"ip_address":null,'
        f'"object_id":null,"object_type":null,"operator_id":null,"prev_hash":"{FIRST}","recommendation_id":null,'
        '"request_id":"é","seq":1,"subject_ref":null,"tenant_id":"00000000-0000-0000-0000-000000000001"}'
    )
    assert chain.seal(row) == hashlib.sha256(text.encode()).hexdigest()


def test_a_batch_is_sealed_in_its_order_in_two_statements_and_a_savepoint(omar, maya, now, django_assert_num_queries):
    batch = uuid4()
    deeds = [audit.Deed(audit.Action.TAG_ADD, "recommendation", str(n), maya.pk) for n in range(50)]
    with rowsecurity.viewing(rowsecurity.of(omar)), django_assert_num_queries(2 + 2):
        entries = audit.record_all(deeds=deeds, tenant_id=omar.tenant_id, operator_id=omar.pk, now=now, batch_id=batch)
    assert [entry.seq for entry in entries] == list(range(1, 51))
    assert {entry.batch_id for entry in entries} == {batch}
    assert verified(omar.tenant_id).valid


@pytest.mark.parametrize(
    "rewrite",
    [
        "UPDATE audit_entries SET action = 'reject'",
        "UPDATE audit_details SET detail = '{}'",
        "UPDATE security_events SET kind = 'erasure'",
    ],
)
def test_nobody_rewrites_history(omar, maya, now, rewrite):
    looked(omar, maya, now)
    with rowsecurity.viewing(rowsecurity.of(maya)):
        events.record(kind=events.Kind.EXPORT, tenant_id=maya.tenant_id, user_id=maya.pk, now=now)
    with rowsecurity.viewing(rowsecurity.of(omar)), connection.cursor() as cursor:
        cursor.execute(rewrite)
        assert cursor.rowcount == 0
    with (
        pytest.raises(DatabaseError, match="never changed"),
        rowsecurity.viewing(rowsecurity.MAINTENANCE),
        connection.cursor() as cursor,
    ):
        cursor.execute(rewrite)


def test_entries_are_never_deleted_and_details_only_by_maintenance(omar, maya, now):
    looked(omar, maya, now)
    with rowsecurity.viewing(rowsecurity.of(omar)):
        assert AuditDetail.objects.all().delete()[0] == 0
    with pytest.raises(DatabaseError, match="never changed"), rowsecurity.viewing(rowsecurity.MAINTENANCE):
        AuditDetail.objects.all().delete()
        AuditEntry.objects.all().delete()
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert AuditDetail.objects.all().delete()[0] == 1
    assert verified(omar.tenant_id).valid  # the hashes stay when the words about a person go


def tampered(statement):
    """What somebody with the owner's password could do, past every trigger."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        name = cursor.fetchone()[0]
    host = configured.DATABASES["default"]["HOST"]
    with psycopg.connect(host=host, user="postgres", dbname=name, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(statement)


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit_entries SET action = 'reject' WHERE seq = 2", 2),
        ("UPDATE audit_entries SET at = at + interval '1 microsecond' WHERE seq = 1", 1),
        ("DELETE FROM audit_entries WHERE seq = 2", 2),
        ("DELETE FROM audit_entries WHERE seq = 3", 3),
        ("UPDATE audit_details SET detail = '{}' FROM audit_entries e WHERE e.id = audit_id AND seq = 3", 3),
        ("UPDATE audit_heads SET hash = repeat('1', 64)", 3),
    ],
)
def test_whoever_touches_the_chain_breaks_it_there(live_db, statement, broken):
    with transaction.atomic():
        rowsecurity.become(rowsecurity.MAINTENANCE)
        omar = factories.UserFactory(email="omar@example.test", role="operator", level="senior")
    for _ in range(3):
        looked(omar, omar, timezone.now())
    tampered(statement)
    assert verified(omar.tenant_id).first_broken_seq == broken


def test_a_chain_rewritten_as_a_whole_is_found_by_an_anchor(omar, maya, now):
    kept = looked(omar, maya, now)
    assert verified(omar.tenant_id, anchors={1: kept.hash}).valid
    assert verified(omar.tenant_id, anchors={1: "f" * 64}).first_broken_seq == 1
    assert verified(omar.tenant_id, anchors={2: "f" * 64}).first_broken_seq == 2  # a lost end


def test_the_head_only_grows(omar, maya, now):
    looked(omar, maya, now)
    with pytest.raises(DatabaseError, match="only grows"), rowsecurity.viewing(rowsecurity.of(omar)):
        AuditHead.objects.filter(pk=omar.tenant_id).update(hash="0" * 64)


def test_a_person_sees_who_looked_at_them_and_nothing_else(omar, maya, noor, now):
    looked(omar, maya, now)
    looked(omar, noor, now)
    with rowsecurity.viewing(rowsecurity.of(omar)):
        audit.record(
            action=audit.Action.OVERRIDE,
            tenant_id=omar.tenant_id,
            operator_id=omar.pk,
            now=now,
            object_type="user",
            subject=maya.pk,
        )
        assert AuditEntry.objects.count() == 3
    with rowsecurity.viewing(rowsecurity.of(maya)):
        assert AuditEntry.objects.count() == AuditDetail.objects.count() == 0
    with rowsecurity.viewing(rowsecurity.as_subject(maya, subject_ref(maya.pk))):
        (entry,) = AuditEntry.objects.select_related("detail")
        assert (entry.action, entry.detail.detail["section"]) == ("view_user", "overview")


def test_another_institution_sees_nothing(omar, maya, now):
    looked(omar, maya, now)
    other = factories.UserFactory(tenant=factories.TenantFactory(slug="elsewhere"), role="admin")
    with rowsecurity.viewing(rowsecurity.of(other)):
        assert AuditEntry.objects.count() == AuditHead.objects.count() == 0
