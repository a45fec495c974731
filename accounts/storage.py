"""The wire to object storage: the same few words for local disk and for S3."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, storages
from s3transfer.exceptions import RetriesExceededError

from accounts import signedform
from accounts.refusals import NotThere, Unavailable

PRESIGNED_FOR = timedelta(seconds=900)
ENCRYPTION = "AES256"
DATA, ANALYTICS = "default", "analytics"
log = structlog.get_logger("spendsense.storage")


class Unreachable(Unavailable):
    code = "STORAGE_UNAVAILABLE"
    sentence = "The store of files is away. Nothing was kept; try again in a moment."


class NoObject(NotThere):
    sentence = "There is no object under this key."


@dataclass(frozen=True)
class Form:
    """Where and with which fields a client may post one file by itself."""

    url: str
    fields: dict[str, str]


@contextmanager
def answering() -> Iterator[None]:
    """Whatever the store of either form says no with becomes one of our two errors."""
    try:
        yield
    except FileNotFoundError as missing:
        raise NoObject from missing
    except ClientError as refused:
        code = refused.response.get("Error", {}).get("Code")
        if code in ("NoSuchKey", "404"):
            raise NoObject from refused
        log.warning("storage_refused", error=code)
        raise Unreachable from refused
    except (BotoCoreError, RetriesExceededError, OSError) as gone:
        log.warning("storage_away", error=type(gone).__name__)
        raise Unreachable from gone


def put(key: str, data: bytes, *, store: str = DATA) -> None:
    with answering():
        storages[store].save(key, ContentFile(data))


def put_file(key: str, file: IO[bytes], *, store: str = DATA) -> None:
    """As `put`, piece by piece: what may be larger than memory."""
    with answering():
        storages[store].save(key, File(file))


def put_once(key: str, data: bytes, *, store: str = DATA) -> bool:
    """Keep it unless something stands under this key, which is never written over; whether it was kept now."""
    with answering():
        if settings.STORAGE == "disk":
            return _linked(Path(storages[store].path(key)), data)
        try:
            _bucket(store).put_object(Key=key, Body=data, IfNoneMatch="*", ServerSideEncryption=ENCRYPTION)
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "PreconditionFailed":
                raise
            return False
        return True


def _linked(path: Path, data: bytes) -> bool:
    """Written whole beside its place and then linked, which fails where a name stands and never shows a half."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=path.parent) as whole:
        whole.write(data)
        whole.flush()
        os.fsync(whole.fileno())
        try:
            os.link(whole.name, path)
        except FileExistsError:
            return False
    return True


def get(key: str, *, store: str = DATA) -> bytes:
    with opened(key, store=store) as stored:
        return stored.read()


@contextmanager
def opened(key: str, *, store: str = DATA) -> Iterator[IO[bytes]]:
    """To be read piece by piece."""
    with answering(), storages[store].open(key) as stored:
        yield stored


def file(key: str, *, store: str = DATA) -> IO[bytes]:
    """Open, for whoever closes it when the last piece is sent."""
    with answering():
        opened_file: IO[bytes] = storages[store].open(key)
        return opened_file


def link(key: str, *, file_name: str, lasts: timedelta, store: str = DATA) -> str | None:
    """An address at which S3 itself gives the object to whoever has it; local disk has none."""
    if settings.STORAGE == "disk":
        return None
    with answering():
        address = _bucket(store).meta.client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": _bucket(store).name,
                "Key": key,
                "ResponseContentDisposition": f'attachment; filename="{file_name}"',
            },
            ExpiresIn=int(lasts.total_seconds()),
        )
        return str(address)


def size(key: str, *, store: str = DATA) -> int:
    with answering():
        return int(storages[store].size(key))


def delete(key: str, *, store: str = DATA) -> None:
    """The object and, where versions are kept, the former ones too: what we delete is a person's."""
    with answering():
        if settings.STORAGE == "disk":
            storages[store].delete(key)
        else:
            _delete_versions(store, key, only=key)


def erase(prefix: str, *, store: str = DATA) -> None:
    """Everything in a folder and below, every version of it."""
    with answering():
        if settings.STORAGE == "disk":
            with suppress(FileNotFoundError):
                shutil.rmtree(storages[store].path(prefix))
        else:
            _delete_versions(store, _folder(prefix))


def _delete_versions(store: str, prefix: str, only: str | None = None) -> None:
    bucket = _bucket(store)
    for page in bucket.object_versions.filter(Prefix=prefix).pages():
        doomed = [{"Key": v.object_key, "VersionId": v.id} for v in page if only in (None, v.object_key)]
        # S3 answers 200 to a deletion of many even when it kept some of them.
        if doomed and bucket.delete_objects(Delete={"Objects": doomed, "Quiet": True}).get("Errors"):
            log.warning("storage_kept", count=len(doomed))
            raise Unreachable("The store of files did not delete everything. Try again in a moment.")


def count(prefix: str, *, store: str = DATA) -> int:
    """How many objects there are in a folder and below, or under one key; former versions count as well."""
    with answering():
        if settings.STORAGE == "disk":
            return sum(1 for _ in _walk(storages[store], prefix)) if prefix.endswith("/") else _there(store, prefix)
        exact = not prefix.endswith("/")
        found = _bucket(store).object_versions.filter(Prefix=prefix)
        return sum(1 for version in found if not exact or version.object_key == prefix)


def _there(store: str, key: str) -> int:
    return int(storages[store].exists(key))


def _bucket(store: str) -> Any:
    return storages[store].bucket  # type: ignore[attr-defined]


def keys(prefix: str, *, store: str = DATA) -> Iterator[str]:
    """Every key in a folder and below; "" is all of them."""
    with answering():
        yield from _walk(storages[store], _folder(prefix))


def _folder(prefix: str) -> str:
    """Ends in a slash, so that `uploads/1` never means `uploads/12` too."""
    return prefix.rstrip("/") + "/" if prefix else ""


def _walk(storage: Storage, prefix: str) -> Iterator[str]:
    try:
        folders, files = storage.listdir(prefix)
    except FileNotFoundError:
        return
    for name in sorted(files):
        yield f"{prefix}{name}"
    for name in sorted(folders):
        yield from _walk(storage, f"{prefix}{name}/")


def presign(key: str, *, content_type: str, max_bytes: int, post_to: str, now: datetime) -> Form:
    """A form that admits one file of this type under this key for 15 minutes; `post_to` serves local disk."""
    fields = {"Content-Type": content_type, "x-amz-server-side-encryption": ENCRYPTION}
    if settings.STORAGE == "disk":
        signed = signedform.sign(
            key=settings.SECRET_KEY.encode(),
            fields={"key": key, **fields},
            max_bytes=max_bytes,
            expires=now + PRESIGNED_FOR,
        )
        return Form(post_to, signed)
    with answering():
        post = _bucket(DATA).meta.client.generate_presigned_post(
            settings.DATA_BUCKET,
            key,
            Fields=dict(fields),
            Conditions=[
                *({name: value} for name, value in fields.items()),
                ["content-length-range", 1, max_bytes],
            ],
            # boto3 counts from its own clock; the form ends 15 minutes after `now`, as the one of local disk.
            ExpiresIn=int((now + PRESIGNED_FOR - datetime.now(UTC)).total_seconds()),
        )
    return Form(post["url"], post["fields"])


def probe() -> None:
    """Raises Unreachable when the store does not answer."""
    with answering():
        if settings.STORAGE == "disk":
            settings.STORAGE_ROOT.mkdir(parents=True, exist_ok=True)
        else:
            _bucket(DATA).meta.client.head_bucket(Bucket=settings.DATA_BUCKET)
