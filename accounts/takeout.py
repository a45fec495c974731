"""A person's own data to take along: asked for, made by a worker, fetched by a link, gone after a week."""

import hashlib
import json
import tempfile
import zipfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any
from uuid import UUID

from django.core import signing
from django.db import connection
from django.db.models import Q, QuerySet

from accounts import belongings, events, rowsecurity, storage
from accounts.models import Export, Upload, User
from accounts.models.leaving import ExportStatus
from accounts.origin import NOWHERE, Origin
from accounts.pseudonyms import subject_ref
from accounts.refusals import NotThere, Refused

A_DAY = timedelta(days=1)
LINK_LASTS = timedelta(minutes=15)
KEPT = timedelta(days=7)
LEASE = timedelta(minutes=10)
RETRIES = (timedelta(minutes=1), timedelta(minutes=10))
ATTEMPTS = 3
CHUNK = 2000
SALT = "accounts.takeout"


class ExportNotFound(NotThere):
    code = "EXPORT_NOT_FOUND"
    sentence = "There is no such export."


class LinkOver(NotThere):
    code = "LINK_EXPIRED"
    sentence = "This link is over. Ask for the export again to get a new one."


class OneADay(Refused):
    status = 429
    code = "RATE_LIMITED"
    sentence = "One export a day. The last one is not a day old."


@dataclass(frozen=True)
class Link:
    """`token` opens the export through our own door where the store has no addresses of its own."""

    url: str | None
    token: str
    expires_at: datetime


def request(*, user: User, now: datetime, origin: Origin = NOWHERE) -> Export:
    """Ask for an export; the row is what a worker has to do."""
    with rowsecurity.viewing(rowsecurity.maintenance_of(user.pk)):
        User.objects.select_for_update().get(pk=user.pk)
        recent = Export.objects.filter(user=user, requested_at__gt=now - A_DAY).exclude(status=ExportStatus.FAILED)
        if latest := recent.order_by("-requested_at").first():
            raise OneADay(retry_after=max(1, int((latest.requested_at + A_DAY - now).total_seconds())))
        export = Export.objects.create(tenant_id=user.tenant_id, user=user, requested_at=now)
        events.record(
            kind=events.Kind.EXPORT,
            tenant_id=user.tenant_id,
            user_id=user.pk,
            now=now,
            origin=origin,
            detail={"export_id": str(export.pk)},
        )
        return export


def find(*, user: User, export_id: UUID) -> Export:
    export = Export.objects.filter(pk=export_id, user=user).first()
    if export is None:
        raise ExportNotFound
    return export


def link(*, export: Export, now: datetime) -> Link:
    """A new one at every call; whoever has it may fetch the file for a quarter of an hour."""
    until = min(now + LINK_LASTS, _ends(export))
    token = signing.dumps([str(export.user_id), str(export.pk), until.isoformat()], salt=SALT)
    address = storage.link(export.key, file_name=file_name(export), lasts=until - now)
    return Link(address, token, until)


def of_token(*, export_id: UUID, token: str, now: datetime) -> Export:
    """The export of a link of ours that is still good."""
    try:
        user_id, named, until = signing.loads(token, salt=SALT)
    except signing.BadSignature as forged:
        raise ExportNotFound from forged
    if named != str(export_id):
        raise ExportNotFound
    if now >= datetime.fromisoformat(until):
        raise LinkOver
    with rowsecurity.viewing(rowsecurity.maintenance_of(user_id)):
        export = Export.objects.filter(pk=export_id, user_id=user_id, status=ExportStatus.READY).first()
    if export is None:
        raise ExportNotFound
    return export


def file_name(export: Export) -> str:
    return f"spendsense-export-{export.requested_at:%Y-%m-%d}.zip"


