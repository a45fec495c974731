"""`run_pipeline`: do what is due, here or in the workers, and say what was done."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from accounts import loads, rowsecurity
from accounts.management.people import SOME_FAILED, StaffCommand, tenant_of, wrong_usage
from accounts.models import Tenant
from accounts.models.uploads import Status
from accounts.progress import Progress
from accounts.tasks import wake
from spendsense import pipeline


class Command(StaffCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--stage", default=",".join(pipeline.STAGES), help="comma-separated, in this order")
        parser.add_argument("--through-worker", action="store_true", help="wake the workers and wait for them")
        parser.add_argument("--wait", type=float, default=300, metavar="SECONDS", help="how long to wait for workers")

    def handle(self, *args: Any, **options: Any) -> None:
        stages = [stage.strip() for stage in options["stage"].split(",") if stage.strip()]
        if unknown := [stage for stage in stages if stage not in pipeline.STAGES]:
            raise wrong_usage(f"There is no stage {unknown[0]}; the stages are {', '.join(pipeline.STAGES)}.")
        tenants = [tenant_of(options["tenant"])] if options["tenant"] else list(Tenant.objects.filter(is_active=True))
        with Progress("run_pipeline", "items", quiet=options["quiet"]) as progress:
            if options["through_worker"]:
                failed = self._wait(tenants, progress, options["wait"])
            else:
                walked = pipeline.run(clock=timezone.now, stages=stages, tenants=tenants, seen=progress.step)
                failed = sum(walked.failed.values())
        self.say(
            options,
            f"done  {progress.done:,} items  failed {failed:,}  {progress.elapsed}",
            done=progress.done,
            failed=failed,
        )
        if failed:
            raise SystemExit(SOME_FAILED)

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
