"""Appending assignments and the transitions they make, and keeping the projection of where a person stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import polars as pl
from django.db import connection
from django.db.backends.utils import CursorWrapper

from personas import binary, glancing, rules
from personas.rules import FALLBACK, Persona
from personas.rulesets import Active
from personas.transitions import Row, cause, celebration

PROFILE_WINDOWS = ("30d", "180d")  # 90d takes no part in where a person stands
PRIORITY = [persona.value for persona in Persona]

LATEST = """
    SELECT DISTINCT ON (a.user_id, a.window_type)
           a.user_id::text, a.window_type, a.assignment_id::text, a.primary_persona, a.primary_match_strength,
           a.secondary_personas::text, a.met, a.rule_set_version, a.source, a.held_until, a.assigned_at,
           coalesce(s.corrections, '{}')::text[]
      FROM user_personas a LEFT JOIN signal_snapshots s ON s.snapshot_id = a.snapshot_id
     WHERE a.user_id = ANY(%s::uuid[])
     ORDER BY a.user_id, a.window_type, a.assigned_at DESC, a.seq DESC
"""
MOMENT = pl.Datetime("us", "UTC")
LATEST_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "user_id": pl.String,
    "window": pl.String,
    "was_id": pl.String,
    "was_primary": pl.String,
    "was_strength": pl.String,
    "was_secondary": pl.String,
    "was_met": pl.List(pl.String),
    "was_version": pl.Int64,
    "was_source": pl.String,
    "held_until": MOMENT,
    "was_at": MOMENT,
    "was_corrected": pl.List(pl.String),
}
# One statement for any number of rows; each column arrives as one array.
APPENDED: dict[str, str] = {
    "assignment_id": "uuid",
    "user_id": "uuid",
    "window_type": "varchar",
    "primary_persona": "varchar",
    "primary_match_strength": "varchar",
    "secondary_personas": "jsonb",
    "all_matches": "jsonb",
    "criteria_met": "jsonb",
    "criteria": "jsonb",
    "met": "varchar[]",
    "snapshot_id": "uuid",
    "as_of": "date",
    "data_fingerprint": "varchar",
    "profile_persona": "varchar",
    "assigned_at": "timestamptz",
}
APPEND = f"""
    INSERT INTO user_personas (tenant_id, rule_set_id, rule_set_version, source, {", ".join(APPENDED)})
    SELECT %(tenant)s, %(rule_set)s, %(version)s, 'computed', {", ".join(f"{n}::{k}" for n, k in APPENDED.items())}
      FROM unnest({", ".join(f"%({name})b" for name in APPENDED)}) r ({", ".join(APPENDED)})
     ORDER BY user_id, window_type
"""
CHANGED: dict[str, str] = {
    "user_id": "uuid",
    "window_type": "varchar",
    "assignment_id": "uuid",
    "from_assignment_id": "uuid",
    "from_persona": "varchar",
    "to_persona": "varchar",
    "transition_date": "date",
    "cause": "varchar",
    "celebration_shown": "boolean",
    "milestone_achieved": "varchar",
    "achievement_title": "varchar",
    "created_at": "timestamptz",
}
# The run that ends began with the first row after which nothing but its persona was given; the new row stands already.
RECORD = f"""
    INSERT INTO persona_transitions (transition_id, tenant_id, {", ".join(CHANGED)}, from_assigned_at,
                                     days_in_previous_persona)
    SELECT gen_random_uuid(), %(tenant)s, r.*, began.since,
           greatest(0, floor(extract(epoch FROM r.created_at - began.since) / 86400))
      FROM unnest({", ".join(f"%({name})s::{kind}[]" for name, kind in CHANGED.items())}) r ({", ".join(CHANGED)}),
           LATERAL (SELECT min(a.assigned_at) AS since FROM user_personas a
                     WHERE a.user_id = r.user_id AND a.window_type = r.window_type
                       AND a.primary_persona = r.from_persona
                       AND NOT EXISTS (
                           SELECT FROM user_personas b
                            WHERE b.user_id = a.user_id AND b.window_type = a.window_type
                              AND b.primary_persona <> a.primary_persona AND b.assignment_id <> r.assignment_id
                              AND (b.assigned_at, b.seq) > (a.assigned_at, a.seq))) began
    ON CONFLICT (assignment_id) DO NOTHING
