"""The audit chain: the one writer, which every act of staff calls last, and its verification."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from accounts import chain
from accounts.chain import Verdict
from accounts.fingerprints import fingerprint
from accounts.models import AuditDetail, AuditEntry, AuditHead
from accounts.models.audit import FIRST, Action
from accounts.origin import NOWHERE, Origin
from accounts.pseudonyms import subject_ref

__all__ = ["Action", "Deed", "Verdict", "record", "record_all", "verify"]


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
    """Seal deeds in their order: one row each, five statements in all."""
    AuditHead.objects.bulk_create([AuditHead(tenant_id=tenant_id)], ignore_conflicts=True)
    head = AuditHead.objects.select_for_update().get(pk=tenant_id)
    entries, details = [], []
    for deed in deeds:
        detail = {**deed.detail, "user_id": str(deed.subject)} if deed.subject else dict(deed.detail)
        entry = AuditEntry(
            id=uuid4(),
            tenant_id=tenant_id,
            seq=head.seq + 1,
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
            prev_hash=head.hash,
        )
        entry.hash = chain.seal({name: getattr(entry, name) for name in chain.SEALED})
        head.seq, head.hash = entry.seq, entry.hash
        entries.append(entry)
        details.append(AuditDetail(audit_id=entry.pk, tenant_id=tenant_id, detail=detail))
    AuditEntry.objects.bulk_create(entries)
    AuditDetail.objects.bulk_create(details)
    head.save(update_fields=["seq", "hash"])
    return entries


def upcoming(*, tenant_id: UUID) -> int:
    """The number that the next record of this transaction will have; nobody else's comes between."""
    AuditHead.objects.bulk_create([AuditHead(tenant_id=tenant_id)], ignore_conflicts=True)
    return AuditHead.objects.select_for_update().get(pk=tenant_id).seq + 1


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
