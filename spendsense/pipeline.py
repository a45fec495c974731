"""The walk as one function: each stage asks the stage below what is new, until nothing is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from accounts import analytics, uploads
from accounts.models import Tenant
from accounts.models.uploads import Status

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


def load(tenant: Tenant, clock: Clock) -> Iterator[bool]:
    """Claim and load uploads one by one; a fault of ours gives the file back and never stops the others."""
    while upload := uploads.claim(tenant_id=tenant.pk, now=clock()):
        try:
            ended = uploads.load(upload=upload, now=clock())
        except Exception as fault:
            log.error("load_broke", upload_id=str(upload.pk), error=type(fault).__name__, attempt=upload.attempts)
            ended = uploads.give_back(upload=upload, now=clock())
        yield ended.status == Status.COMPLETED


def export(tenant: Tenant, clock: Clock) -> Iterator[bool]:
    """Write the analytics files of loaded uploads of consenting people."""
    while batch := analytics.due(tenant_id=tenant.pk):
        for upload in batch:
            analytics.write(upload=upload, now=clock())
            yield True


def expire(tenant: Tenant, clock: Clock) -> Iterator[bool]:
    """Fail presigned uploads that nobody completed."""
    for _ in range(uploads.expire(tenant_id=tenant.pk, now=clock())):
        yield True


STAGES: dict[str, Callable[[Tenant, Clock], Iterator[bool]]] = {
    "load": load,
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
