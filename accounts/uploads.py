"""How an upload begins and how it is taken back: received, announced, completed, expired, reverted."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, connection

from accounts import analytics, kept, received, reverting, rowsecurity, signedform, storage
from accounts.fingerprints import fingerprint
from accounts.models import Account, Upload, User
from accounts.models.uploads import MAX_BYTES, Channel, FileType, Status
from accounts.refusals import NotThere, Refused, Unacceptable
from accounts.statements import KnownAccount, Options, Statement, parse

EXPIRY = timedelta(hours=24)
BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
OPTIONS: Mapping[str, str | None] = {
    "sign_policy": "auto",
    "date_order": None,
    "decimal_mark": None,
    "encoding": None,
    "account_id": "main",
    "account_subtype": "checking",
    "currency": "USD",
}


class EmptyFile(Unacceptable):
    code = "EMPTY_FILE"
    sentence = "The file is empty. Export it again and send it."


class FileTooLarge(Refused):
    status = 413
    code = "FILE_TOO_LARGE"
    sentence = "A statement may have at most 10 MiB. Export a shorter period."


class UploadNotFound(NotThere):
    code = "UPLOAD_NOT_FOUND"
    sentence = "There is no such upload."


class ObjectMissing(Refused):
    code = "OBJECT_MISSING"
    sentence = "The file has not arrived, or not as it was announced. Post it to the form again."


class UploadExpired(Refused):
    code = "UPLOAD_EXPIRED"
    sentence = "This upload was not completed in time. Ask for a new form."


class FormRefused(Refused):
    status = 403
    code = "FORM_REFUSED"
    sentence = "The form is not as it was given out. Ask for a new one and post its fields unchanged."


class NotCompleted(Refused):
    code = "NOT_COMPLETED"
    sentence = "Only a completed upload can be reverted."


def of_the_file(code: str, sentence: str) -> list[dict[str, Any]]:
    return [
        {
            "type": "file",
            "field": None,
            "value": None,
            "error": sentence,
            "severity": "error",
            "code": code,
            "line": None,
        }
    ]


_UNCOMPLETED = {"status": Status.PENDING, "channel": Channel.PRESIGNED, "attempts": 0}
_EXPIRED = of_the_file("UPLOAD_EXPIRED", UploadExpired.sentence)


@dataclass(frozen=True)
class Received:
    upload: Upload
    duplicate: bool


def options_of(given: Mapping[str, Any]) -> dict[str, str | None]:
    """The options of a file with what is left open filled in, so that equal wishes have equal hashes."""
    return {name: given.get(name) or default for name, default in OPTIONS.items()}


def inspect(*, file_name: str, data: bytes) -> FileType:
    """What kind of statement these bytes claim to be; refuses what cannot be one."""
    kind = received.file_type(received.stored_name(file_name))
    if len(data) > MAX_BYTES:
        raise FileTooLarge
    if data in (b"", *BYTE_ORDER_MARKS):
        raise EmptyFile
    received.refuse_other_kinds(data[: received.LOOKED_AT])
    return kind


def preview(*, user: User, file_name: str, data: bytes, options: Mapping[str, Any], now: datetime) -> Statement:
    """What a load would understand of this file; nothing is stored."""
    kind = inspect(file_name=file_name, data=data)
    with rowsecurity.viewing(rowsecurity.of(user)):
        known = known_accounts(user.pk)
    return parse(data, parse_options(kind, options_of(options), now), known)


def receive(
    *,
    user: User,
    file_name: str,
    data: bytes,
    options: Mapping[str, Any],
    now: datetime,
    channel: Channel = Channel.DIRECT,
) -> Received:
    """Keep a file: the object first, then the row. The same file again is the first upload, and stores nothing."""
    upload = announced(user, file_name, len(data), inspect(file_name=file_name, data=data), options, channel)
    upload.content_hash = hashlib.sha256(data).hexdigest()
    eyes = rowsecurity.of(user)
    with rowsecurity.viewing(eyes):
        first = same_file(upload)
    if first:
        return Received(first, duplicate=True)
    storage.put(upload.s3_key, data)
    try:
        with rowsecurity.viewing(eyes):
            upload.created_at = upload.updated_at = now
            upload.save(force_insert=True)
    except IntegrityError:
        storage.delete(upload.s3_key)
        with rowsecurity.viewing(eyes):
            first = same_file(upload)
        if first is None:
            raise
        return Received(first, duplicate=True)  # a parallel twin was quicker
    return Received(upload, duplicate=False)


def presign(
    *,
    user: User,
    file_name: str,
    file_size: int,
    kind: FileType,
    options: Mapping[str, Any],
    post_to: str,
    now: datetime,
) -> tuple[Upload, storage.Form]:
    """Announce a file that the client will post to storage by itself, and say how."""
    upload = announced(user, file_name, file_size, kind, options, Channel.PRESIGNED)
    form = storage.presign(
        upload.s3_key,
        content_type=received.CONTENT_TYPES[kind],
        max_bytes=MAX_BYTES,
        post_to=post_to.format(upload_id=upload.pk),
        now=now,
    )
    with rowsecurity.viewing(rowsecurity.of(user)):
        upload.created_at = upload.updated_at = now
        upload.save(force_insert=True)
    return upload, form


def accept_form(*, upload_id: UUID, form: Mapping[str, Any], data: bytes, now: datetime) -> None:
    """Local disk's half of a presigned post: what S3 would check, checked by us."""
    try:
        signedform.check(key=settings.SECRET_KEY.encode(), form=form, size=len(data), now=now)
    except signedform.Forged as forged:
        raise FormRefused from forged
    except signedform.Expired as late:
        raise FormRefused("The form is no longer valid. Ask for a new one.") from late
    except signedform.WrongSize as wrong:
        raise FileTooLarge if data else EmptyFile from wrong
    owner = rowsecurity.Viewer(rowsecurity.Context.CONSUMER, user_id=form["key"].split("/")[1])
    with rowsecurity.viewing(owner):
        awaited = Upload.objects.filter(pk=upload_id, s3_key=form["key"], status=Status.PENDING, attempts=0)
        if not awaited.exists():
            raise FormRefused("This form is not for this upload, or its file is here already.")
    storage.put(form["key"], data)