def take(*, tenant_id: UUID, now: datetime) -> Export | None:
    """Claim the oldest that waits for a worker, or whose worker has not been heard of; the claim counts as a try."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        export = _due(tenant_id, now).order_by("requested_at", "pk").select_for_update(skip_locked=True).first()
        if export is None:
            return None
        if export.attempts >= ATTEMPTS:
            export.status = ExportStatus.FAILED.value
            export.save(update_fields=["status"])
            return export
        export.attempts, export.claimed_at = export.attempts + 1, now
        export.save(update_fields=["attempts", "claimed_at"])
        return export


def waiting(*, tenant_id: UUID, now: datetime) -> int:
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return _due(tenant_id, now).count()


def _due(tenant_id: UUID, now: datetime) -> QuerySet[Export]:
    waits = Q(claimed_at=None) | Q(claimed_at__lt=now - LEASE)
    open_ones = Export.objects.filter(waits, tenant_id=tenant_id, status=ExportStatus.PENDING)
    return open_ones.filter(Q(retry_after=None) | Q(retry_after__lte=now))


def let_go(*, export: Export) -> None:
    """A store that is away costs no try."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        mine = Export.objects.filter(pk=export.pk, status=ExportStatus.PENDING, attempts=export.attempts)
        mine.update(attempts=export.attempts - 1, claimed_at=None)


def make(*, export: Export, now: datetime) -> Export:
    """Write the file beside the database, keep it, and say so; of who was erased meanwhile nothing stays."""
    if export.status != ExportStatus.PENDING:
        return export
    with tempfile.TemporaryFile() as file:
        _write(file, export)
        export.size = file.tell()
        file.seek(0)
        export.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        storage.put_file(export.key, file)
    export.status, export.ready_at = ExportStatus.READY.value, now
    with rowsecurity.viewing(rowsecurity.maintenance_of(export.user_id)):
        mine = Export.objects.filter(pk=export.pk, status=ExportStatus.PENDING)
        kept = mine.update(status=export.status, ready_at=now, size=export.size, sha256=export.sha256)
        gone = not kept and not Export.objects.filter(pk=export.pk).exists()
    if gone:
        storage.delete(export.key)
    return export


def give_back(*, export: Export, now: datetime) -> Export:
    """After a fault of ours: due again later, or failed when it was the last try; then one may be asked for anew."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        last = export.attempts >= ATTEMPTS
        changed = (
            {"status": ExportStatus.FAILED.value}
            if last
            else {"claimed_at": None, "retry_after": now + RETRIES[export.attempts - 1]}
        )
        mine = Export.objects.filter(pk=export.pk, status=ExportStatus.PENDING, attempts=export.attempts)
        mine.update(**changed)
    return export


def over(*, tenant_id: UUID, now: datetime) -> list[Export]:
    """Exports that are a week old."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        ready = Export.objects.filter(tenant_id=tenant_id, status=ExportStatus.READY, ready_at__lte=now - KEPT)
        return list(ready.order_by("ready_at", "pk"))


def drop(*, export: Export) -> None:
    """The object first: a store that is away leaves both for the next time."""
    storage.delete(export.key)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Export.objects.filter(pk=export.pk).update(status=ExportStatus.EXPIRED.value)


def _ends(export: Export) -> datetime:
    return (export.ready_at or export.requested_at) + KEPT


def _write(file: IO[bytes], export: Export) -> None:
    """Row by row and file by file, whatever their number; a file the store has no more is named and left out."""
    values: dict[str, Any] = {"user": export.user_id, "subject_ref": subject_ref(export.user_id)}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        with rowsecurity.viewing(rowsecurity.maintenance_of(export.user_id)):
            for app in reversed(belongings.declared()):
                for section in app.sections:
                    _write_rows(archive, section, values)
            sent = list(Upload.objects.filter(user_id=export.user_id).order_by("created_at", "upload_id"))
        missing = [upload.s3_key for upload in sent if not _copied(archive, upload)]
        archive.writestr("missing.json", json.dumps(missing, indent=1))


def _write_rows(archive: zipfile.ZipFile, section: belongings.Section, values: dict[str, Any]) -> None:
    """With a cursor on the server's side, so that rows are not gathered in memory."""
    before = b"["
    with archive.open(f"{section.name}.json", "w", force_zip64=True) as file, connection.chunked_cursor() as cursor:
        cursor.execute(section.query, values)
        while rows := cursor.fetchmany(CHUNK):
            for (row,) in rows:
                file.write(before + b"\n" + row.encode())
                before = b","
        file.write(b"[]\n" if before == b"[" else b"\n]\n")


def _copied(archive: zipfile.ZipFile, upload: Upload) -> bool:
    name = upload.s3_key.rpartition("/")[2]
    try:
        with storage.opened(upload.s3_key) as stored, archive.open(f"uploads/{upload.pk}/{name}", "w") as target:
            while piece := stored.read(1 << 20):
                target.write(piece)
    except storage.NoObject:
        return False
    return True
