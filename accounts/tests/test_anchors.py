"""Heads of the chain kept outside, the command that compares them, and events that are forgotten in time."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from accounts import access, anchors, events, rowsecurity, storage
from accounts.models import AuditHead, SecurityEvent
from accounts.tests import factories
from accounts.tests.test_audit import tampered
from accounts.tests.typing_in import typed

AT = datetime(2026, 11, 20, 9, 5, 1, 7, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _files_stay_here(own_store):
    pass


def looked(omar, times=1):
    with rowsecurity.viewing(rowsecurity.of(omar)):
        for _ in range(times):
            access.opened(by=omar, whom=uuid4(), section="user", now=timezone.now())


def head(omar):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return AuditHead.objects.get(pk=omar.tenant_id)


def test_an_anchor_is_the_head_at_its_time_and_stays(omar):
    looked(omar, 2)
    key = anchors.write(tenant_id=omar.tenant_id, now=AT)
    assert key == f"ledger/audit/{omar.tenant_id}/2026-11-20T09:05:01.000007Z-2.json"
    kept = storage.get(key)
    assert json.loads(kept) == {
        "tenant_id": str(omar.tenant_id),
        "seq": 2,
        "hash": head(omar).hash,
        "at": "2026-11-20T09:05:01.000007Z",
    }
    storage.put(key, b"untouched")
    anchors.write(tenant_id=omar.tenant_id, now=AT)
    assert storage.get(key) == b"untouched"  # what stands is never written again


def test_an_empty_chain_has_no_anchor(omar):
    assert anchors.write(tenant_id=omar.tenant_id, now=AT) is None
    assert anchors.read(tenant_id=omar.tenant_id) == {}


def test_anchors_that_disagree_break_their_row(omar):
    looked(omar)
    anchors.write(tenant_id=omar.tenant_id, now=AT)
    assert anchors.verify(tenant_id=omar.tenant_id, now=AT).valid
    storage.put(f"ledger/audit/{omar.tenant_id}/forged.json", json.dumps({"seq": 1, "hash": "f" * 64}).encode())
    assert anchors.verify(tenant_id=omar.tenant_id, now=AT).first_broken_seq == 1


def test_a_verification_is_noted_on_the_head(omar):
    looked(omar, 3)
    anchors.verify(tenant_id=omar.tenant_id, now=AT, from_seq=2)
    assert (head(omar).valid, head(omar).verified_at) == (None, None)  # only a whole one says that all is well
    anchors.verify(tenant_id=omar.tenant_id, now=AT)
    assert (head(omar).valid, head(omar).verified_at) == (True, AT)
    storage.put(f"ledger/audit/{omar.tenant_id}/lost-end.json", json.dumps({"seq": 9, "hash": "f" * 64}).encode())
    anchors.verify(tenant_id=omar.tenant_id, now=AT, from_seq=2)
    assert head(omar).valid is False


# -- verify_audit


def test_a_whole_chain_is_said_to_be_whole(omar):
    looked(omar, 2)
    said = typed("verify_audit")
    assert (said.code, said.lines) == (0, ["done  2 rows  the chain is whole"])
    assert json.loads(typed("verify_audit", "--json", "--from-seq", 2).out) == {
        "valid": True,
        "rows": 1,
        "head_seq": 2,
        "head_hash": head(omar).hash,
        "first_broken_seq": None,
    }


def test_a_broken_chain_ends_the_command_with_its_first_row(live_db, own_store):
    with transaction.atomic():
        rowsecurity.become(rowsecurity.MAINTENANCE)
        omar = factories.UserFactory(email="omar@example.test", role="operator", level="senior")
    looked(omar, 3)
    tampered("UPDATE audit_entries SET object_type = 'nothing' WHERE seq = 2")
    said = typed("verify_audit")
    assert (said.code, said.lines) == (1, ["broken at 2"])
    assert json.loads(typed("verify_audit", "--json").out)["first_broken_seq"] == 2
    assert typed("verify_audit", "--from-seq", 3).code == 0
    assert head(omar).valid is False


@pytest.mark.parametrize("words", [("--from-seq=0",), ("--from-seq=-1",), ("--from-seq=two",), ("--tenant", "nowhere")])
def test_a_row_or_an_institution_that_is_none_verifies_nothing(db, words):
    assert typed("verify_audit", *words).code != 0


# -- purge_events


def test_events_are_forgotten_after_ninety_days(omar):
    now = timezone.now()
    for age in (89, 91):
        with rowsecurity.viewing(rowsecurity.SIGNIN):
            events.record(
                kind=events.Kind.EXPORT, tenant_id=omar.tenant_id, user_id=omar.pk, now=now - timedelta(days=age)
            )
    assert typed("purge_events").lines == ["done  1 events deleted"]
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert SecurityEvent.objects.get().at == now - timedelta(days=89)
