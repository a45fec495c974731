"""The receipt of an erasure: what it says, what its hash is taken of, and who may read it again."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Any
from uuid import UUID

from accounts import rowsecurity
from accounts.fingerprints import fingerprint
from accounts.models import Erasure
from accounts.refusals import NotThere

LASTS = timedelta(days=365)
UNHASHED = ("status", "requested_at", "completed_at", "receipt_hash", "receipt_token")


class ReceiptNotFound(NotThere):
    code = "ERASURE_NOT_FOUND"
    sentence = "There is no such receipt, or this is not its token."


def hash_of(receipt: Mapping[str, Any]) -> str:
    """Of a receipt as it was issued, without status, times and token: the same that stands in the audit chain."""
    kept = {name: value for name, value in receipt.items() if name not in UNHASHED}
    kept["verification"] = {name: value for name, value in kept["verification"].items() if name != "checked_at"}
    return fingerprint(kept)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def told(erasure: Erasure) -> dict[str, Any]:
    """The receipt as it is now: objects go after the rows."""
    issued, found, left = erasure.issued, erasure.objects_found, erasure.objects_remaining
    deleted = 0 if found is None or left is None else found - left
    return {
        "erasure_id": str(erasure.pk),
        "scope": erasure.scope,
        "status": erasure.status,
        "subject_ref": erasure.subject_ref,
        "requested_at": _time(erasure.requested_at),
        "completed_at": erasure.completed_at and _time(erasure.completed_at),
        "rows": issued["rows"],
        "objects": {"found": found, "deleted": deleted, "remaining": left},
        "caches_cleared": issued["caches_cleared"],
        "verification": {
            "rows_remaining": issued["verification"]["rows_remaining"],
            "objects_remaining": left,
            "checked_at": _time(erasure.checked_at),
        },
        "audit_seq": issued["audit_seq"],
        "receipt_hash": erasure.receipt_hash,
    }


def find(*, erasure_id: UUID, token: str, now: datetime) -> Erasure:
    """For whoever holds its token, for a year; an unknown receipt and a wrong token cannot be told apart."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        erasure = Erasure.objects.filter(pk=erasure_id, requested_at__gt=now - LASTS).first()
    if erasure is None or not compare_digest(erasure.token_hash, token_hash(token)):
        raise ReceiptNotFound
    return erasure


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
