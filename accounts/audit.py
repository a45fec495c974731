"""The audit chain: the one writer, which every act of staff calls last, and its verification."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from accounts import chain
from accounts.chain import Verdict
from accounts.fingerprints import fingerprint
from accounts.models import AuditEntry, AuditHead
from accounts.models.audit import FIRST, Action
from accounts.origin import NOWHERE, Origin
from accounts.pseudonyms import subject_ref

__all__ = ["Action", "Deed", "Verdict", "record", "record_all", "verify"]

COLUMNS = ", ".join(("id", *chain.SEALED, "hash"))
# The end of the chain, there from now on and ours until the transaction ends; to write it is to lock it.
LOCKED = """
    INSERT INTO audit_heads AS head (tenant_id, seq, hash) VALUES (%s, 0, %s)
        ON CONFLICT (tenant_id) DO UPDATE SET seq = head.seq
    RETURNING seq, hash
"""
APPENDED = f"""
    WITH given AS (SELECT %(rows)s::jsonb AS rows),
    sealed AS (
        INSERT INTO audit_entries ({COLUMNS})
        SELECT {COLUMNS} FROM given, jsonb_populate_recordset(NULL::audit_entries, given.rows)),
    told AS (
        INSERT INTO audit_details (audit_id, tenant_id, detail)
        SELECT id, tenant_id, detail
          FROM given, jsonb_to_recordset(given.rows) AS row (id uuid, tenant_id uuid, detail jsonb))
    UPDATE audit_heads SET seq = %(seq)s, hash = %(hash)s WHERE tenant_id = %(tenant)s
"""


@dataclass(frozen=True)
class Deed:
    """One act on one thing. Of an act on a person the id stands in the detail only; of an erasure nowhere."""

    action: Action
    object_type: str
    object_id: str | None = None
    subject: UUID | None = None
    recommendation_id: UUID | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    pseudonym: str | None = None


def record(
    *,
    action: Action,
    tenant_id: UUID,
    operator_id: UUID | None,
    now: datetime,
    object_type: str,
    object_id: str | None = None,
    subject: UUID | None = None,
    recommendation_id: UUID | None = None,
    batch_id: UUID | None = None,
    detail: Mapping[str, Any] | None = None,
    origin: Origin = NOWHERE,
) -> AuditEntry:
    """Seal one deed. Called last in its transaction, so that acts hardly wait for one another."""
    deed = Deed(action, object_type, object_id, subject, recommendation_id, detail or {})
    return record_all(
        deeds=[deed], tenant_id=tenant_id, operator_id=operator_id, now=now, batch_id=batch_id, origin=origin
    )[0]


@transaction.atomic
def record_all(
    *,
    deeds: Sequence[Deed],
    tenant_id: UUID,
    operator_id: UUID | None,
    now: datetime,
    batch_id: UUID | None = None,
    origin: Origin = NOWHERE,
) -> list[AuditEntry]:
    """Seal deeds in their order: one row each, two statements in all."""
    if not deeds:
        return []
    end, last = _locked(tenant_id)
    entries, rows = [], []
    for seq, deed in enumerate(deeds, end + 1):
        detail = {**deed.detail, "user_id": str(deed.subject)} if deed.subject else dict(deed.detail)
        entry = AuditEntry(
            id=uuid4(),
            tenant_id=tenant_id,
            seq=seq,
            at=now,
            operator_id=operator_id,
            action=deed.action.value,
            object_type=deed.object_type,
            object_id=deed.object_id,
            subject_ref=subject_ref(deed.subject) if deed.subject else deed.pseudonym,
            recommendation_id=deed.recommendation_id,
            batch_id=batch_id,
            request_id=origin.request_id,
            ip_address=origin.ip_address,
            detail_hash=fingerprint(detail),
            prev_hash=last,
        )
        sealed = {name: getattr(entry, name) for name in chain.SEALED}
        entry.hash = last = chain.seal(sealed)
        entries.append(entry)
        rows.append({**sealed, "id": entry.pk, "hash": last, "detail": detail})
    with connection.cursor() as cursor:
        given = json.dumps(rows, default=str)
        cursor.execute(APPENDED, {"rows": given, "seq": end + len(rows), "hash": last, "tenant": tenant_id})
    return entries


def upcoming(*, tenant_id: UUID) -> int:
    """The number that the next record of this transaction will have; nobody else's comes between."""
    seq, _ = _locked(tenant_id)
    return seq + 1


def _locked(tenant_id: UUID) -> tuple[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(LOCKED, [tenant_id, FIRST])
        seq, last = cursor.fetchone()
    return seq, last


def verify(*, tenant_id: UUID, from_seq: int = 1, anchors: Mapping[int, str] | None = None) -> Verdict:
    """Recompute hashes, order and gaps from a row to the head; `anchors` are the heads kept outside the database."""
    of_tenant = AuditEntry.objects.filter(tenant_id=tenant_id)
    before = of_tenant.filter(seq=from_seq - 1).values_list("hash", flat=True).first()
    head = AuditHead.objects.filter(pk=tenant_id).values_list("seq", "hash").first() or (0, FIRST)
    rows = of_tenant.filter(seq__gte=from_seq, seq__lte=head[0]).order_by("seq")
    return chain.verdict(
        rows.values(*chain.SEALED, "hash", "detail__detail").iterator(chunk_size=2000),
        after=from_seq - 1,
        follows=before or FIRST,
        anchors={seq: sealed for seq, sealed in (anchors or {}).items() if seq >= from_seq},
        head=head,
    )
