"""The walk as one function: each stage asks the stage below what is new, until nothing is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog

from accounts import analytics, loads, outside, removal, rowsecurity, takeout, uploads
from accounts.faults import tried
from accounts.models import Erasure, Export, LedgerLine, Tenant, Upload
from accounts.models.uploads import Status
from accounts.refusals import Unavailable
from operators import evaluating
from personas import exports, profiles, runs, simulating
from personas.working import work_off
from recommendations import proposals, proposing, shelf, working
from recommendations.models import Outcome

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


def load(tenant: Tenant, clock: Clock, user_id: UUID | None = None) -> Iterator[bool]:
    """Claim and load uploads one by one; a fault gives the file back, due again later."""

    def loaded(upload: Upload) -> bool:
        return loads.load(upload=upload, now=clock()).status == Status.COMPLETED

    def given_back(upload: Upload, _: str) -> bool:
        return loads.give_back(upload=upload, now=clock()).status == Status.COMPLETED

    while upload := loads.claim(tenant_id=tenant.pk, now=clock(), user_id=user_id):
        yield tried(
            partial(loaded, upload), partial(given_back, upload), upload_id=str(upload.pk), attempt=upload.attempts
        )


def simulate(tenant: Tenant, clock: Clock) -> Iterator[bool]:
    """Run the simulations that operators asked for; one that breaks is failed, and says so to who asked."""

    def ran(simulation_id: UUID) -> bool:
        now = clock()
        cards = shelf.shelf(tenant_id=tenant.pk).always(now.date())
        ended = simulating.run(simulation_id=simulation_id, tenant_id=tenant.pk, now=now, cards=cards)
        return ended is not None and ended.status == "completed"

    def given_up(simulation_id: UUID, _: str) -> bool:
        simulating.give_up(simulation_id=simulation_id, tenant_id=tenant.pk, now=clock())
        return False

    for simulation_id in simulating.due(tenant_id=tenant.pk):
        yield tried(partial(ran, simulation_id), partial(given_up, simulation_id), simulation_id=str(simulation_id))


def evaluate(tenant: Tenant, clock: Clock) -> Iterator[bool]:
    """Run the evaluations that operators asked for, as simulations are."""

    def ran(report_id: UUID) -> bool:
        ended = evaluating.run(report_id=report_id, tenant_id=tenant.pk, now=clock())
        return ended is not None and ended.status == "completed"

    def given_up(report_id: UUID, _: str) -> bool:
        evaluating.give_up(report_id=report_id, tenant_id=tenant.pk, now=clock())
        return False

    for report_id in evaluating.due(tenant_id=tenant.pk):
        yield tried(partial(ran, report_id), partial(given_up, report_id), report_id=str(report_id))


def refresh(tenant: Tenant, clock: Clock, user_id: UUID | None = None) -> Iterator[bool]:
    """Cut who is due into shards, and work off what is open; other workers take shards of the same run."""
    only = None
    with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
        if user_id is None:
            runs.start_if_due(tenant_id=tenant.pk, now=clock(), started_by="pipeline")
        elif due := profiles.due(tenant_id=tenant.pk, user_ids=[user_id]):
            run = runs.start(tenant_id=tenant.pk, stage=runs.ONE, user_ids=due, now=clock(), started_by="pipeline")
            only = run.pk
        else:
            return
    while worked := work_off(tenant_id=tenant.pk, clock=clock, run_id=only):
        yield not worked.failed


def propose(tenant: Tenant, clock: Clock, user_id: UUID | None = None) -> Iterator[bool]:
    """Consider who is due, a handful at a time; whom another worker has in hand is left to it."""
    with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
        due = proposing.due(tenant_id=tenant.pk, now=clock(), user_ids=None if user_id is None else [user_id])
    for first in range(0, len(due), working.HANDFUL):
        some = due[first : first + working.HANDFUL]
        done = working.work_off(user_ids=some, tenant_id=tenant.pk, clock=clock)
        failed = sum(one.outcome is Outcome.FAILED for one in done)
        yield from [True] * (len(done) > failed) + [False] * failed


def withdraw(tenant: Tenant, clock: Clock, user_id: UUID | None = None) -> Iterator[bool]:
    """Take back what no consent covers any more; it was hidden from the moment of the revocation."""

    def withdrawn() -> int:
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            return proposals.withdraw_stranded(tenant_id=tenant.pk, now=clock(), user_id=user_id)

    while withdrawn():
        yield True


def export(tenant: Tenant, clock: Clock, user_id: UUID | None = None) -> Iterator[bool]:
    """Take the analytics files of people who agree no more away, and write those of consenting people."""

    def withdrawn(upload: Upload) -> bool:
        exports.withdraw(user_id=upload.user_id)  # first: the upload loses the mark that leads here
        analytics.withdraw(upload=upload)
        return True

    def written(upload: Upload) -> bool:
        analytics.write(upload=upload, now=clock())
        return True

    for asked, act in ((analytics.stranded, withdrawn), (analytics.due, written)):
        broken: set[UUID] = set()  # still due afterwards, but not a second time in this walk
        while batch := asked(tenant_id=tenant.pk, user_id=user_id, but=broken):
            for upload in batch:
                good = tried(partial(act, upload), lambda _: False, upload_id=str(upload.pk))
                broken |= set() if good else {upload.pk}
                yield good


def leave(tenant: Tenant, clock: Clock) -> Iterator[bool]:
    """Write what ended to the ledger outside, delete the objects of who was erased, and make and age the exports."""

    def noted(line: LedgerLine) -> bool:
        outside.write(line=line, now=clock())
        return True

    def cleared(erasure: Erasure) -> bool:
        try:
            removal.clear(erasure=erasure, now=clock())
        except Unavailable:
            removal.put_off(erasure=erasure, now=clock())
            raise
        return True

    def cleared_later(erasure: Erasure, _: str) -> bool:
        removal.put_off(erasure=erasure, now=clock())
        return False

    def made(export: Export) -> bool:
        try:
            return takeout.make(export=export, now=clock()).status == "ready"
        except Unavailable:
            takeout.let_go(export=export)
            raise

    def given_back(export: Export, _: str) -> bool:
        takeout.give_back(export=export, now=clock())
        return False

    def dropped(export: Export) -> bool:
        takeout.drop(export=export)
        return True

    for line in outside.due(tenant_id=tenant.pk):
        yield tried(partial(noted, line), lambda _: False, line_id=str(line.pk))
    for erasure in removal.due(tenant_id=tenant.pk, now=clock()):
        yield tried(partial(cleared, erasure), partial(cleared_later, erasure), erasure_id=str(erasure.pk))
    while export := takeout.take(tenant_id=tenant.pk, now=clock()):
        yield tried(partial(made, export), partial(given_back, export), export_id=str(export.pk))
    for export in takeout.over(tenant_id=tenant.pk, now=clock()):
        yield tried(partial(dropped, export), lambda _: False, export_id=str(export.pk))


def expire(tenant: Tenant, clock: Clock) -> Iterator[bool]:
    """Fail presigned uploads that nobody completed."""
    for _ in range(uploads.expire(tenant_id=tenant.pk, now=clock())):
        yield True


def to_consider(tenant: Tenant, now: datetime, user_id: UUID | None) -> int:
    with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
        return len(proposing.due(tenant_id=tenant.pk, now=now, user_ids=None if user_id is None else [user_id]))


def to_withdraw(tenant: Tenant, user_id: UUID | None) -> int:
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return len(proposals.stranded(tenant_id=tenant.pk, user_id=user_id))


STAGES: dict[str, Callable[[Tenant, Clock], Iterator[bool]]] = {
    "simulate": simulate,
    "load": load,
    "refresh": refresh,
    "propose": propose,
    "withdraw": withdraw,
    "export": export,
    "leave": leave,
    "expire": expire,
    "evaluate": evaluate,
}


# The same stages for one person; the others are about nobody in particular.
OF_ONE: dict[str, Callable[[Tenant, Clock, UUID], Iterator[bool]]] = {
    "load": load,
    "refresh": refresh,
    "propose": propose,
    "withdraw": withdraw,
    "export": export,
}
SHARED = ("load", "refresh", "propose")  # whose pieces of work are leased or locked, so that many workers share them
# How many pieces of work a stage would find now; what one stage makes due for the next is not foreseen.
WAITING: dict[str, Callable[[Tenant, datetime, UUID | None], int]] = {
    "simulate": lambda tenant, now, user_id: len(simulating.due(tenant_id=tenant.pk)),
    "load": lambda tenant, now, user_id: loads.waiting(tenant_id=tenant.pk, now=now, user_id=user_id),
    "refresh": lambda tenant, now, user_id: runs.waiting(tenant_id=tenant.pk, now=now, user_id=user_id),
    "propose": lambda tenant, now, user_id: to_consider(tenant, now, user_id),
    "withdraw": lambda tenant, now, user_id: to_withdraw(tenant, user_id),
    "export": lambda tenant, now, user_id: sum(
        len(asked(tenant_id=tenant.pk, user_id=user_id, every=True)) for asked in (analytics.stranded, analytics.due)
    ),
    "leave": lambda tenant, now, user_id: (
        len(outside.due(tenant_id=tenant.pk))
        + len(removal.due(tenant_id=tenant.pk, now=now))
        + takeout.waiting(tenant_id=tenant.pk, now=now)
        + len(takeout.over(tenant_id=tenant.pk, now=now))
    ),
    "evaluate": lambda tenant, now, user_id: len(evaluating.due(tenant_id=tenant.pk)),
    "expire": lambda tenant, now, user_id: len(uploads.expiring(tenant_id=tenant.pk, now=now)),
}


def walk(stage: str, tenant: Tenant, clock: Clock, user_id: UUID | None = None) -> Iterator[bool]:
    """The pieces of one stage as they end; one that cannot go on leaves what is due to the next walk."""
    pieces = OF_ONE[stage](tenant, clock, user_id) if user_id else STAGES[stage](tenant, clock)
    over = object()
    good: object = None
    while good is not over:
        try:
            good = tried(partial(next, pieces, over), lambda _: False, stage=stage, tenant=tenant.slug)
        except Unavailable as away:
            log.warning("stage_given_up", stage=stage, tenant=tenant.slug, reason=away.code)
            good = False
        if isinstance(good, bool):
            yield good  # after a fault the generator has ended, and says so when it is asked again


def run(
    *,
    clock: Clock,
    stages: Sequence[str] = tuple(STAGES),
    tenants: Sequence[Tenant] | None = None,
) -> Walked:
    """Each stage of each institution in turn."""
    walked = Walked()
    for tenant in Tenant.objects.filter(is_active=True) if tenants is None else tenants:
        for stage in stages:
            for good in walk(stage, tenant, clock):
                walked.note(stage, failed=not good)
    return walked
