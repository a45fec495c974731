"""A population refreshed as Celery's workers do it: processes that take shards until none is open."""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from uuid import UUID

from django.db import connection

from accounts import rowsecurity
from accounts.management.workers import pool
from personas import runs
from personas.signals import empty, measure

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock, seconds of processors (ours and the database's), and the greatest worker's peak."""

    wall: float
    cpu: float
    peak: float = 0.0


@contextmanager
def workers(count: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that have imported, connected and measured before, as a worker has that runs since yesterday."""
    with pool(count) as processes:
        list(processes.map(_ready, range(count * 4)))
        yield processes


def _ready(_: int) -> None:
    connection.ensure_connection()
    measure(*empty())


def work_off(
    processes: ProcessPoolExecutor, count: int, tenant_id: UUID, run_id: UUID, now: datetime
) -> list[tuple[float, float]]:
    """(processor seconds, peak megabytes) of each worker."""
    return list(processes.map(partial(_work_off, tenant_id, run_id), [now] * count))


def _work_off(tenant_id: UUID, run_id: UUID, now: datetime) -> tuple[float, float]:
    eyes = rowsecurity.pipeline(tenant_id)
    connection.ensure_connection()
    pids = (os.getpid(), connection.connection.info.backend_pid)
    before = sum(map(used, pids))
    while True:
        with rowsecurity.viewing(eyes):
            shard = runs.take(tenant_id=tenant_id, now=now, run_id=run_id)
        if shard is None:
            return sum(map(used, pids)) - before, peak()
        with rowsecurity.viewing(eyes):
            runs.work(shard=shard, now=now)


def used(pid: int) -> float:
    """Processor seconds of a process of this machine."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak() -> float:
    """The most memory that this process held, in MB; `getrusage` would count what its parent held before it began."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
