"""What a person has agreed to, as they read it: where each purpose stands, its history, and the receipt."""

import hashlib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from accounts.fingerprints import fingerprint
from accounts.models import ConsentRecord, User
from accounts.purposes import TEXTS, Purpose


def standing(*, user_id: UUID) -> dict[str, Any]:
    """Each purpose by its latest record: an open one, else the one that ended last."""
    user = User.objects.get(pk=user_id)
    latest = ConsentRecord.objects.filter(user_id=user_id).order_by(
        "purpose", F("revoked_at").desc(nulls_first=True), "-granted_at", "-pk"
    )
    records = {record.purpose: record for record in latest.distinct("purpose")}
    return {
        "user_id": str(user_id),
        "consent_status": user.consent_status,
        "consent_version": user.consent_version,
        "updated_at": user.updated_at,
        "purposes": {purpose.value: _told(records.get(purpose.value)) for purpose in Purpose},
    }


def history(*, user_id: UUID) -> QuerySet[ConsentRecord]:
    """Newest first."""
    return ConsentRecord.objects.filter(user_id=user_id).order_by("-granted_at", "-pk")


def receipt(*, user_id: UUID, now: datetime) -> dict[str, Any]:
    """Every agreement with the words that were agreed to; its own hash shows that nobody changed it since."""
    items = [
        {
            "purpose": record.purpose,
            "version": record.version,
            "text": (text := TEXTS[Purpose(record.purpose), record.version]),
            "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
            "granted_at": _time(record.granted_at),
            "revoked_at": record.revoked_at and _time(record.revoked_at),
            "ip_address": record.ip_address,
        }
        for record in history(user_id=user_id)
    ]
    said = {"user_id": str(user_id), "issued_at": _time(now), "items": items}
    return {**said, "receipt_hash": fingerprint(said)}


def _told(record: ConsentRecord | None) -> dict[str, Any]:
    if record is None:
        return {"granted": False, "version": None, "granted_at": None, "revoked_at": None}
    return {
        "granted": record.revoked_at is None,
        "version": record.version,
        "granted_at": record.granted_at,
        "revoked_at": record.revoked_at,
    }


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
