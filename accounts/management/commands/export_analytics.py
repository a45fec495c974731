"""`export_analytics`: write the analytics files of consenting people, again where a day is given."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.utils import timezone

from accounts import analytics
from accounts.management.people import StaffCommand, tenant_of, user_of, wrong_usage
from accounts.progress import Progress


class Command(StaffCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--since", type=date.fromisoformat, help="also what was written since this day")
        parser.add_argument("--user", help="e-mail or id of one person")
        parser.add_argument("--tables", default=",".join(analytics.SCHEMAS))
        parser.add_argument("--dry-run", action="store_true", help="say what would be written")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_of(options["tenant"])
        tables = [name.strip() for name in options["tables"].split(",")]
        if unknown := [name for name in tables if name not in analytics.SCHEMAS]:
            raise wrong_usage(f"There is no table {unknown[0]}; there are {', '.join(analytics.SCHEMAS)}.")
        user_id = user_of(options["user"], tenant).pk if options["user"] else None
        files, done = 0, set()
        with Progress("export_analytics", "uploads", quiet=options["quiet"]) as progress:
            which = {"since": options["since"], "user_id": user_id, "every": options["dry_run"]}
            while batch := analytics.due(tenant_id=tenant.pk, **which):
                fresh = [upload for upload in batch if upload.pk not in done]
                for upload in fresh:
                    done.add(upload.pk)
                    if not options["dry_run"]:
                        files += len(analytics.write(upload=upload, now=timezone.now(), tables=tables))
                    progress.step()
                if not fresh:
                    break
        self.say(
            options,
            f"done  {len(done):,} uploads  {files:,} files  {progress.elapsed}",
            uploads=len(done),
            files=files,
        )
