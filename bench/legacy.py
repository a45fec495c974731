"""Bringing 100,000 former personas over and comparing them, against one INSERT of the same rows by a superuser."""

import io
import json
import time

from django.core.management import call_command
from django.db import connection

from bench.measure import peak_mb
from bench.populated import superuser

ROWS = 100_000
MADE = """
    CREATE TABLE legacy_personas AS
    SELECT gen_random_uuid() AS id, repeat(md5(n::text) || '. I save a little. ', 20) AS raw_text,
           jsonb_build_object('meta', jsonb_build_object('name', 'Name ' || n), 'strengths',
                              (SELECT jsonb_agg(md5((n * m)::text)) FROM generate_series(1, 30) m)) AS persona,
           timestamp '2024-01-01' + n * interval '1 minute' AS created_at, timestamp '2025-01-01' AS updated_at
      FROM generate_series(1, %s) n;
    ALTER TABLE legacy_personas ADD PRIMARY KEY (id);
"""
# What has to be written whoever does it: hashed by the database, nothing judged, nothing recorded, no progress.
FLOOR = """
    WITH given AS MATERIALIZED (
        SELECT *, gen_random_uuid() AS person, gen_random_uuid() AS data, gen_random_uuid() AS version,
               (SELECT id FROM tenants LIMIT 1) AS tenant
          FROM legacy_personas
    ), people AS (
        INSERT INTO persons (id, tenant_id, origin, revision, person_data_count, characters, created_at, updated_at)
        SELECT person, tenant, 'migration', 1, 1, char_length(raw_text), created_at, updated_at FROM given
    ), texts AS (
        INSERT INTO person_data (id, tenant_id, person_id, raw_text, source, sha256, created_at)
        SELECT data, tenant, person, raw_text, 'migration',
               encode(sha256(convert_to(raw_text, 'UTF8')), 'hex'), created_at FROM given
    ), documents AS (
        INSERT INTO personas
               (id, tenant_id, person_id, persona, computed_from_data_ids, version, created_at, updated_at)
        SELECT id, tenant, person, persona, ARRAY[data], 1, created_at, updated_at FROM given
    ), versions AS (
        INSERT INTO persona_versions
               (id, tenant_id, person_id, persona_id, version, persona, data_ids, input_hash, generator, created_at)
        SELECT version, tenant, person, id, 1, persona, ARRAY[data], repeat('0', 64),
               'migration', updated_at FROM given
    )
    INSERT INTO persona_version_sources (persona_version_id, person_data_id, position)
    SELECT version, data, 0 FROM given
"""


def typed(*words: str) -> tuple[float, str]:
    out, began = io.StringIO(), time.perf_counter()
    call_command(
        "migrate_legacy_personas", "--source", "table:legacy_personas", *words, stdout=out, stderr=io.StringIO()
    )
    return time.perf_counter() - began, out.getvalue()


def main(arguments: list[str]) -> None:
    rows = int(arguments[0]) if arguments else ROWS
    raw = superuser()
    raw.execute(MADE.replace("%s", str(rows)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        raw.execute(f"GRANT SELECT ON legacy_personas TO {cursor.fetchone()[0]}")
    size = raw.execute("SELECT pg_size_pretty(pg_total_relation_size('legacy_personas'))").fetchone()[0]
    print(f"{rows:,} rows, {size}")
    with raw.transaction():
        raw.execute("SELECT set_config('app.current_role', 'maintenance', true)")
        began = time.perf_counter()
        raw.execute(FLOOR)
        floor = time.perf_counter() - began
    raw.execute("TRUNCATE persons, persona_migration_runs CASCADE")
    counted, _ = typed("--quiet", "--dry-run")
    before = peak_mb()
    moved, said = typed("--quiet", "--json")
    grown = peak_mb() - before
    done = [json.loads(line) for line in said.splitlines()]
    assert done[0]["migrated"] == rows and done[-1]["compared"]["found"] == {"matched": rows}
    compared, _ = typed("--quiet", "--validate-only")
    repeated, said = typed("--quiet", "--json")
    assert json.loads(said.splitlines()[0])["already_present"] == rows
    for name, seconds in {
        "one INSERT": floor, "dry run": counted, "moved and compared": moved, "of which moved": moved - compared,
        "compared": compared, "moved again": repeated,
    }.items():  # fmt: skip
        print(f"{name:<20} {seconds:8.1f} s  {rows / seconds:10,.0f} rows/s  {seconds / floor:6.2f} x one INSERT")
    print(f"{grown:.0f} MB added to the peak of the process")