"""
# The caller has locked these people, so that their basis is the one that was measured.
PROJECT = f"""
    INSERT INTO persona_profiles (profile_id, tenant_id, user_id, persona_id, persona_name, persona, as_of,
                                  rule_set_version, algorithm_version, refreshed_at, basis, {glancing.NAMES})
    SELECT gen_random_uuid(), %(tenant)s, r.*, %(version)s, %(algorithm)s, %(now)s,
           (SELECT basis FROM users WHERE users.user_id = r.user_id), {glancing.GIVEN}
      FROM unnest(%(users)s::uuid[], %(ids)s::smallint[], %(names)s::varchar[], %(personas)s::varchar[],
                  %(days)s::date[]) r (user_id, persona_id, persona_name, persona, as_of)
      {glancing.BESIDE}
    ON CONFLICT (user_id) DO UPDATE
       SET persona_id = EXCLUDED.persona_id, persona_name = EXCLUDED.persona_name, persona = EXCLUDED.persona,
           as_of = EXCLUDED.as_of, rule_set_version = EXCLUDED.rule_set_version,
           algorithm_version = EXCLUDED.algorithm_version, refreshed_at = EXCLUDED.refreshed_at,
           basis = EXCLUDED.basis, persona_30d = EXCLUDED.persona_30d, strength_30d = EXCLUDED.strength_30d,
           persona_180d = EXCLUDED.persona_180d, risks = EXCLUDED.risks
