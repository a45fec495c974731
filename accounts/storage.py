"""The wire to object storage: the same few words for local disk and for S3."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from accounts import signedform
from accounts.refusals import NotThere, Unavailable

PRESIGNED_FOR = timedelta(seconds=900)
ENCRYPTION = "AES256"
DATA, ANALYTICS = "default", "analytics"


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
def _answering() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as missing:
        raise NoObject from missing
    except ClientError as refused:
        if refused.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
            raise NoObject from refused
        raise Unreachable from refused
    except (BotoCoreError, OSError) as gone:
        raise Unreachable from gone


def put(key: str, data: bytes, *, store: str = DATA) -> None:
    with _answering():
        storages[store].save(key, ContentFile(data))


def get(key: str, *, store: str = DATA) -> bytes:
    with _answering(), storages[store].open(key) as stored:
        return bytes(stored.read())


def size(key: str, *, store: str = DATA) -> int:
    with _answering():
        return int(storages[store].size(key))


def delete(key: str, *, store: str = DATA) -> None:
    with _answering():
        storages[store].delete(key)


def keys(prefix: str, *, store: str = DATA) -> Iterator[str]:
    """Every key under a prefix that ends in a slash."""
    with _answering():
        yield from _walk(storages[store], prefix.rstrip("/"))


def _walk(storage: Storage, folder: str) -> Iterator[str]:
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in sorted(files):
        yield f"{folder}/{name}"
    for name in sorted(folders):
        yield from _walk(storage, f"{folder}/{name}")


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
    with _answering():
        post = storages[DATA].bucket.meta.client.generate_presigned_post(  # type: ignore[attr-defined]
            settings.DATA_BUCKET,
            key,
            Fields=dict(fields),
            Conditions=[
                *({name: value} for name, value in fields.items()),
                ["content-length-range", 1, max_bytes],
            ],
            ExpiresIn=int(PRESIGNED_FOR.total_seconds()),
        )
    return Form(post["url"], post["fields"])


def probe() -> None:
    """Raises Unreachable when the store does not answer."""
    with _answering():
        if settings.STORAGE == "disk":
            settings.STORAGE_ROOT.mkdir(parents=True, exist_ok=True)
        else:
            storages[DATA].bucket.meta.client.head_bucket(Bucket=settings.DATA_BUCKET)  # type: ignore[attr-defined]
