"""`run_pipeline`: do what is due, here or in the workers, and say what was done."""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from functools import partial
from itertools import islice
from threading import Event
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError
from django.utils import timezone

from accounts import loads, rowsecurity
from accounts.management.people import (
    INTERRUPTED,
    SOME_FAILED,
    StaffCommand,
    processes,
    tenant_of,
    user_of,
    wrong_usage,
)
from accounts.management.workers import finishing_first, pieces
from accounts.models import Tenant
from accounts.models.uploads import Status
from accounts.progress import Progress
from accounts.tasks import wake
from spendsense import pipeline

HAND = 20  # pieces of work that a process of its own does before it is asked again


class Command(StaffCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--stage", default=",".join(pipeline.STAGES), help="comma-separated, in this order")
        parser.add_argument("--user", help="e-mail or id of one person: only what is due of theirs")
        parser.add_argument("--dry-run", action="store_true", help="say what is due by now, and do nothing")
        parser.add_argument("--workers", type=processes, default=0, metavar="N", help="processes (0: this one)")
        parser.add_argument("--through-worker", action="store_true", help="wake the workers and wait for them")
        parser.add_argument("--wait", type=float, default=300, metavar="SECONDS", help="how long to wait for workers")

    def handle(self, *args: Any, **options: Any) -> None:
        stages = [stage.strip() for stage in options["stage"].split(",") if stage.strip()]
        if unknown := [stage for stage in stages if stage not in pipeline.STAGES]:
            raise wrong_usage(f"There is no stage {unknown[0]}; the stages are {', '.join(pipeline.STAGES)}.")
        named = options["tenant"] or options["user"]
        tenants = [tenant_of(options["tenant"])] if named else list(Tenant.objects.filter(is_active=True))
        user_id = user_of(options["user"], tenants[0]).pk if options["user"] else None
        if user_id:
            stages = [stage for stage in stages if stage in pipeline.OF_ONE]
        if options["dry_run"]:
            self._foretell(options, stages, tenants, user_id)
            return
        with Progress("run_pipeline", "items", quiet=options["quiet"]) as progress, finishing_first() as asked:
            if options["through_worker"]:
                failed = self._wait(tenants, progress, options["wait"])
            else:
                for tenant in tenants:
                    for stage in stages:
                        for good in walked(stage, tenant, user_id, options["workers"], asked.is_set):
                            progress.step(failed=not good)
                failed = progress.failed
        self.say(
            options,
            f"done  {progress.done:,} items  failed {failed:,}  {progress.elapsed}",
            done=progress.done,
            failed=failed,
        )
        if asked.is_set():
            self.stderr.write("Stopped after the work in hand. Run the command again to go on.")
            raise SystemExit(INTERRUPTED)
        if failed:
            raise SystemExit(SOME_FAILED)

    def _foretell(
        self, options: dict[str, Any], stages: list[str], tenants: list[Tenant], user_id: UUID | None
    ) -> None:
        for tenant in tenants:
            for stage in stages:
                due = pipeline.WAITING[stage](tenant, timezone.now(), user_id)
                self.say(options, f"due  {tenant.slug}  {stage}  {due:,}", tenant=tenant.slug, stage=stage, due=due)

    def _wait(self, tenants: list[Tenant], progress: Progress, seconds: float) -> int:
        """The workers' work is done when nothing is open any more; asked again until then."""
        before, failed_before = self._open(tenants)
        until = time.monotonic() + seconds
        wake()
        left = before
        while left and time.monotonic() < until:
            time.sleep(0.2)
            now_left, _ = self._open(tenants)
            progress.step(units=max(0, left - now_left))
            left = now_left
        if left:
            raise CommandError(f"{left} uploads still wait after {seconds:.0f} s. Is a worker running?")
        return self._open(tenants)[1] - failed_before

    def _open(self, tenants: list[Tenant]) -> tuple[int, int]:
        left = failed = 0
        for tenant in tenants:
            with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
                left += loads.unfinished().count()
                failed += loads.with_status(Status.FAILED).count()
        return left, failed


def walked(stage: str, tenant: Tenant, user_id: UUID | None, workers: int, stopped: Any) -> Iterator[bool]:
    """Each piece of a stage as it ends, here or in processes where its pieces are leased."""
    if workers == 0 or stage not in pipeline.SHARED:
        for good in () if stopped() else pipeline.walk(stage, tenant, timezone.now, user_id):
            yield good
            if stopped():
                return
        return
    over = Event()
    for hand in pieces(partial(a_handful, stage, tenant, user_id), workers, lambda: over.is_set() or stopped()):
        yield from hand
        if len(hand) < HAND:  # nothing was left, or the stage could not go on
            over.set()


def a_handful(stage: str, tenant: Tenant, user_id: UUID | None) -> list[bool]:
    """What a process of its own can be told to do."""
    return list(islice(pipeline.walk(stage, tenant, timezone.now, user_id), HAND))
