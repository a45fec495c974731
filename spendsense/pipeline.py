"""The walk as one function: each stage asks the stage below what is new, until nothing is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog

from accounts import analytics, loads, rowsecurity, uploads
from accounts.models import Tenant, Upload
from accounts.models.uploads import Status
from personas import exports, runs, simulating
from personas.models import Shard

Clock = Callable[[], datetime]
log = structlog.get_logger("spendsense.pipeline")


@dataclass
class Walked:
    """What a walk did, per stage: how many pieces of work, and how many of them failed."""

    done: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)

    def note(self, stage: str, *, failed: bool = False) -> None:
        self.done[stage] = self.done.get(stage, 0) + 1
        self.failed[stage] = self.failed.get(stage, 0) + failed


def tried(work: Callable[[], bool], give_back: Callable[[str], bool], **what: object) -> bool:
    """The one place where a fault of ours is caught: it is noted, given back, and never stops the others."""
    try:
        return work()
    except Exception as fault:
        log.error("broke", exc_info=fault, **what)
        return give_back(type(fault).__name__)


def load(tenant: Tenant, clock: Clock) -> Iterator[bool]:
    """Claim and load uploads one by one; a fault gives the file back, due again later."""

    def loaded(upload: Upload) -> bool:
        return loads.load(upload=upload, now=clock()).status == Status.COMPLETED

    def given_back(upload: Upload, _: str) -> bool:
        return loads.give_back(upload=upload, now=clock()).status == Status.COMPLETED

    while upload := loads.claim(tenant_id=tenant.pk, now=clock()):
        yield tried(
            partial(loaded, upload), partial(given_back, upload), upload_id=str(upload.pk), attempt=upload.attempts
        )


def simulate(tenant: Tenant, clock: Clock) -> Iterator[bool]:
    """Run the simulations that operators asked for; one that breaks is failed, and says so to who asked."""

    def ran(simulation_id: UUID) -> bool:
        ended = simulating.run(simulation_id=simulation_id, tenant_id=tenant.pk, now=clock())
        return ended is not None and ended.status == "completed"

    def given_up(simulation_id: UUID, _: str) -> bool:
        simulating.give_up(simulation_id=simulation_id, tenant_id=tenant.pk, now=clock())
        return False

    for simulation_id in simulating.due(tenant_id=tenant.pk):
        yield tried(partial(ran, simulation_id), partial(given_up, simulation_id), simulation_id=str(simulation_id))


def refresh(tenant: Tenant, clock: Clock) -> Iterator[bool]:
    """Cut who is due into shards, and work off what is open; other workers take shards of the same run."""
    eyes = rowsecurity.pipeline(tenant.pk)

    def worked(shard: Shard) -> bool:
        with rowsecurity.viewing(eyes):
            return runs.work(shard=shard, now=clock())

    def given_back(shard: Shard, error: str) -> bool:
        with rowsecurity.viewing(eyes):
            runs.give_back(shard=shard, now=clock(), error=error)
        return False

    with rowsecurity.viewing(eyes):
        runs.start_if_due(tenant_id=tenant.pk, now=clock(), started_by="pipeline")
    while True:
        with rowsecurity.viewing(eyes):
            shard = runs.take(tenant_id=tenant.pk, now=clock())
        if shard is None:
            return
        yield tried(partial(worked, shard), partial(given_back, shard), run_id=str(shard.run_id), shard=shard.shard)


def export(tenant: Tenant, clock: Clock) -> Iterator[bool]:
    """Take the analytics files of people who agree no more away, and write those of consenting people."""
    while batch := analytics.stranded(tenant_id=tenant.pk):
        for user_id in {upload.user_id for upload in batch}:
            exports.withdraw(user_id=user_id)  # first: the uploads lose the mark that leads here
        for upload in batch:
            analytics.withdraw(upload=upload)
            yield True
    while batch := analytics.due(tenant_id=tenant.pk):
        for upload in batch:
            analytics.write(upload=upload, now=clock())
            yield True


def expire(tenant: Tenant, clock: Clock) -> Iterator[bool]:
    """Fail presigned uploads that nobody completed."""
    for _ in range(uploads.expire(tenant_id=tenant.pk, now=clock())):
        yield True


STAGES: dict[str, Callable[[Tenant, Clock], Iterator[bool]]] = {
    "simulate": simulate,
    "load": load,
    "refresh": refresh,
    "export": export,
    "expire": expire,
}


def run(
    *,
    clock: Clock,
    stages: Sequence[str] = tuple(STAGES),
    tenants: Sequence[Tenant] | None = None,
    seen: Callable[..., None] = lambda **_: None,
) -> Walked:
    walked = Walked()
    for tenant in Tenant.objects.filter(is_active=True) if tenants is None else tenants:
        for stage in stages:
            for good in STAGES[stage](tenant, clock):
                walked.note(stage, failed=not good)
                seen(failed=not good)
    return walked
