"""`migrate_legacy_personas`: bring personas of the former product over, with their ids, texts and times.

The order: back the database up; compare (--validate-only); count (--dry-run); run; compare again (it does so itself);
and, where it must be, take a run back (--rollback RUN_ID). The source is only read. Run it again to go on where it
stopped. It ends with 0 when all is as it should be, 3 when rows were kept aside, 1 when something differs or could not
be taken back, 2 for wrong usage.
"""

from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from threading import Event
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts import rowsecurity
from accounts.management.people import INTERRUPTED, SOME_FAILED, StaffCommand, tenant_of, wrong_usage
from accounts.management.workers import finishing_first
from accounts.models import Tenant
from accounts.progress import Progress
from personas.legacy import moving, sources, verifying
from personas.legacy.rows import judged
from personas.models import LegacyRow, LegacyRun
from personas.models.legacy import Mode, Outcome

ASIDE = 3  # done, with rows kept aside
SHOWN = 20
COUNTED = (Outcome.MIGRATED, Outcome.ALREADY_PRESENT, Outcome.QUARANTINED)


def size(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise ArgumentTypeError(f"{text} is no number of rows from 1 to 10000")
    return int(text)


class Command(StaffCommand):
    help = __doc__

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--source", help="table:legacy_personas, FILE.json or FILE.csv")
        parser.add_argument("--chunk", type=size, default=500, metavar="N", help="rows of a transaction (500)")
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--dry-run", action="store_true", help="read and count everything, write nothing")
        how.add_argument("--validate-only", action="store_true", help="compare the source with what was brought over")
        how.add_argument("--rollback", type=UUID, metavar="RUN_ID", help="take back what a run brought over")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_of(options["tenant"])
        if options["rollback"]:
            return self._take_back(tenant, options)
        if not options["source"]:
            raise wrong_usage("Name the source: --source table:legacy_personas, FILE.json or FILE.csv.")
        try:
            read = sources.source(options["source"])
            next(read.rows(), None)  # what cannot be read leaves no run behind
        except sources.Unreadable as unreadable:
            raise wrong_usage(str(unreadable)) from None
        with finishing_first() as asked:
            if options["dry_run"]:
                return self._count(tenant, read, options, asked)
            if options["validate_only"]:
                return self._compare(tenant, read, options, asked)
            return self._move(tenant, read, options, asked)

    def _count(self, tenant: Tenant, read: sources.Source, options: dict[str, Any], asked: Event) -> None:
        counts: Counter[str] = Counter()
        for first, chunk in self._chunks(read, options, asked):
            rows = [judged(one, place) for place, one in enumerate(chunk, first + 1)]
            with rowsecurity.viewing(rowsecurity.MAINTENANCE):
                found = moving.outcomes(tenant_id=tenant.pk, rows=rows, first=first)
            counts.update(one.outcome for one in found)
        self._counted(options, "counted", counts)
        self._end(asked, aside=counts[Outcome.QUARANTINED])

    def _move(self, tenant: Tenant, read: sources.Source, options: dict[str, Any], asked: Event) -> None:
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            run = moving.begin(tenant_id=tenant.pk, source=options["source"], mode=Mode.LIVE, now=timezone.now())
        self.stderr.write(f"run {run.pk}")
        for first, chunk in self._chunks(read, options, asked, skip=run.read):
            with rowsecurity.viewing(rowsecurity.MAINTENANCE):
                moving.move(run_id=run.pk, given=chunk, first=first)
        if not asked.is_set():
            comparison = self._compared(tenant, read, options, asked, run)
            with rowsecurity.viewing(rowsecurity.MAINTENANCE):
                moving.finish(run=run, report=comparison.as_json(), now=timezone.now())
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            run.refresh_from_db()
            aside = run.rows.filter(outcome=Outcome.QUARANTINED).order_by("old_id")
            counts = {str(outcome): getattr(run, outcome) for outcome in COUNTED}
            self._counted(options, "done", counts, run_id=run.pk)
            self._listed(options, aside)
        if asked.is_set():
            return self._end(asked)
        self._found(options, comparison)
        return self._end(asked, aside=run.quarantined, wrong=comparison.mismatches)

    def _compare(self, tenant: Tenant, read: sources.Source, options: dict[str, Any], asked: Event) -> None:
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            run = verifying.newest(tenant_id=tenant.pk, source=options["source"])
        if run is None:
            self.stderr.write("Nothing of this source has been brought over yet; its rows alone are looked at.")
            return self._count(tenant, read, options, asked)
        comparison = self._compared(tenant, read, options, asked, run)
        if not asked.is_set():
            with rowsecurity.viewing(rowsecurity.MAINTENANCE):
                now = timezone.now()
                told = moving.begin(tenant_id=tenant.pk, source=options["source"], mode=Mode.VALIDATE, now=now)
                moving.finish(run=told, report=comparison.as_json(), now=timezone.now())
        self._found(options, comparison)
        return self._end(asked, aside=sum(comparison.reasons.values()), wrong=comparison.mismatches)

    def _compared(
        self, tenant: Tenant, read: sources.Source, options: dict[str, Any], asked: Event, run: LegacyRun
    ) -> verifying.Comparison:
        comparison = verifying.Comparison()
        for first, chunk in self._chunks(read, options, asked):
            with rowsecurity.viewing(rowsecurity.MAINTENANCE):
                verifying.compare(comparison, tenant_id=tenant.pk, given=chunk, first=first)
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            verifying.close(comparison, run)
        return comparison

    def _take_back(self, tenant: Tenant, options: dict[str, Any]) -> None:
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            run = moving.find(tenant_id=tenant.pk, run_id=options["rollback"])
        removed, left, after = 0, list[str](), ""
        with Progress("migrate_legacy_personas", "rows", run.migrated, quiet=options["quiet"]) as progress:
            while True:
                with rowsecurity.viewing(rowsecurity.MAINTENANCE):
                    gone, stayed, last = moving.take_back(run=run, after=after, most=options["chunk"])
                removed, left = removed + gone, left + stayed
                progress.step(units=gone + len(stayed))
                if last is None:
                    break
                after = last
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            moving.end_taking_back(run=run, removed=removed, left=left, now=timezone.now())
        self.say(
            options,
            f"taken back  {removed:,} persons  left {len(left):,}  {progress.elapsed}",
            run_id=run.pk,
            removed=removed,
            left=left,
        )
        if left:
            if not options["json"]:
                self.stdout.write(f"left, added to since: {', '.join(left[:SHOWN])}{' …' if len(left) > SHOWN else ''}")
            raise SystemExit(SOME_FAILED)

    def _chunks(
        self, read: sources.Source, options: dict[str, Any], asked: Event, skip: int = 0
    ) -> Iterator[tuple[int, list[Mapping[str, Any]]]]:
        """The rows in chunks, each with how many come before it; Ctrl-C ends after the chunk in hand."""
        rows, first = read.rows(), skip
        for _ in islice(rows, skip):
            pass
        with Progress("migrate_legacy_personas", "rows", read.count(), quiet=options["quiet"], done=skip) as progress:
            for chunk in sources.chunks(rows, options["chunk"]):
                yield first, chunk
                first += len(chunk)
                progress.step(units=len(chunk), rows=len(chunk))
                if asked.is_set():
                    return

    def _counted(self, options: dict[str, Any], word: str, counts: Mapping[str, int], **facts: Any) -> None:
        said = {str(outcome): counts.get(outcome.value, 0) for outcome in COUNTED}
        listed = "  ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in said.items())
        self.say(options, f"{word}  {sum(said.values()):,} rows  {listed}", read=sum(said.values()), **said, **facts)

    def _listed(self, options: dict[str, Any], aside: QuerySet[LegacyRow]) -> None:
        for row in aside[:SHOWN]:
            self.say(options, f"quarantined  {row.old_id}  {row.reason}", quarantined=row.old_id, reason=row.reason)

    def _found(self, options: dict[str, Any], comparison: verifying.Comparison) -> None:
        said = comparison.as_json()
        found = "  ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in said["found"].items())
        self.say(options, f"compared  {said['read']:,} rows  {found}  mismatches {said['mismatches']:,}", compared=said)
        if not options["json"]:
            for one in comparison.wrong[:SHOWN]:
                self.stdout.write(f"mismatch  {one['id']}  {one['finding']}")

    def _end(self, asked: Event, *, aside: int = 0, wrong: int = 0) -> None:
        if asked.is_set():
            self.stderr.write("Stopped after the chunk in hand. Run the command again to go on.")
            raise SystemExit(INTERRUPTED)
        if wrong or aside:
            raise SystemExit(SOME_FAILED if wrong else ASIDE)
