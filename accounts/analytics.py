"""Analytics files: what was loaded for consenting people, as Parquet in the analytics bucket."""

import io
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import polars as pl
from django.db import connection

from accounts import rowsecurity, storage
from accounts.models import Upload, User
from accounts.models.uploads import Status

BATCH = 100
MONEY, RATE, MOMENT = pl.Decimal(12, 2), pl.Decimal(7, 4), pl.Datetime("us", "UTC")
ENDING: dict[str, pl.DataType | type[pl.DataType]] = {
    "upload_id": pl.String,
    "upload_timestamp": MOMENT,
    "ingestion_date": pl.Date,
}
SCHEMAS: dict[str, dict[str, pl.DataType | type[pl.DataType]]] = {
    "accounts": {
        "user_id": pl.String,
        "account_id": pl.String,
        "name": pl.String,
        "type": pl.String,
        "subtype": pl.String,
        "holder_category": pl.String,
        "balance_available": MONEY,
        "balance_current": MONEY,
        "balance_limit": MONEY,
        "iso_currency_code": pl.String,
        "mask": pl.String,
        **ENDING,
    },
    "transactions": {
        "user_id": pl.String,
        "account_id": pl.String,
        "transaction_id": pl.String,
        "date": pl.Date,
        "amount": MONEY,
        "merchant_name": pl.String,
        "merchant_entity_id": pl.String,
        "payment_channel": pl.String,
        "category_primary": pl.String,
        "category_detailed": pl.String,
        "pending": pl.Boolean,
        "iso_currency_code": pl.String,
        **ENDING,
    },
    "liabilities": {
        "user_id": pl.String,
        "account_id": pl.String,
        "apr_percentage": RATE,
        "interest_rate": RATE,
        "apr_type": pl.String,
        "minimum_payment_amount": MONEY,
        "last_payment_amount": MONEY,
        "last_statement_balance": MONEY,
        "last_payment_date": pl.Date,
        "next_payment_due_date": pl.Date,
        "is_overdue": pl.Boolean,
        **ENDING,
    },
}
QUERIES = {
    "accounts": """
        SELECT user_id::text, external_id, name, type, subtype, holder_category, balance_available, balance, "limit",
               iso_currency_code, account_number_last4, upload_id::text, uploaded_at, %(day)s::date
          FROM accounts WHERE user_id = %(user)s AND upload_id = %(upload)s ORDER BY external_id
    """,
    "transactions": """
        SELECT t.user_id::text, a.external_id, t.external_id, t.date, t.amount, t.merchant, t.merchant_entity_id,
               t.payment_channel, t.category_primary, t.category_detailed, t.pending, t.iso_currency_code,
               t.upload_id::text, t.uploaded_at, %(day)s::date
          FROM transactions t JOIN accounts a ON a.user_id = t.user_id AND a.id = t.account_id
         WHERE t.user_id = %(user)s AND t.upload_id = %(upload)s ORDER BY t.date, t.external_id
    """,
    "liabilities": """
        SELECT l.user_id::text, a.external_id, l.apr_percentage, l.interest_rate, l.apr_type,
               l.minimum_payment_amount, l.last_payment_amount, l.last_statement_balance, l.last_payment_date,
               l.next_payment_due_date, l.is_overdue, l.upload_id::text, l.uploaded_at, %(day)s::date
          FROM liabilities l JOIN accounts a ON a.user_id = l.user_id AND a.id = l.account_id
         WHERE l.user_id = %(user)s AND l.upload_id = %(upload)s ORDER BY a.external_id
    """,
}


def due(
    *,
    tenant_id: UUID,
    since: date | None = None,
    user_id: UUID | None = None,
    every: bool = False,
    but: Collection[UUID] = (),
) -> list[Upload]:
    """Loaded uploads of consenting people whose files are not written; with `since` the written ones as well."""
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        wanted = Upload.objects.filter(
            status=Status.COMPLETED, duplicate_of=None, reverted_at=None, user__consent_status=True
        )
        wanted = wanted.filter(processed_at__date__gte=since) if since else wanted.filter(exported_at=None)
        if user_id:
            wanted = wanted.filter(user_id=user_id)
        return list(
            wanted.exclude(pk__in=but).order_by("processed_at", "upload_id")[: None if since or every else BATCH]
        )


def write(*, upload: Upload, now: datetime, tables: Sequence[str] = tuple(SCHEMAS)) -> list[str]:
    """Read with the eyes of the pipeline, so that a revoked consent gives nothing; the keys that were written.

    What was never written is written whole whatever the tables, so that its mark is true.
    """
    values: dict[str, Any] = {"user": upload.user_id, "upload": upload.pk, "day": _day(upload)}
    frames: dict[str, pl.DataFrame] = {}
    with rowsecurity.viewing(rowsecurity.pipeline(upload.tenant_id)), connection.cursor() as cursor:
        for name in tables if upload.exported_at else SCHEMAS:
            cursor.execute(QUERIES[name], values)
            frames[name] = pl.DataFrame(cursor.fetchall(), SCHEMAS[name], orient="row")
    written = []
    for name, frame in frames.items():
        if frame.height:
            parquet = io.BytesIO()
            frame.write_parquet(parquet)
            storage.put(_key(name, upload), parquet.getvalue(), store=storage.ANALYTICS)
            written.append(_key(name, upload))
    with rowsecurity.viewing(rowsecurity.pipeline(upload.tenant_id)):
        standing = Upload.objects.filter(pk=upload.pk, reverted_at=None, user__in=User.objects.all())
        report = upload.report and {
            **upload.report,
            "storage": {
                **upload.report["storage"],
                "s3": {"object": upload.s3_key, "parquet": _known(upload, written)},
            },
        }
        kept = standing.update(exported_at=now, report=report)
    if not kept:  # revoked or reverted while we wrote: the files go too
        forget(upload=upload)
        return []
    return written


def stranded(
    *, tenant_id: UUID, user_id: UUID | None = None, every: bool = False, but: Collection[UUID] = ()
) -> list[Upload]:
    """Uploads whose files are there although the person no longer agrees; the pipeline sees who still does."""
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        exported = Upload.objects.exclude(exported_at=None).exclude(user__in=User.objects.all())
        if user_id:
            exported = exported.filter(user_id=user_id)
        exported = exported.exclude(pk__in=but).order_by("processed_at", "upload_id")
        return list(exported[: None if every else BATCH])


def withdraw(*, upload: Upload) -> None:
    """After a revocation: the files go, and are due again with a new consent."""
    forget(upload=upload)
    with rowsecurity.viewing(rowsecurity.pipeline(upload.tenant_id)):
        Upload.objects.filter(pk=upload.pk).update(exported_at=None)


def forget(*, upload: Upload) -> None:
    """Delete the analytics files of one upload."""
    for key in keys_of(upload):
        storage.delete(key, store=storage.ANALYTICS)


def keys_of(upload: Upload) -> list[str]:
    """Where its files are, if they are there."""
    return [_key(name, upload) for name in SCHEMAS]


def _day(upload: Upload) -> date:
    return (upload.processed_at or upload.created_at).date()


def _key(name: str, upload: Upload) -> str:
    return f"{name}/user_id={upload.user_id}/ingestion_date={_day(upload)}/{name}_{upload.pk}.parquet"


def _known(upload: Upload, written: list[str]) -> list[str]:
    """With what was written before: some tables may be written again without the others."""
    before = upload.report["storage"]["s3"]["parquet"] if upload.report and upload.exported_at else []
    return sorted({*before, *written})
