"""A whole population refreshed, beside its floors (reading, writing, only measuring) and its rivals."""

import os
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import polars as pl
import psycopg
from django.db import connection

from accounts import rowsecurity
from accounts.models import Tenant
from bench.layout import NEEDED, WINDOW
from bench.populated import copied_out, people, superuser
from bench.rivals import columnar
from bench.rivals.agreement import differences
from bench.rivals.one_by_one import through_the_orm, tight
from bench.shards import Cost, used, work_off, workers
from personas import population, profiles, rules, rulesets, runs
from personas.models import Window

SAMPLE = 100  # people that a rival works on, of whom the time for everybody follows
NOW = datetime(2025, 7, 1, tzinfo=UTC)
CROWD = 100_000


def main(arguments: list[str]) -> None:
    parser = ArgumentParser(prog="python -m bench population", description=__doc__)
    parser.add_argument("users", type=int, nargs="?", default=3000)
    parser.add_argument("--workers", type=int, default=2, metavar="N")
    parser.add_argument("--months", type=int, default=7, metavar="M")
    asked = parser.parse_args(arguments)
    began = time.perf_counter()
    rows = people(asked.users, days=asked.months * 365 // 12, workers=asked.workers)
    print(
        f"{asked.users:,} users, {rows:,} transactions of {asked.months} months, {asked.workers} workers, three windows"
    )
    print(f"populated in {time.perf_counter() - began:,.0f} s", flush=True)
    tenant = Tenant.objects.get(slug="default")
    with superuser() as raw, tempfile.TemporaryDirectory(prefix="spendsense-bench-") as folder:
        raw.execute("VACUUM ANALYZE")
        raw.execute("SET max_parallel_workers_per_gather = 0")
        agreed = raw.execute("SELECT count(*) FROM users WHERE consent_status").fetchone()[0]
        costs, same = _compared(raw, Path(folder), tenant.pk, asked, agreed)
    _table(costs)
    print(f"greatest worker {costs['full refresh'].peak:,.0f} MB; DuckDB says what we stored, in percent: {same}")
    _evaluator(tenant.pk)


def _compared(raw, folder: Path, tenant_id: UUID, asked, agreed: int) -> tuple[dict[str, Cost], str]:
    backend = (os.getpid(), raw.info.backend_pid)
    costs = {
        "read floor": timed(lambda: copied_out(raw, f"SELECT {NEEDED} FROM transactions WHERE {WINDOW}"), *backend)
    }
    columnar.snapshot(raw, folder)
    costs["DuckDB, only measuring"] = timed(lambda: columnar.measure(folder, asked.workers), os.getpid())
    with workers(asked.workers) as processes:
        costs["full refresh"] = refreshed(processes, asked.workers, tenant_id, NOW)
        costs["write floor"] = added([written(raw, table) for table in ("signal_snapshots", "user_personas")])
        raw.execute(
            "UPDATE data_uploads SET processed_at = %s WHERE status = 'completed' AND user_id IN (SELECT user_id"
            " FROM users WHERE consent_status ORDER BY md5(user_id::text) LIMIT %s)",
            [NOW + timedelta(hours=1), agreed // 20],
        )
        costs["a night, 5 % due"] = refreshed(processes, asked.workers, tenant_id, NOW + timedelta(hours=2))
    shares = columnar.agreement(raw, folder)
    for hours, (name, rival) in enumerate(
        {"psycopg, one by one": tight, "ORM, one by one": through_the_orm}.items(), 3
    ):
        costs[name] = _sampled(raw, tenant_id, rival, agreed, NOW + timedelta(hours=hours))
    return costs, ", ".join(f"{column} {share:.1f}" for column, share in shares.items())


def refreshed(processes: ProcessPoolExecutor, count: int, tenant_id: UUID, now: datetime) -> Cost:
    connection.ensure_connection()
    pids = (os.getpid(), connection.connection.info.backend_pid)
    began, before = time.perf_counter(), sum(map(used, pids))
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        due = profiles.due(tenant_id=tenant_id)
        run = runs.start(tenant_id=tenant_id, stage=runs.DUE, user_ids=due, now=now)
    ended = work_off(processes, count, tenant_id, run.pk, now)
    wall = time.perf_counter() - began
    return Cost(wall, sum(map(used, pids)) - before + sum(cpu for cpu, _ in ended), max(peak for _, peak in ended))


def _sampled(raw: psycopg.Connection, tenant_id: UUID, rival: Callable[..., None], agreed: int, now: datetime) -> Cost:
    """The time for everybody, from that for a sample; what it stored has to be what we stored.

    Each person is a transaction of their own: a crash loses one of them, and nobody waits long for a lock.
    """
    sample = raw.execute(
        "SELECT user_id FROM persona_profiles ORDER BY md5(user_id::text) LIMIT %s", [SAMPLE]
    ).fetchall()
    eyes = rowsecurity.pipeline(tenant_id)
    with rowsecurity.viewing(eyes):
        active = rulesets.active(tenant_id=tenant_id)

    def loop() -> None:
        for (user_id,) in sample:
            with raw.transaction() if rival is tight else rowsecurity.viewing(eyes):
                rival(raw, user_id, tenant_id, active, now)

    cost = timed(loop, os.getpid(), raw.info.backend_pid, connection.connection.info.backend_pid)
    compared, found = differences(raw, now)
    if found or not compared:
        raise SystemExit(f"Of {compared} rows those of {rival.__name__} differ from ours in {len(found)}: {found[:3]}")
    return Cost(cost.wall / len(sample) * agreed, cost.cpu / len(sample) * agreed)


def timed(work: Callable[[], object], *pids: int) -> Cost:
    before, began = sum(map(used, pids)), time.perf_counter()
    work()
    return Cost(time.perf_counter() - began, sum(map(used, pids)) - before)


def added(costs: list[Cost]) -> Cost:
    return Cost(sum(cost.wall for cost in costs), sum(cost.cpu for cost in costs))


def written(raw: psycopg.Connection, table: str, which: str = "true") -> Cost:
    """COPY of the rows that came out, into a table with the same indexes."""
    with raw.cursor() as cursor, cursor.copy(f"COPY (SELECT * FROM {table} WHERE {which}) TO STDOUT") as out:
        data = b"".join(out)
    raw.execute(f"CREATE TABLE floor_{table} (LIKE {table} INCLUDING INDEXES)")

    def write() -> None:
        with raw.cursor() as cursor, cursor.copy(f"COPY floor_{table} FROM STDIN") as target:
            target.write(data)

    return timed(write, os.getpid(), raw.info.backend_pid)


def _table(costs: dict[str, Cost]) -> None:
    floor, ours = added([costs["read floor"], costs["write floor"]]), costs["full refresh"]
    print(
        f"{'':<24} {'on the clock':>12} {'x floors':>9} {'x ours':>8} {'processors':>12} {'x floors':>9} {'x ours':>8}"
    )
    for name, cost in costs.items():
        clock = f"{cost.wall:10.2f} s {cost.wall / floor.wall:9.2f} {cost.wall / ours.wall:8.2f}"
        print(f"{name:<24} {clock} {cost.cpu:10.2f} s {cost.cpu / floor.cpu:9.2f} {cost.cpu / ours.cpu:8.2f}")


def _evaluator(tenant_id: UUID) -> None:
    """All criteria of the shipped rules over a crowd, as often as it takes to be one."""
    document = rules.shipped()
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        known = population.signals(tenant_id=tenant_id, window=Window.DAYS_30, paths=document.signals())
    crowd = pl.concat([known] * (CROWD // known.height + 1)).head(CROWD).rechunk()
    cost = timed(lambda: rules.evaluate(crowd, document), os.getpid())
    print(f"all criteria for {crowd.height:,} people: {cost.wall:.2f} s ({cost.cpu:.2f} s of processors)")
