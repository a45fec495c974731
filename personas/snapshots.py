"""Storing what was measured: a snapshot where something differs from the latest one, in one COPY and one INSERT."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID, uuid4

import polars as pl
from django.db import connection
from django.db.backends.utils import CursorWrapper

from accounts.loading import copy
from personas.catalogue import CATALOGUE

LATEST = """
    SELECT DISTINCT ON (user_id, time_window)
           user_id::text, time_window, snapshot_id::text, as_of, data_fingerprint, algorithm_version
      FROM signal_snapshots WHERE user_id = ANY(%s::uuid[]) AND NOT backfill
     ORDER BY user_id, time_window, computed_at DESC
"""
LATEST_COLUMNS = {
    "user_id": pl.String,
    "window": pl.String,
    "snapshot_id": pl.String,
    "as_of": pl.Date,
    "data_fingerprint": pl.String,
    "algorithm_version": pl.String,
}
SIGNALS = [signal.column for signal in CATALOGUE.values()]
FIXED = [
    "snapshot_id", "user_id", "time_window", "as_of", "cards", "merchants", "meta", "corrections", "no_signals",
    "algorithm_version", "data_fingerprint", "backfill",
]  # fmt: skip
# Types by name, so that the temporary table always is what the canonical one is.
INCOMING = f"""
    CREATE TEMP TABLE measured ON COMMIT DROP AS
    SELECT {", ".join([*FIXED, *SIGNALS])} FROM signal_snapshots WITH NO DATA
"""
STORE = f"""
    INSERT INTO signal_snapshots (tenant_id, computed_at, {", ".join([*FIXED, *SIGNALS])})
    SELECT %(tenant)s, %(now)s, {", ".join([*FIXED, *SIGNALS])} FROM measured
"""
PROFILES = ("credit", "income")


def latest(cursor: CursorWrapper, user_ids: Collection[str]) -> pl.DataFrame:
    cursor.execute(LATEST, [list(user_ids)])
    return pl.DataFrame(cursor.fetchall(), LATEST_COLUMNS, orient="row")


def store(
    measured: pl.DataFrame, *, tenant_id: UUID, now: datetime, as_of: date | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(rows with the snapshot that says what they say, the new ones among them); locks are the caller's."""
    with connection.cursor() as cursor:
        known = latest(cursor, measured["user_id"].unique().to_list())
        same = known.rename(
            {"as_of": "known_as_of", "data_fingerprint": "known_print", "algorithm_version": "known_by"}
        )
        rows = measured.join(same, on=["user_id", "window"], how="left", maintain_order="left").with_columns(
            new=pl.col("snapshot_id").is_null()
            | (pl.col("known_as_of") != pl.col("as_of"))
            | (pl.col("known_print") != pl.col("meta.data_fingerprint"))
            | (pl.col("known_by") != pl.col("meta.algorithm_version"))
        )
        rows = rows.with_columns(
            backfill=pl.lit(as_of is not None) & (pl.col("as_of") < pl.col("known_as_of")).fill_null(False)
        )
        ids = pl.Series([str(uuid4()) for _ in range(rows.height)])
        rows = rows.with_columns(snapshot_id=pl.when("new").then(ids).otherwise("snapshot_id"))
        new = rows.filter("new")
        if new.height:
            cursor.execute(INCOMING)
            copy(cursor, "measured", _as_stored(new))
            cursor.execute(STORE, {"tenant": tenant_id, "now": now})
            cursor.execute("DROP TABLE measured")
    return rows.drop("known_as_of", "known_print", "known_by"), new


def _as_stored(rows: pl.DataFrame) -> pl.DataFrame:
    """Typed columns, and lists as JSON in which a decimal is a text with all its places."""
    meta = [name for name in rows.columns if name.startswith("meta.")]
    present = pl.col("meta.categories_present")
    return rows.select(
        "snapshot_id",
        "user_id",
        pl.col("window").alias("time_window"),
        "as_of",
        _json_list("credit.cards").alias("cards"),
        _json_list("subscriptions.merchants").alias("merchants"),
        pl.struct(pl.col(name).alias(name.removeprefix("meta.")) for name in meta).struct.json_encode().alias("meta"),
        pl.concat_str(pl.lit("{"), pl.col("meta.corrections").list.join(","), pl.lit("}")).alias("corrections"),
        (~pl.any_horizontal(present.list.contains(category) for category in PROFILES)).alias("no_signals"),
        pl.col("meta.algorithm_version").alias("algorithm_version"),
        pl.col("meta.data_fingerprint").alias("data_fingerprint"),
        "backfill",
        *(pl.col(signal.path).alias(signal.column) for signal in CATALOGUE.values()),
    )


def _json_list(name: str) -> pl.Expr:
    wrapped = pl.struct(pl.col(name).fill_null([]).alias("x")).struct.json_encode()
    return wrapped.str.strip_prefix('{"x":').str.strip_suffix("}")
