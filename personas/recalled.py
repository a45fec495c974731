"""People's money as it was when they were measured before: rows of the uploads named, all else as it was noted."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import polars as pl
from django.db import connection
from psycopg import sql

from accounts.statements.classes import FLOW
from personas.signals import Frames, kind_of
from personas.signals.frames import ACCOUNTS, CORRECTIONS, LIABILITIES, LOOKBACK, PEOPLE, TRANSACTIONS

ASKED = """
    jsonb_to_recordset(%s::jsonb)
        AS asked (user_id uuid, as_of date, currency text, uploads uuid[], corrections uuid[])
"""
ROWS = f"""
    COPY (SELECT t.user_id, t.account_id, t.date, (t.amount * 100)::bigint, t.merchant,
                 coalesce(t.merchant_entity_id, t.merchant_key), t.flow,
                 coalesce(t.category_detailed = 'BANK_FEES_INTEREST_CHARGE', false)::int, (t.category IS NOT NULL)::int
            FROM {ASKED} JOIN transactions t USING (user_id)
           WHERE t.upload_id = ANY(asked.uploads) AND NOT t.pending AND t.iso_currency_code = asked.currency
             AND t.date <= asked.as_of AND t.date > asked.as_of - {LOOKBACK}
           ORDER BY t.user_id, t.date, t.external_id) TO STDOUT (FORMAT csv)
"""
SPANS = f"""
    SELECT t.user_id::text, t.account_id::text, t.iso_currency_code = asked.currency,
           min(t.date) FILTER (WHERE NOT t.pending AND t.date <= asked.as_of),
           count(*) FILTER (WHERE t.pending), count(*) FILTER (WHERE NOT t.pending AND t.date > asked.as_of),
           count(*) FILTER (WHERE NOT t.pending AND t.date <= asked.as_of)
      FROM {ASKED} JOIN transactions t USING (user_id)
     WHERE t.upload_id = ANY(asked.uploads)
     GROUP BY 1, 2, 3
"""
OWNED = f"""
    SELECT a.user_id::text, a.id::text, a.external_id, a.iso_currency_code = asked.currency
      FROM {ASKED} JOIN accounts a USING (user_id)
"""
CORRECTED = f"""
    SELECT c.user_id::text, c.correction_id::text, c.kind,
           coalesce(c.merchant_key, t.merchant_entity_id, t.merchant_key), t.account_id::text, t.date,
           (t.amount * 100)::bigint
      FROM {ASKED} JOIN corrections c ON c.user_id = asked.user_id AND c.correction_id = ANY(asked.corrections)
      LEFT JOIN transactions t ON t.user_id = c.user_id AND c.transaction_id IS NOT NULL
       AND (t.id = c.transaction_id OR t.external_id = c.external_id)
     WHERE c.transaction_id IS NULL OR t.id IS NOT NULL
