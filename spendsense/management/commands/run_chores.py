"""`run_chores`: do what is done once a day and has not been done for yesterday; for cron where no Celery beat runs."""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from accounts.management.people import INTERRUPTED, SOME_FAILED, StaffCommand, wrong_usage
from accounts.management.workers import finishing_first
from accounts.progress import Progress
from spendsense import chores


class Command(StaffCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--only", default=",".join(chores.NAMES), help="comma-separated names")

    def handle(self, *args: Any, **options: Any) -> None:
        names = tuple(name.strip() for name in options["only"].split(","))
        if unknown := [name for name in names if name not in chores.NAMES]:
            raise wrong_usage(f"There is no chore {unknown[0]}; there are {', '.join(chores.NAMES)}.")
        with Progress("run_chores", "chores", quiet=options["quiet"]) as progress, finishing_first() as asked:
            for night, good in chores.run(clock=timezone.now, names=names):
                progress.step(failed=not good)
                said = "done" if good else "put off"
                self.say(options, f"{said}  {night.name}", chore=night.name, tenant_id=night.tenant_id, done=good)
                if asked.is_set():
                    break
        self.say(
            options,
            f"done  {progress.done:,} chores  failed {progress.failed:,}  {progress.elapsed}",
            chores=progress.done,
            failed=progress.failed,
        )
        if asked.is_set():
            raise SystemExit(INTERRUPTED)
        if progress.failed:
            raise SystemExit(SOME_FAILED)
