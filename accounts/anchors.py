"""Heads of the audit chain kept outside the database, so that a chain rewritten as a whole is found."""

import json
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction

from accounts import audit, rowsecurity, storage
from accounts.models import AuditHead


def write(*, tenant_id: UUID, now: datetime) -> str | None:
    """Keep the head as it is; the key of its object, which is written once. An empty chain has nothing to keep."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        head = AuditHead.objects.filter(pk=tenant_id, seq__gt=0).first()
    if head is None:
        return None
    at = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    key = f"{_folder(tenant_id)}/{at}-{head.seq}.json"
    if key not in storage.keys(_folder(tenant_id)):
        said = {"tenant_id": str(tenant_id), "seq": head.seq, "hash": head.hash, "at": at}
        storage.put(key, json.dumps(said, separators=(",", ":")).encode())
    return key


def soon(*, tenant_id: UUID, now: datetime) -> None:
    """Once the caller's transaction stands; where the store is away the nightly one follows."""
    transaction.on_commit(lambda: write(tenant_id=tenant_id, now=now), robust=True)


def read(*, tenant_id: UUID) -> dict[int, str]:
    """The hash of each row that was a head; where two anchors disagree, one that no row has."""
    found: dict[int, str] = {}
    for key in storage.keys(_folder(tenant_id)):
        said = json.loads(storage.get(key))
        known = found.setdefault(said["seq"], said["hash"])
        if known != said["hash"]:
            found[said["seq"]] = ""
    return found


def verify(*, tenant_id: UUID, now: datetime, from_seq: int = 1) -> audit.Verdict:
    """Verify a chain against its anchors too, and note on its head what was found."""
    kept = read(tenant_id=tenant_id)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        found = audit.verify(tenant_id=tenant_id, from_seq=from_seq, anchors=kept)
        if from_seq == 1 or not found.valid:  # the end of a chain says nothing good of its beginning
            AuditHead.objects.filter(pk=tenant_id).update(verified_at=now, valid=found.valid)
    return found


def _folder(tenant_id: UUID) -> str:
    return f"ledger/audit/{tenant_id}"
