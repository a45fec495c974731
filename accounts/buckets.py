"""The wire that sets up and ages buckets: encryption, versions, no public access, the life cycle of each prefix."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError
from django.conf import settings
from django.core.files.storage import storages

from accounts import storage
from accounts.refusals import Refused

Life = list[tuple[str, int | None, int]]
FORMER_VERSIONS_DAYS = 30
# prefix, days until cold storage, days until deletion; `ledger/` is in none, because it never expires
LIFE: dict[str, Life] = {
    storage.DATA: [("uploads/", 90, 365), ("exports/", None, 7)],
    storage.ANALYTICS: [("", 180, 730)],
}


class NotApplied(Refused):
    code = "STORAGE_NOT_SET_UP"


def set_up() -> Iterator[tuple[str, str]]:
    """Apply everything to both buckets; what was applied to which. What is refused is told when the rest is done."""
    refused = []
    for alias, name in ((storage.DATA, settings.DATA_BUCKET), (storage.ANALYTICS, settings.ANALYTICS_BUCKET)):
        with storage.answering():
            if settings.STORAGE == "disk":
                (settings.STORAGE_ROOT / name).mkdir(parents=True, exist_ok=True)
                yield name, "folder"
                continue
            client = storages[alias].bucket.meta.client  # type: ignore[attr-defined]
            for what, apply in STEPS.items():
                try:
                    apply(client, name, LIFE[alias])
                except ClientError as no:
                    refused.append(f"{what} of {name} ({no.response['Error']['Code']})")
                    if apply is _exist:
                        break
                else:
                    yield name, what
    if refused:
        raise NotApplied(f"The store refused: {', '.join(refused)}. Allow it and run this again.")


def expire(alias: str, *, now: datetime) -> Iterator[str]:
    """Local disk has no life cycle of its own: delete what is past its days; the keys that went."""
    store = storages[alias]
    for prefix, _, days in LIFE[alias]:
        before = now - timedelta(days=days)
        for key in list(storage.keys(prefix, store=alias)):
            if store.get_modified_time(key) < before:
                storage.delete(key, store=alias)
                yield key


def _exist(client: Any, name: str, _: Life) -> None:
    try:
        client.head_bucket(Bucket=name)  # somebody else's bucket of this name is refused here
    except ClientError as refused:
        if refused.response["Error"]["Code"] != "404":
            raise
        place = client.meta.region_name
        abroad = {"CreateBucketConfiguration": {"LocationConstraint": place}} if place != "us-east-1" else {}
        client.create_bucket(Bucket=name, **abroad)


def _closed(client: Any, name: str, _: Life) -> None:
    client.put_public_access_block(
        Bucket=name,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )


def _encrypted(client: Any, name: str, _: Life) -> None:
    client.put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": storage.ENCRYPTION}}]
        },
    )


def _versioned(client: Any, name: str, _: Life) -> None:
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


def _aged(client: Any, name: str, life: Life) -> None:
    rules = []
    for prefix, cold, gone in life:
        rule: dict[str, Any] = {
            "ID": f"age-{prefix.strip('/') or 'all'}",
            "Filter": {"Prefix": prefix},
            "Status": "Enabled",
            "Expiration": {"Days": gone},
            "NoncurrentVersionExpiration": {"NoncurrentDays": min(FORMER_VERSIONS_DAYS, gone)},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        }
        if cold:
            rule["Transitions"] = [{"Days": cold, "StorageClass": "GLACIER"}]
        rules.append(rule)
    client.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})


STEPS = {
    "bucket": _exist,
    "public access block": _closed,
    "encryption": _encrypted,
    "versioning": _versioned,
    "life cycle": _aged,
}
