"""`reapply_erasures`: after a restore and before the first request, end again what people had ended since the backup.

Give the day of the backup as `--since`: without it everything that was ever ended is ended again.
"""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.utils import timezone

from accounts import reapplying
from accounts.management.people import StaffCommand, wrong_usage
from accounts.progress import Progress
from accounts.pseudonyms import subject_ref


class Command(StaffCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--since", metavar="DATE", help="day of the backup, YYYY-MM-DD (default: the beginning)")
        parser.add_argument("--dry-run", action="store_true", help="say what would be ended, and end nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["tenant"]:
            raise wrong_usage("A backup is of every institution; leave --tenant out.")
        ended = reapplying.ended(since=_day(options["since"]))
        people = list(reapplying.found(among=ended))
        closed = erased = rows = 0
        with Progress("reapply_erasures", "people", len(people), quiet=options["quiet"]) as progress:
            for user_id in people:
                again = reapplying.standing(user_id=user_id, person=ended[subject_ref(user_id)])
                if again:
                    closed, erased, rows = closed + len(again.consents), erased + len(again.scopes), rows + again.rows
                    if not options["dry_run"]:
                        reapplying.end(again=again, now=timezone.now())
                progress.step(rows=again.rows if again else 0)
        would = "would be " if options["dry_run"] else ""
        self.say(
            options,
            f"done  {len(people):,} people  {closed:,} consents {would}closed  {erased:,} erasures {would}repeated"
            f"  {rows:,} rows  {progress.elapsed}",
            people=len(people),
            consents=closed,
            erasures=erased,
            rows=rows,
            dry_run=options["dry_run"],
        )


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise wrong_usage(f"{text} is no day; write YYYY-MM-DD.") from None
