"""`export_analytics`: write the analytics files of consenting people, again where a day is given."""

from argparse import ArgumentParser
from datetime import UTC, date
from typing import Any

from django.utils import timezone

from accounts import analytics
from accounts.management.people import StaffCommand, tenant_of, user_of, wrong_usage
from accounts.progress import Progress
from personas import exports

TABLES = (*analytics.SCHEMAS, *exports.SCHEMAS)


class Command(StaffCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--since",
            type=date.fromisoformat,
            help="also the uploads written since this day; signals and assignments from this day on (default: today)",
        )
        parser.add_argument("--user", help="e-mail or id of one person")
        parser.add_argument("--tables", default=",".join(TABLES))
        parser.add_argument("--dry-run", action="store_true", help="say what would be written")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_of(options["tenant"])
        tables = [name.strip() for name in options["tables"].split(",")]
        if unknown := [name for name in tables if name not in TABLES]:
            raise wrong_usage(f"There is no table {unknown[0]}; there are {', '.join(TABLES)}.")
        whose = {
            "tenant_id": tenant.pk,
            "user_id": user_of(options["user"], tenant).pk if options["user"] else None,
        }
        with Progress("export_analytics", "items", quiet=options["quiet"]) as progress:
            uploads, files = of_uploads(
                whose, [name for name in tables if name in analytics.SCHEMAS], options, progress
            )
            people, more = of_people(whose, [name for name in tables if name in exports.SCHEMAS], options, progress)
        self.say(
            options,
            f"done  {uploads:,} uploads  {people:,} people  {files + more:,} files  {progress.elapsed}",
            uploads=uploads,
            people=people,
            files=files + more,
        )


def of_uploads(
    whose: dict[str, Any], tables: list[str], options: dict[str, Any], progress: Progress
) -> tuple[int, int]:
    """What was never written is written in any case: its mark is how a walk finds the other files too."""
    which = {"since": options["since"] if tables else None, "every": options["dry_run"]}
    files, done = 0, set()
    while batch := analytics.due(**whose, **which):
        fresh = [upload for upload in batch if upload.pk not in done]
        for upload in fresh:
            done.add(upload.pk)
            if not options["dry_run"]:
                files += len(analytics.write(upload=upload, now=timezone.now(), tables=tables))
            progress.step()
        if not fresh:
            break
    return len(done), files


def of_people(whose: dict[str, Any], tables: list[str], options: dict[str, Any], progress: Progress) -> tuple[int, int]:
    """Nobody keeps in mind who was written: what is due is what was measured or assigned since a day."""
    since = options["since"] or timezone.now().astimezone(UTC).date()
    people, files = exports.due(**whose, since=since, tables=tables), 0
    for first in range(0, len(people), exports.BATCH):
        some = people[first : first + exports.BATCH]
        if not options["dry_run"]:
            files += len(exports.write(user_ids=some, tenant_id=whose["tenant_id"], since=since, tables=tables))
        progress.step(units=len(some))
    return len(people), files
