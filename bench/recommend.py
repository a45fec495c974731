"""A measured population considered by two processes, one person alone, and every trace of it made again."""

import os
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import rowsecurity
from accounts.models import Tenant, User
from bench.measure import peak_mb
from bench.populated import people, superuser
from bench.population import added, written
from bench.shards import used, workers
from personas import profiles
from recommendations import proposing, stock, traces
from recommendations.management.commands.generate_recommendations import one_handful
from recommendations.models import Outcome
from recommendations.proposing import Proposed
from recommendations.tests.crowds import NOW
from recommendations.working import HANDFUL

WRITTEN = ("considerations", "recommendations", "decision_traces", "recommendation_moves")
WORKERS, ALONE, SHARD, CHUNK, MONTHS, FLOOR = 2, 100, 1000, 1500, 7, 500


def main(arguments: list[str]) -> None:
    users = int(arguments[0]) if arguments else 10_000
    people(users, days=MONTHS * 365 // 12, workers=WORKERS)
    tenant = Tenant.objects.get(slug="default")
    eyes = rowsecurity.pipeline(tenant.pk)
    with rowsecurity.viewing(eyes):
        agreed = profiles.due(tenant_id=tenant.pk)
    for first in range(0, len(agreed), SHARD):
        with rowsecurity.viewing(eyes):
            profiles.refresh(user_ids=agreed[first : first + SHARD], tenant_id=tenant.pk, now=NOW)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        cards = stock.fill(tenant_id=tenant.pk, by="bench", now=NOW).added
    with superuser() as raw:
        raw.execute("VACUUM ANALYZE")
    print(f"{users:,} users, {len(agreed):,} of them agreed, {cards} cards")

    alone, rest = agreed[:ALONE], agreed[ALONE:]
    print(f"one person alone: {alone_ms(alone, tenant):.0f} ms at the 95th percentile of {len(alone)}")
    for count in (10, 100):
        with rowsecurity.viewing(eyes), CaptureQueriesContext(connection) as seen:
            proposing.propose(user_ids=rest[:count], tenant_id=tenant.pk, now=timezone.now())
        rest = rest[count:]
        print(f"{count} people together: {len(seen)} statements")

    handfuls = [rest[first : first + HANDFUL] for first in range(0, len(rest), HANDFUL)]
    outcomes: Counter[str] = Counter()
    own = database = 0.0
    with workers(WORKERS) as processes:
        began = time.perf_counter()
        for done, ours, theirs in processes.map(partial(handful, tenant.pk), handfuls):
            outcomes.update(one.outcome.value for one in done)
            own, database = own + ours, database + theirs
        took = time.perf_counter() - began
    assert outcomes[Outcome.FAILED.value] == 0
    print(
        f"{len(rest):,} people, {WORKERS} processes: {took:.1f} s, {len(rest) / took:,.0f} a second, {dict(outcomes)}"
    )
    each_ms = 1000 / len(rest)
    print(f"processors: {own * each_ms:.2f} ms a person ours, {database * each_ms:.2f} ms PostgreSQL's")
    with superuser() as raw:
        some = rest[:FLOOR]
        which = "user_id IN ({})".format(", ".join(f"'{user_id}'" for user_id in some))
        floor = added([written(raw, table, which) for table in WRITTEN])
        print(f"floor, COPY of {len(some)} people's rows without walls: {floor.cpu * 1000 / len(some):.2f} ms a person")
        rows, size = raw.execute(
            "SELECT count(*), avg(pg_column_size(trace_data))::int FROM decision_traces"
        ).fetchone()
    print(f"{rows:,} items, {size:,} bytes a stored trace")

    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        ids = traces.recorded(tenant_id=tenant.pk)[:10_000]
        print(f"{User.objects.filter(role='user').count():,} users, {len(ids):,} traces made again in one process")
    results: Counter[str] = Counter()
    began = time.perf_counter()
    for first in range(0, len(ids), CHUNK):
        with rowsecurity.viewing(eyes):
            done = traces.replay(recommendation_ids=ids[first : first + CHUNK], tenant_id=tenant.pk)
        results.update(one.result.value for one in done)
    took = time.perf_counter() - began
    print(f"{took:.1f} s, {len(ids) / took:,.0f} a second, {dict(results)}; peak {peak_mb():.0f} MB")


def handful(tenant_id: UUID, user_ids: Sequence[UUID]) -> tuple[list[Proposed], float, float]:
    """With the processor seconds of this process and of its connection."""
    connection.ensure_connection()
    pids = (os.getpid(), connection.connection.info.backend_pid)
    before = [used(pid) for pid in pids]
    done = one_handful(tenant_id, False, user_ids)
    own, database = (used(pid) - was for pid, was in zip(pids, before, strict=True))
    return done, own, database


def alone_ms(user_ids: list, tenant: Tenant) -> float:
    taken = []
    for user_id in user_ids:
        began = time.perf_counter()
        one_handful(tenant.pk, True, [user_id])
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.quantiles(taken, n=20)[-1]