"""


@dataclass(frozen=True)
class Recalled:
    """What was noted of one person: accounts and liabilities are overwritten by later files, so they come along."""

    user_id: UUID
    as_of: date
    currency: str | None
    upload_ids: Sequence[str]
    corrections: Sequence[str]
    accounts: Sequence[Mapping[str, Any]]  # account_id, type, subtype, name (null where unnamed), last4, balance, limit
    liabilities: Sequence[Mapping[str, Any]]


def frames(people: Sequence[Recalled]) -> Frames:
    """Each person once, in four statements; what the viewer may not see is not there."""
    asked = json.dumps(
        [
            {
                "user_id": str(one.user_id),
                "as_of": one.as_of.isoformat(),
                "currency": one.currency,
                "uploads": list(one.upload_ids),
                "corrections": list(one.corrections),
            }
            for one in people
        ]
    )
    spans = pl.DataFrame(
        _asked(SPANS, asked),
        {
            "user_id": pl.String,
            "account_id": pl.String,
            "own": pl.Boolean,
            "first_on": pl.Date,
            "pending": pl.Int64,
            "later": pl.Int64,
            "posted": pl.Int64,
        },
        orient="row",
    )
    owned = _owned(people, {(user, account): (ext, own) for user, account, ext, own in _asked(OWNED, asked)}, spans)
    owed = pl.DataFrame(
        [_owed(one.user_id, row) for one in people for row in one.liabilities], LIABILITIES, orient="row"
    ).join(owned.select("user_id", "account_id"), on=["user_id", "account_id"], how="semi")
    corrections = pl.DataFrame(_asked(CORRECTED, asked), CORRECTIONS, orient="row")
    return Frames(_rows(asked), owned, owed, corrections, _people(people, spans))


def _asked(query: str, asked: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, [asked])
        return cursor.fetchall()


def _rows(asked: str) -> pl.DataFrame:
    names = [name for name in TRANSACTIONS.names() if name != "ordinal"]
    order = ("user_id", "account_id", "posted_on", "cents", "merchant", "merchant_key", "flow", "interest_code")
    read = {name: TRANSACTIONS[name] for name in (*order, "categorised")} | {
        "flow": pl.UInt8(),
        "interest_code": pl.UInt8(),
        "categorised": pl.UInt8(),
    }
    data = io.BytesIO()
    statement = sql.SQL(ROWS.replace("%s", "{asked}")).format(asked=sql.Literal(asked))
    with connection.cursor() as cursor, cursor.copy(statement) as out:
        for part in out:
            data.write(part)
    data.seek(0)
    if not data.getbuffer().nbytes:
        return pl.DataFrame(schema=TRANSACTIONS)
    return (
        pl.read_csv(data, has_header=False, schema=read)
        .with_columns(
            pl.col("merchant", "merchant_key").fill_null(""),
            pl.col("flow").cat.to(FLOW),
            pl.col("interest_code", "categorised").cast(pl.Boolean),
            ordinal=pl.int_range(pl.len()),
        )
        .select("user_id", "account_id", "ordinal", *(name for name in names if not name.endswith("_id")))
        .select(TRANSACTIONS.names())
        .cast(TRANSACTIONS)
    )


def _owned(
    people: Sequence[Recalled], known: Mapping[tuple[str, str], tuple[str, bool]], spans: pl.DataFrame
) -> pl.DataFrame:
    """The accounts noted, under the names that files give them, in the currency that was measured."""
    rows = []
    for one in people:
        for account in one.accounts:
            external_id, own = known.get((str(one.user_id), account["account_id"]), (None, False))
            if own:
                rows.append(
                    (
                        *(str(one.user_id), account["account_id"], external_id, account["type"], account["subtype"]),
                        *(account["name"], account["last4"], _cents(account["balance"]), _cents(account["limit"])),
                    )
                )
    ledgers = spans.filter("own", pl.col("posted") > 0).select("user_id", "account_id", has_ledger=pl.lit(True))
    texts = ("user_id", "account_id", "external_id", "type", "subtype", "name", "mask")
    numbers = ("balance_cents", "limit_cents")
    schema = pl.Schema([(name, pl.String()) for name in texts] + [(name, ACCOUNTS[name]) for name in numbers])
    return (
        pl.DataFrame(rows, schema, orient="row")
        .with_columns(kind=kind_of(pl.col("type"), pl.col("subtype")))
        .join(ledgers, on=["user_id", "account_id"], how="left", maintain_order="left")
        .with_columns(pl.col("has_ledger").fill_null(False))
        .select(ACCOUNTS.names())
        .cast(ACCOUNTS)
    )


def _owed(user_id: UUID, row: Mapping[str, Any]) -> tuple[Any, ...]:
    days = (row["last_payment_on"], row["due_on"])
    return (
        str(user_id),
        row["account_id"],
        *(_cents(row[name]) for name in ("minimum", "last_payment", "statement")),
        *(date.fromisoformat(day) if day else None for day in days),
        row["is_overdue"],
    )


def _cents(amount: str | None) -> int | None:
    return None if amount is None else int(Decimal(amount) * 100)


def _people(people: Sequence[Recalled], spans: pl.DataFrame) -> pl.DataFrame:
    counted = spans.group_by("user_id").agg(
        first_posted_on=pl.col("first_on").filter("own").min(),
        pending_excluded=pl.col("pending").sum(),
        future_excluded=pl.col("later").sum(),
        other_currency_excluded=pl.col("posted").filter(~pl.col("own")).sum(),
    )
    given = pl.DataFrame(
        [(str(one.user_id), one.as_of, one.currency) for one in people],
        {name: PEOPLE[name] for name in ("user_id", "as_of", "currency")},
        orient="row",
    )
    nothing = pl.col("pending_excluded", "future_excluded", "other_currency_excluded").fill_null(0)
    return (
        given.join(counted, on="user_id", how="left")
        .with_columns(nothing)
        .select(PEOPLE.names())
        .cast(PEOPLE)
        .sort("user_id")
    )
