"""What trying a draft on everybody costs: a simulation of two windows beside PostgreSQL printing the same columns."""

from uuid import UUID

import psycopg
from django.db import connection
from django.utils import timezone
from psycopg import sql

from accounts import rowsecurity
from accounts.models import Tenant
from bench.measure import Contender, in_turns, peak_mb, table
from bench.populated import copied_out, superuser
from personas import population, rules, simulating
from personas.catalogue import CATALOGUE, Signal, Type
from personas.models import Window

DAYS = 3  # snapshots kept of each person and window
ROUNDS = 5
WINDOWS = (Window.DAYS_30, Window.DAYS_180)

AGREED = """
    INSERT INTO users (user_id, tenant_id, email, password_hash, oauth_providers, role, consent_status, consent_version,
                       cache_generation, is_active)
    SELECT gen_random_uuid(), %(tenant)s, 'person' || n || '@example.test', '!', '{}', 'user', false, '1.0', 0, true
      FROM generate_series(1, %(users)s) n;
    INSERT INTO consent_records (tenant_id, user_id, purpose, granted_at, since, version, user_agent)
    SELECT tenant_id, user_id, 'analysis', now(), now(), '1.0', '' FROM users WHERE role = 'user'
"""
MEASURED = sql.SQL("""
    INSERT INTO signal_snapshots (snapshot_id, tenant_id, user_id, time_window, as_of, cards, merchants, meta,
                                  corrections, no_signals, algorithm_version, data_fingerprint, backfill, computed_at,
                                  {columns})
    SELECT gen_random_uuid(), tenant_id, user_id, time_window, DATE '2025-06-30' - day, '[]', '[]', '{{}}', '{{}}',
           random() < 0.01, 'bench', repeat('0', 64), false, now() - make_interval(days => day), {values}
      FROM users, unnest(%(windows)s::varchar[]) time_window, generate_series(0, %(days)s - 1) day WHERE role = 'user'
""")


def main(arguments: list[str]) -> None:
    users = int(arguments[0]) if arguments else 20_000
    tenant = Tenant.objects.get(slug="default")
    before, after = rules.shipped(), _stricter()
    with superuser() as raw:
        _fill(raw, users, tenant.pk)
    print(f"{users:,} users, {users * len(Window) * DAYS:,} snapshots, {len(WINDOWS)} windows")

    def tried(_: int) -> None:
        with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
            told = simulating.simulate(
                tenant_id=tenant.pk, before=before, after=after, windows=WINDOWS, today=timezone.now().date()
            )
        moved = told["windows"]["30d"]["changed"]
        if told["users"] != users or not moved:
            raise SystemExit(f"{told['users']} users and {moved} moved: that is no simulation of {users}.")

    contenders = {"printing the columns": _floor(tenant.pk, before.signals() | after.signals()), "simulating": tried}
    medians = in_turns(contenders, ROUNDS)
    table(medians, "printing the columns")
    print(f"{users / medians['simulating']:,.0f} users a second, peak {peak_mb():,.0f} MB")


def _stricter() -> rules.Document:
    content = rules.shipped().as_json()
    content["persona"][2]["match"]["all"][0]["threshold"] = 4
    return rules.read(content)


def _floor(tenant_id: UUID, paths: frozenset[str]) -> Contender:
    """The bytes that a simulation reads, printed and thrown away."""

    def run(_: int) -> None:
        for window in WINDOWS:
            with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)), connection.cursor() as cursor:
                inner = population.query(tenant_id=tenant_id, window=window, paths=paths)
                copied_out(cursor.connection, inner.as_string(cursor.connection))

    return run


def _fill(raw: psycopg.Connection, users: int, tenant_id: UUID) -> None:
    """Every signal somewhere in its range, so that every persona, strength and null comes up."""
    with raw.transaction():
        raw.execute("SELECT setseed(0.5)")
        for statement in AGREED.split(";"):
            raw.execute(statement, {"tenant": tenant_id, "users": users})
        named = [signal for signal in CATALOGUE.values() if signal.type is not Type.DATE]
        query = MEASURED.format(
            columns=sql.SQL(", ").join(sql.Identifier(signal.column) for signal in named),
            values=sql.SQL(", ").join(map(_random, named)),
        )
        raw.execute(query, {"windows": Window.values(), "days": DAYS})
    raw.execute("VACUUM ANALYZE")


def _random(signal: Signal) -> sql.Composable:
    if signal.type is Type.FLAG:
        return sql.SQL("random() < 0.1")
    if signal.type is Type.WORD:
        return sql.SQL("({}::varchar[])[ceil(random() * {})]").format(
            sql.Literal(list(signal.words)), sql.Literal(len(signal.words))
        )
    widest = 10 if signal.type in (Type.INT, Type.MONTHS) else 100
    value = sql.SQL("round((random() * {})::numeric, {})").format(
        sql.Literal(widest), sql.Literal(signal.type.places or 0)
    )
    return sql.SQL("CASE WHEN random() < 0.9 THEN {} END").format(value) if signal.nullable else value
