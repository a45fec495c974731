"""What is said of a file that was only looked at: its import report, and the first rows as they would be stored."""

from datetime import datetime
from typing import Any
from uuid import UUID

import polars as pl

from accounts.statements import Statement

SHOWN = 20


def preview_of(statement: Statement, *, user_id: UUID, now: datetime) -> dict[str, Any]:
    rows = statement.transactions.head(SHOWN).select(
        "line",
        "account_external_id",
        "external_id",
        pl.col("date").cast(pl.String),
        "merchant",
        "description",
        (pl.col("cents") / 100).round(2).alias("amount"),
        "iso_currency_code",
        "category_primary",
        "category_detailed",
        "payment_channel",
        "pending",
        pl.col("flow").cast(pl.String),
    )
    return {
        "upload_id": None,
        "user_id": str(user_id),
        "status": "preview",
        "ingestion_timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        **statement.report(),
        "storage": None,
        "rows": rows.to_dicts(),
    }
