"""The newest stored signals of everybody who agreed, as one frame with a row per person: what a simulation reads."""

import io
from collections.abc import Collection
from datetime import date
from uuid import UUID

import polars as pl
from django.db import connection
from psycopg import sql

from personas.catalogue import CATALOGUE, Signal, Type
from personas.models import Window

# One index probe a person: how many snapshots of other days are kept does not matter.
EVERYBODY = sql.SQL("""
    SELECT u.user_id, coalesce(s.no_signals, true)::text, {columns}
      FROM users u LEFT JOIN LATERAL (
           SELECT * FROM signal_snapshots
            WHERE user_id = u.user_id AND time_window = {window} AND {which} LIMIT 1) s ON true
     WHERE u.tenant_id = {tenant} AND u.role = 'user' AND u.consent_status
""")
LATEST = sql.SQL("NOT backfill ORDER BY computed_at DESC")
UP_TO = sql.SQL("as_of <= {} ORDER BY as_of DESC, computed_at DESC")
ANSWERED = {"user_id": pl.String, "no_signals": pl.Boolean, "as_of": pl.Date}


def signals(*, tenant_id: UUID, window: Window, paths: Collection[str], as_of: date | None = None) -> pl.DataFrame:
    """`user_id`, `no_signals`, `as_of` (null when nothing was measured) and these signals under their paths.

    Without a day the newest measurement counts; with one the newest day up to it, back-fills included.
    """
    asked = query(tenant_id=tenant_id, window=window, paths=paths, as_of=as_of)
    copied = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(asked)
    text = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(copied) as out:
        for part in out:
            text.write(part)
    text.seek(0)
    schema = ANSWERED | {signal.path: dtype(signal) for signal in _named(paths)}
    return pl.read_csv(text, has_header=False, schema=schema, raise_if_empty=False)


def query(*, tenant_id: UUID, window: Window, paths: Collection[str], as_of: date | None = None) -> sql.Composed:
    """One row for everybody who agreed, whose columns stand in the order of the frame."""
    return EVERYBODY.format(
        columns=sql.SQL(", ").join([sql.SQL("s.as_of"), *map(_printed, _named(paths))]),
        window=sql.Literal(window.value),
        which=UP_TO.format(sql.Literal(as_of)) if as_of else LATEST,
        tenant=sql.Literal(tenant_id),
    )


def _named(paths: Collection[str]) -> list[Signal]:
    return [CATALOGUE[path] for path in sorted(paths)]


def _printed(signal: Signal) -> sql.Composed:
    """A flag as the word that the parser knows."""
    column = sql.Identifier("s", signal.column)
    return sql.SQL("{}::text").format(column) if signal.type is Type.FLAG else sql.Composed([column])


def dtype(signal: Signal) -> pl.DataType:
    if signal.type.places is not None:
        return pl.Decimal(18, signal.type.places)
    kinds: dict[Type, pl.DataType] = {Type.INT: pl.Int64(), Type.FLAG: pl.Boolean(), Type.DATE: pl.Date()}
    return kinds.get(signal.type, pl.String())