"""


@dataclass(frozen=True)
class Appended:
    """What was appended, how many transitions that made, and where everybody who was looked at stands now."""

    rows: pl.DataFrame
    transitions: int
    standing: pl.DataFrame


def append(
    rows: pl.DataFrame,
    *,
    active: Active,
    tenant_id: UUID,
    now: datetime,
    always: bool = False,
    released: bool = False,
) -> Appended:
    """Evaluate rows that have signals and append what changed (with `always` all that nothing holds; `released`: all).

    `rows` are measured rows with their `snapshot_id`; the users are locked by the caller, so rows of one are ordered.
    """
    found = rules.evaluate(rows, active.document)
    criteria = [str(criterion.id) for _, criterion in active.document.match_criteria()]
    given = pl.concat([rows.select(*KEPT), found], how="horizontal").with_columns(
        place=pl.int_range(pl.len()),
        secondary_text=_json("secondary"),
        met=pl.concat_list([pl.when(pl.col(name)).then(pl.lit(name)) for name in criteria]).list.drop_nulls(),
    )
    with connection.cursor() as cursor:
        was = _latest(cursor, rows["user_id"].unique().to_list())
        wanted = _wanted(
            given.join(was, on=["user_id", "window"], how="left", maintain_order="left"), active, now, always, released
        )
        stand = standing(rows["user_id"], was, wanted)
        if wanted.height:
            places = wanted["place"]
            told = rules.as_text(rows[places], active.document, found[places])
            wanted = pl.concat([wanted, told], how="horizontal").with_columns(
                matches_text=_json("all_matches"),
                assignment_id=pl.Series([str(uuid4()) for _ in range(wanted.height)]),
                assigned_at=pl.max_horizontal(pl.lit(now).cast(MOMENT), "was_at"),
            )
            wanted = wanted.join(stand, on="user_id", how="left", maintain_order="left")
            moved = wanted.filter(pl.col("was_primary") != pl.col("primary"))
            _write(cursor, wanted, moved, active, tenant_id)
            return Appended(wanted, moved.height, stand)
    return Appended(wanted.with_columns(assignment_id=pl.lit(None, pl.String)), 0, stand)


def _latest(cursor: CursorWrapper, user_ids: list[str]) -> pl.DataFrame:
    cursor.execute(LATEST, [user_ids])
    return pl.DataFrame(cursor.fetchall(), LATEST_COLUMNS, orient="row")


def _wanted(beside: pl.DataFrame, active: Active, now: datetime, always: bool, released: bool) -> pl.DataFrame:
    """Rows that differ from the latest of their person and window, but for those that an operator holds."""
    if released:
        return beside
    held = (pl.col("was_source") == "operator") & (pl.col("held_until") > now)
    changed = (
        pl.col("was_id").is_null()
        | (pl.col("was_primary") != pl.col("primary"))
        | (pl.col("was_strength") != pl.col("strength"))
        | (pl.col("was_secondary").str.replace_all(" ", "") != pl.col("secondary_text"))
        | (pl.col("was_version") != active.version)
        | (pl.col("was_met") != pl.col("met"))
    )
    return beside.filter((pl.lit(always) | changed) & ~held.fill_null(False))


def _write(cursor: CursorWrapper, wanted: pl.DataFrame, moved: pl.DataFrame, active: Active, tenant_id: UUID) -> None:
    columns = dict(zip(APPENDED, (column.to_list() for column in _as_stored(wanted)), strict=True))
    with binary.cursor() as carrying:
        carrying.execute(APPEND, {"tenant": tenant_id, "rule_set": active.id, "version": active.version, **columns})
    _transitions(cursor, moved, active.version, tenant_id)


KEPT = ("user_id", "window", "as_of", "snapshot_id", "meta.data_fingerprint", "meta.corrections")


def _json(column: str) -> pl.Expr:
    """A list of words as JSON text; words need no escaping."""
    joined = pl.col(column).list.join('","')
    return pl.when(pl.col(column).list.len() > 0).then(pl.format('["{}"]', joined)).otherwise(pl.lit("[]"))


def _as_stored(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        "assignment_id",
        "user_id",
        "window",
        "primary",
        "strength",
        "secondary_text",
        "matches_text",
        "criteria_met",
        "criteria",
        pl.concat_str(pl.lit("{"), pl.col("met").list.join(","), pl.lit("}")).alias("met"),
        "snapshot_id",
        "as_of",
        "meta.data_fingerprint",
        "profile_persona",
        "assigned_at",
    )


def highest(primaries: Iterable[str]) -> str:
    """Of some primaries the one that comes first; the fallback when there is none."""
    return min(primaries, key=PRIORITY.index, default=FALLBACK.value)


def standing(people: pl.Series, was: pl.DataFrame, wanted: pl.DataFrame) -> pl.DataFrame:
    """Where each person stands once these rows are there: the highest of the 30 and 180 day primaries."""
    primaries = wanted.select("user_id", "window", "primary")
    before = was.select("user_id", "window", primary="was_primary").join(
        primaries, on=["user_id", "window"], how="anti"
    )
    current = pl.concat([primaries, before]).filter(pl.col("window").is_in(PROFILE_WINDOWS))
    return (
        people.unique()
        .to_frame("user_id")
        .join(current, on="user_id", how="left")
        .with_columns(rank=pl.col("primary").cast(pl.Enum(PRIORITY)).to_physical())
        .group_by("user_id")
        .agg(pl.col("primary").sort_by("rank").first().fill_null(FALLBACK.value).alias("profile_persona"))
    )


def _transitions(
    cursor: CursorWrapper,
    moved: pl.DataFrame,
    version: int,
    tenant_id: UUID,
) -> None:
    rows: list[tuple[Any, ...]] = []
    for row in moved.iter_rows(named=True):
        at = row["assigned_at"]
        former = Row(
            row["was_id"], row["was_primary"], row["was_at"], 0, row["was_source"], row["was_version"],
            frozenset(row["was_corrected"]),
        )  # fmt: skip
        latter = Row(
            row["assignment_id"], row["primary"], at, 1, "computed", version, frozenset(row["meta.corrections"])
        )
        why = cause(former, latter)
        party = celebration(row["was_primary"], row["primary"], why)
        rows.append(
            (
                row["user_id"], row["window"], row["assignment_id"], row["was_id"], row["was_primary"], row["primary"],
                at.astimezone(UTC).date(), why.value, party is not None, party and party.milestone,
                party and party.title, at,
            )
        )  # fmt: skip
    if rows:
        columns = dict(zip(CHANGED, map(list, zip(*rows, strict=True)), strict=True))
        cursor.execute(RECORD, {"tenant": tenant_id, **columns})


def project(standing: pl.DataFrame, *, active: Active, algorithm: str, tenant_id: UUID, now: datetime) -> None:
    """Write where each of these people stands (null without signals), and that they were refreshed."""
    numbers = {persona.value: persona.number for persona in Persona}
    names = {persona.value: persona.title_words for persona in Persona}
    rows = standing.with_columns(
        id=pl.col("persona").replace_strict(numbers, default=None, return_dtype=pl.Int64),
        name=pl.col("persona").replace_strict(names, default=None, return_dtype=pl.String),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            PROJECT,
            {
                "tenant": tenant_id,
                "version": active.version,
                "algorithm": algorithm,
                "now": now,
                "users": rows["user_id"].to_list(),
                "ids": rows["id"].to_list(),
                "names": rows["name"].to_list(),
                "personas": rows["persona"].to_list(),
                "days": rows["as_of"].to_list(),
            },
        )
