"""Analytics files: what was loaded for consenting people, as Parquet in the analytics bucket."""

import io
from collections.abc import Sequence
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


def due(*, tenant_id: UUID, since: date | None = None, user_id: UUID | None = None) -> list[Upload]:
    """Loaded uploads of consenting people whose files are not written; with `since` the written ones as well."""
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        wanted = Upload.objects.filter(
            status=Status.COMPLETED, duplicate_of=None, reverted_at=None, user__consent_status=True
        )
        wanted = wanted.filter(processed_at__date__gte=since) if since else wanted.filter(exported_at=None)
        if user_id:
            wanted = wanted.filter(user_id=user_id)
        return list(wanted.order_by("processed_at", "upload_id")[: None if since else BATCH])


def write(*, upload: Upload, now: datetime, tables: Sequence[str] = tuple(SCHEMAS)) -> list[str]:
    """Read with the eyes of the pipeline, so that a revoked consent gives nothing; the keys that were written."""
    day = (upload.processed_at or now).date()
    values: dict[str, Any] = {"user": upload.user_id, "upload": upload.pk, "day": day}
    frames: dict[str, pl.DataFrame] = {}
    with rowsecurity.viewing(rowsecurity.pipeline(upload.tenant_id)), connection.cursor() as cursor:
        for name in tables:
            cursor.execute(QUERIES[name], values)
            frames[name] = pl.DataFrame(cursor.fetchall(), SCHEMAS[name], orient="row")
    written = []
    for name, frame in frames.items():
        if frame.height:
            key = f"{name}/user_id={upload.user_id}/ingestion_date={day}/{name}_{upload.pk}.parquet"
            parquet = io.BytesIO()
            frame.write_parquet(parquet)
            storage.put(key, parquet.getvalue(), store=storage.ANALYTICS)
            written.append(key)
    with rowsecurity.viewing(rowsecurity.pipeline(upload.tenant_id)):
        consenting = User.objects.filter(pk=upload.user_id).exists()
        if consenting:
            report = upload.report and {
                **upload.report,
                "storage": {**upload.report["storage"], "s3": {"object": upload.s3_key, "parquet": written}},
            }
            Upload.objects.filter(pk=upload.pk).update(exported_at=now, report=report)
    if not consenting:  # revoked while we wrote: the files go with the consent
        forget(upload=upload)
        return []
    return written


def forget(*, upload: Upload) -> None:
    """Delete the analytics files of one upload, because it was reverted."""
    day = upload.processed_at.date() if upload.processed_at else None
    for name in SCHEMAS:
        key = f"{name}/user_id={upload.user_id}/ingestion_date={day}/{name}_{upload.pk}.parquet"
        storage.delete(key, store=storage.ANALYTICS)
