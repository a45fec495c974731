"""The ledger outside the database: each revocation and erasure is also an object that no restore takes back."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from accounts import rowsecurity, storage
from accounts.models import LedgerLine, User
from accounts.models.leaving import Ending
from accounts.pseudonyms import subject_ref
from accounts.refusals import Refused

FOLDER = "ledger/consent"
BATCH = 500


class Unreadable(Refused):
    code = "LEDGER_UNREADABLE"


@dataclass(frozen=True)
class Line:
    """What an object of the ledger says."""

    kind: Ending
    scope: str
    subject_ref: str
    at: datetime


def note(*, user: User, kind: Ending, scope: str, now: datetime) -> None:
    """In the transaction of what it tells of, so that both stand or neither."""
    LedgerLine.objects.create(
        tenant_id=user.tenant_id, kind=kind.value, scope=str(scope), subject_ref=subject_ref(user.pk), at=now
    )


def due(*, tenant_id: UUID) -> list[LedgerLine]:
    """Lines that do not stand outside yet, oldest first."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        waiting = LedgerLine.objects.filter(tenant_id=tenant_id, written_at=None)
        return list(waiting.order_by("at", "pk")[:BATCH])


def write(*, line: LedgerLine, now: datetime) -> None:
    """Put the object, which may stand already, and only then mark the row."""
    content = {"kind": line.kind, "scope": line.scope, "subject_ref": line.subject_ref, "at": _told(line.at)}
    storage.put_once(line.key, json.dumps(content, separators=(",", ":")).encode())
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        LedgerLine.objects.filter(pk=line.pk, written_at=None).update(written_at=now)


def lines(*, since: date | None = None) -> Iterator[Line]:
    """Everything that was written, in the order of time; with `since` from that day on."""
    for key in storage.keys(FOLDER):
        if since is None or key.removeprefix(f"{FOLDER}/") >= since.isoformat():
            yield _read(key)


def _read(key: str) -> Line:
    try:
        content: dict[str, Any] = json.loads(storage.get(key))
        at = datetime.fromisoformat(content["at"])
        return Line(Ending(content["kind"]), content["scope"], content["subject_ref"], at)
    except (ValueError, KeyError, TypeError) as broken:
        raise Unreadable(f"The object {key} of the ledger cannot be read.") from broken


def _told(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
