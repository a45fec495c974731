"""The work on an upload: what is due, who has it, and how it ends."""

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts import kept, loading, rowsecurity, storage
from accounts.models import Upload
from accounts.models.uploads import Channel, FileType, Status
from accounts.statements import Statement, parse
from accounts.uploads import known_accounts, of_the_file, one_after_another, parse_options, same_file

LEASE = timedelta(minutes=2)
RETRIES = (timedelta(minutes=1), timedelta(minutes=10))
ATTEMPTS = 3
PROCESSING_FAILED = of_the_file("PROCESSING_FAILED", "The file could not be processed. An operator has been told.")


def due(*, now: datetime) -> QuerySet[Upload]:
    """Uploads of the tenant that wait for a worker, or whose worker has not been heard of; oldest first."""
    waits = Q(status=Status.PENDING) & (~Q(channel=Channel.PRESIGNED) | Q(attempts__gt=0))
    in_time = Q(retry_after=None) | Q(retry_after__lte=now)
    silent = Q(status=Status.PROCESSING) & (Q(claimed_at=None) | Q(claimed_at__lt=now - LEASE))
    return Upload.objects.filter((waits & in_time) | silent).order_by("created_at", "upload_id")


def waiting(*, tenant_id: UUID, now: datetime, user_id: UUID | None = None) -> int:
    """How many are due."""
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        asked = due(now=now)
        return (asked.filter(user=user_id) if user_id else asked).count()


def unfinished() -> QuerySet[Upload]:
    """What a worker has still to load or to export."""
    received = Q(status=Status.PENDING) & ~Q(channel=Channel.PRESIGNED)
    exportable = Q(status=Status.COMPLETED, exported_at=None, duplicate_of=None, reverted_at=None)
    return Upload.objects.filter(received | Q(status=Status.PROCESSING) | (exportable & Q(user__consent_status=True)))


def with_status(status: Status) -> QuerySet[Upload]:
    return Upload.objects.filter(status=status)


def claim(
    *, tenant_id: UUID, now: datetime, upload_id: UUID | None = None, user_id: UUID | None = None
) -> Upload | None:
    """Take one due upload in a transaction of its own; the claim counts, so a file that kills its worker ends too."""
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        candidates = due(now=now).select_for_update(skip_locked=True)
        if upload_id:
            candidates = candidates.filter(pk=upload_id)
        if user_id:
            candidates = candidates.filter(user=user_id)
        while (upload := candidates.first()) and upload.attempts >= ATTEMPTS:
            _move(upload, Status.FAILED, now, validation_errors=PROCESSING_FAILED)
        if upload is None:
            return None
        if upload.status == Status.PENDING:
            upload.status = Status.PROCESSING
        upload.attempts += 1
        upload.claimed_at = now
        upload.save(update_fields=["status", "attempts", "claimed_at"])
        return upload


def load(*, upload: Upload, now: datetime) -> Upload:
    """Load a claimed file with the eyes of its owner: all of it or nothing, and the report either way."""
    try:
        data = storage.get(upload.s3_key)
    except storage.Unreachable:
        put_off(upload=upload)
        raise
    owner = rowsecurity.Viewer(rowsecurity.Context.CONSUMER, str(upload.tenant_id), str(upload.user_id), "pipeline")
    with rowsecurity.viewing(owner):
        one_after_another(upload.user_id)
        mine = Upload.objects.select_for_update().filter(
            pk=upload.pk, status=Status.PROCESSING, attempts=upload.attempts
        )
        if not mine.exists():
            return upload  # the lease ran out and another worker has it
        upload.content_hash = hashlib.sha256(data).hexdigest()
        if first := same_file(upload):
            return _move(upload, Status.COMPLETED, now, content_hash=None, duplicate_of=first.pk)
        statement = parse(
            data,
            parse_options(FileType(upload.file_type), upload.options, now),
            known_accounts(upload.user_id),
        )
        if not statement.ok:
            report = report_of(upload, statement, now, Status.FAILED, {})
            return _finish(upload, Status.FAILED, now, statement, report)
        stored = loading.store(upload=upload, statement=statement, received=upload.created_at)
        kept.forget(user_ids=[upload.user_id])
        report = report_of(upload, statement, now, Status.COMPLETED, stored)
        return _finish(upload, Status.COMPLETED, now, statement, report)


def give_back(*, upload: Upload, now: datetime) -> Upload:
    """After a fault of ours: due again later, or failed when it was the last try."""
    with rowsecurity.viewing(rowsecurity.pipeline(upload.tenant_id)):
        current = Upload.objects.select_for_update().filter(pk=upload.pk).first()
        if current is None:
            return upload  # erased while it was worked on
        if current.status != Status.PROCESSING or current.attempts != upload.attempts:
            return current
        if current.attempts >= ATTEMPTS:
            return _move(current, Status.FAILED, now, validation_errors=PROCESSING_FAILED)
        current.status, current.retry_after = Status.PENDING, now + RETRIES[current.attempts - 1]
        current.save(update_fields=["status", "retry_after"])
        return current


def put_off(*, upload: Upload) -> None:
    """The store is away: due again when the lease is over, and not one try of the file's three."""
    with rowsecurity.viewing(rowsecurity.pipeline(upload.tenant_id)):
        mine = Upload.objects.filter(pk=upload.pk, status=Status.PROCESSING, attempts=upload.attempts)
        mine.update(attempts=upload.attempts - 1)


def report_of(
    upload: Upload, statement: Statement, now: datetime, status: Status, stored: dict[str, dict[str, int]]
) -> dict[str, Any]:
    """The import report: what was understood of the file, what is wrong with it, and what was stored."""
    nothing = {"inserted": 0, "updated": 0, "unchanged": 0}
    return {
        "upload_id": str(upload.pk),
        "user_id": str(upload.user_id),
        "status": status.value,
        "ingestion_timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        **statement.report(),
        "storage": {
            "postgresql": {name: stored.get(name, nothing) for name in ("accounts", "transactions", "liabilities")},
            "s3": {"object": upload.s3_key, "parquet": []},
        },
    }


def _finish(upload: Upload, status: Status, now: datetime, statement: Statement, report: dict[str, Any]) -> Upload:
    return _move(
        upload,
        status,
        now,
        report=report,
        sign_policy=statement.sign_policy,
        content_hash=upload.content_hash,
        validation_errors=[*report["errors"], *report["warnings"]] or None,
    )


def _move(upload: Upload, status: Status, now: datetime, **fields: Any) -> Upload:
    for name, value in {"status": status.value, "processed_at": now, **fields}.items():
        setattr(upload, name, value)
    upload.save(update_fields=["status", "processed_at", *fields])
    return upload
