"""A synthetic population in the tables of the benchmark's database, and a connection that no wall stops."""

from datetime import UTC, date, datetime
from functools import partial

import psycopg
from django.conf import settings

from accounts import population
from accounts.management.workers import pool
from accounts.models import Tenant
from accounts.populating import populate
from bench.measure import Contender

UNTIL = date(2025, 6, 30)
CHUNK = 500


def people(count: int, days: int = 365, workers: int = 0) -> int:
    """Load them in chunks; the number of transactions."""
    recipe = population.Recipe(seed=1, users=count, until=UNTIL, days=days)
    load = partial(_loaded, recipe, str(Tenant.objects.get(slug="default").pk))
    chunks = range(0, count, CHUNK)
    if not workers:
        return sum(map(load, chunks))
    with pool(workers) as processes:
        return sum(processes.map(load, chunks))


def _loaded(recipe: population.Recipe, tenant_id: str, first: int) -> int:
    batch = population.people(recipe, first, min(first + CHUNK, recipe.users))
    return populate(batch=batch, tenant_id=tenant_id, now=datetime(2025, 6, 30, 12, tzinfo=UTC))


def superuser() -> psycopg.Connection:
    host = settings.DATABASES["default"]["HOST"]
    return psycopg.connect(host=host, user="postgres", dbname="spendsense", autocommit=True)


def copied_out(connection: psycopg.Connection, query: str) -> int:
    """Read a query's rows as PostgreSQL prints them, and throw them away: the floor of any reader."""
    size = 0
    with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)") as out:
        for part in out:
            size += len(part)
    return size


def reader(connection: psycopg.Connection, query: str) -> Contender:
    return lambda _: copied_out(connection, query)


def in_a_transaction(connection: psycopg.Connection, query: str) -> Contender:
    """With the settings of a context made as everywhere, so that only the wall itself is the difference."""

    def run(_: int) -> None:
        with connection.transaction():
            connection.execute("SELECT set_config('app.current_role', 'consumer', true)")
            connection.execute("SET LOCAL max_parallel_workers_per_gather = 0")
            copied_out(connection, query)

    return run