def complete(*, user: User, upload_id: UUID, now: datetime) -> Upload:
    """The client has posted the file: it is there, as announced, and may be loaded. Twice is once."""
    with rowsecurity.viewing(rowsecurity.of(user)):
        upload = of_owner(user, upload_id)
    if upload.channel != Channel.PRESIGNED or upload.status != Status.PENDING or upload.attempts:
        if upload.status == Status.FAILED and upload.validation_errors == _EXPIRED:
            raise UploadExpired
        return upload
    if now - upload.created_at > EXPIRY:
        raise UploadExpired
    try:
        arrived = storage.size(upload.s3_key)
    except storage.NoObject as missing:
        raise ObjectMissing from missing
    if arrived != upload.file_size:
        raise ObjectMissing
    with rowsecurity.viewing(rowsecurity.of(user)):
        Upload.objects.filter(pk=upload.pk, status=Status.PENDING).update(status=Status.PROCESSING)
        return of_owner(user, upload_id)


def of_owner(user: User, upload_id: UUID) -> Upload:
    upload = Upload.objects.filter(pk=upload_id, user_id=user.pk).first()
    if upload is None:
        raise UploadNotFound
    return upload


def expire(*, tenant_id: UUID, now: datetime, older_than: timedelta | None = None) -> int:
    """Remove what was posted of presigned uploads that nobody completed, then fail them; a store that is away leaves
    them as they are for the next time.
    """
    forgotten = dict(expiring(tenant_id=tenant_id, now=now, older_than=older_than))
    for key in forgotten.values():
        storage.delete(key)
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        ended = Upload.objects.filter(**_UNCOMPLETED, pk__in=forgotten)
        return ended.update(status=Status.FAILED, processed_at=now, validation_errors=_EXPIRED)


def expiring(*, tenant_id: UUID, now: datetime, older_than: timedelta | None = None) -> list[tuple[UUID, str]]:
    """The presigned uploads that nobody completed in time, and the keys of their objects."""
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        late = Upload.objects.filter(**_UNCOMPLETED, created_at__lte=now - (older_than or EXPIRY))
        return list(late.values_list("pk", "s3_key"))


def revert(*, user: User, upload_id: UUID, now: datetime) -> Upload:
    """Take a completed upload back: its rows go, what it changed is as before. Twice is once."""
    with rowsecurity.viewing(rowsecurity.of(user)):
        one_after_another(user.pk)
        upload = of_owner(user, upload_id)
        if upload.status != Status.COMPLETED:
            raise NotCompleted
        if not upload.reverted_at:
            reverting.take_back(upload=upload)
            kept.forget(user_ids=[user.pk])
            upload.reverted_at = now
            upload.save(update_fields=["reverted_at"])
    analytics.forget(upload=upload)  # also when none are known of: they may be on their way
    return upload


def announced(
    user: User, file_name: str, size: int, kind: FileType, options: Mapping[str, Any], channel: Channel
) -> Upload:
    """An upload that is not stored yet, under the key its object will have."""
    upload_id, chosen = uuid4(), options_of(options)
    name = received.stored_name(file_name)
    if not name.lower().endswith(f".{kind}"):
        name = f"{name}.{kind}"
    return Upload(
        upload_id=upload_id,
        tenant_id=user.tenant_id,
        user=user,
        file_name=file_name.replace("\0", "")[:255],
        file_size=size,
        file_type=kind.value,
        s3_key=f"uploads/{user.pk}/{upload_id}/{name}",
        s3_bucket=settings.DATA_BUCKET,
        options=chosen,
        options_hash=fingerprint(chosen),
        channel=channel.value,
    )


def parse_options(kind: FileType, options: Mapping[str, Any], now: datetime) -> Options:
    return Options(file_type=kind.value, today=now.date(), account_key=settings.SECRET_KEY.encode(), **options)


def known_accounts(user_id: UUID) -> list[KnownAccount]:
    rows = Account.objects.filter(user_id=user_id).values_list("external_id", "type", "iso_currency_code")
    return [KnownAccount(*row) for row in rows]


def same_file(upload: Upload) -> Upload | None:
    """The upload that stands for these bytes with these options."""
    twins = Upload.objects.filter(
        user_id=upload.user_id,
        content_hash=upload.content_hash,
        options_hash=upload.options_hash,
        duplicate_of=None,
        reverted_at=None,
    )
    return twins.exclude(status=Status.FAILED).exclude(pk=upload.pk).first()


def one_after_another(user_id: UUID) -> None:
    """Loads and reverts of one person wait for each other; a derived result is stored under the same row's lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"uploads:{user_id}"])
        cursor.execute("SELECT FROM users WHERE user_id = %s FOR UPDATE", [user_id])
