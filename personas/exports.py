"""Analytics files of what the money says: signals and assignments of consenting people, a file a person and day."""

import io
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

import polars as pl
from django.db import connection
from django.db.models import Q

from accounts import rowsecurity, storage
from accounts.models import Upload, User
from personas.catalogue import CATALOGUE, Signal, Type
from personas.models import Assignment, Snapshot

BATCH = 500
MOMENT = pl.Datetime("us", "UTC")
Columns = dict[str, pl.DataType | type[pl.DataType]]


def _type(signal: Signal) -> pl.DataType | type[pl.DataType]:
    """As it is stored: a sum has more room than the amounts it is made of."""
    if signal.type.places is not None:
        return pl.Decimal(18, signal.type.places)
    return {Type.FLAG: pl.Boolean, Type.INT: pl.Int32, Type.DATE: pl.Date}.get(signal.type, pl.String)


SCHEMAS: dict[str, Columns] = {
    "signals": {
        "user_id": pl.String,
        "snapshot_id": pl.String,
        "time_window": pl.String,
        "as_of": pl.Date,
        **{signal.column: _type(signal) for signal in CATALOGUE.values()},
        "cards": pl.String,
        "merchants": pl.String,
        "meta": pl.String,
        "no_signals": pl.Boolean,
        "backfill": pl.Boolean,
        "algorithm_version": pl.String,
        "data_fingerprint": pl.String,
        "computed_at": MOMENT,
        "ingestion_date": pl.Date,
    },
    # The reason of an override is what a member of staff wrote about a person: it stays in the product.
    "persona_assignments": {
        "user_id": pl.String,
        "assignment_id": pl.String,
        "seq": pl.Int64,
        "window_type": pl.String,
        "primary_persona": pl.String,
        "primary_match_strength": pl.String,
        "secondary_personas": pl.String,
        "all_matches": pl.String,
        "criteria_met": pl.String,
        "criteria": pl.String,
        "snapshot_id": pl.String,
        "as_of": pl.Date,
        "data_fingerprint": pl.String,
        "rule_set_version": pl.Int32,
        "profile_persona": pl.String,
        "source": pl.String,
        "assigned_by": pl.String,
        "held_until": MOMENT,
        "assigned_at": MOMENT,
        "ingestion_date": pl.Date,
    },
}


def _columns(name: str) -> str:
    """As text what is an id or JSON, as it is all else; the day is that of the last moment."""
    moment = {"signals": "computed_at", "persona_assignments": "assigned_at"}[name]
    day = f"({moment} AT TIME ZONE 'UTC')::date"
    asked = {column: f"{column}::text" if kind is pl.String else column for column, kind in SCHEMAS[name].items()}
    return ", ".join((asked | {"ingestion_date": day}).values())


QUERIES = {
    "signals": f"""
        SELECT {_columns("signals")} FROM signal_snapshots
         WHERE user_id = ANY(%(users)s) AND computed_at >= %(since)s ORDER BY user_id, computed_at, time_window
    """,
    "persona_assignments": f"""
        SELECT {_columns("persona_assignments")} FROM user_personas
         WHERE user_id = ANY(%(users)s) AND assigned_at >= %(since)s ORDER BY user_id, assigned_at, seq
    """,
}


def due(
    *, tenant_id: UUID, since: date, user_id: UUID | None = None, tables: Collection[str] = tuple(SCHEMAS)
) -> list[UUID]:
    """Consenting people of whom something was measured or assigned on this day or later."""
    begin = _begin(since)
    measured = Snapshot.objects.filter(computed_at__gte=begin).values("user")
    assigned = Assignment.objects.filter(assigned_at__gte=begin).values("user")
    wanted = {"signals": Q(pk__in=measured), "persona_assignments": Q(pk__in=assigned)}
    either = Q(pk__in=[])
    for name in tables:
        either |= wanted[name]
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        people = User.objects.filter(either, pk=user_id) if user_id else User.objects.filter(either)
        return list(people.order_by("pk").values_list("pk", flat=True))


def write(
    *, user_ids: Sequence[UUID], tenant_id: UUID, since: date, tables: Collection[str] = tuple(SCHEMAS)
) -> list[str]:
    """One file a table, person and day since then, the same one when written again; the keys that were written.

    Read with the eyes of the pipeline: a consent that ended gives nothing, one that ends meanwhile takes its files.
    """
    frames: dict[str, pl.DataFrame] = {}
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)), connection.cursor() as cursor:
        standing = _standing(user_ids)
        values: dict[str, Any] = {"users": list(standing), "since": _begin(since)}
        for name in tables:
            cursor.execute(QUERIES[name], values)
            frames[name] = pl.DataFrame(cursor.fetchall(), SCHEMAS[name], orient="row")
    written: dict[str, UUID] = {}
    for name, frame in frames.items():
        for (user, day), rows in frame.partition_by("user_id", "ingestion_date", as_dict=True).items():
            parquet = io.BytesIO()
            rows.write_parquet(parquet)
            key = f"{_folder(name, user)}/ingestion_date={day}/{name}_{day}.parquet"
            storage.put(key, parquet.getvalue(), store=storage.ANALYTICS)
            written[key] = UUID(user)
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        kept = _standing(standing)
    for user_id in standing - kept:
        withdraw(user_id=user_id)
    return [key for key, user_id in written.items() if user_id in kept]


def withdraw(*, user_id: UUID) -> None:
    """After a revocation: every file of this person goes, of all days."""
    for name in SCHEMAS:
        storage.erase(_folder(name, user_id), store=storage.ANALYTICS)


def _standing(user_ids: Collection[UUID]) -> set[UUID]:
    """Who agrees, and has an upload with the mark by which a walk after a revocation knows of files."""
    marked = Upload.objects.filter(user__in=user_ids).exclude(exported_at=None).values("user")
    return set(User.objects.filter(pk__in=marked).values_list("pk", flat=True))


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _folder(name: str, user_id: UUID | str) -> str:
    return f"{name}/user_id={user_id}"
