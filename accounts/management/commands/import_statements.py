"""`import_statements`: load files of statements, for one person or for many. Run it again to go on where it stopped."""

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

from django.utils import timezone

from accounts import imports
from accounts.management.people import (
    INTERRUPTED,
    SOME_FAILED,
    StaffCommand,
    processes,
    tenant_of,
    user_of,
    wrong_usage,
)
from accounts.management.workers import finishing_first, pool
from accounts.progress import Progress
from accounts.statements.encoding import NAMES

SUFFIXES = (".json", ".csv")


@dataclass
class Sums:
    files: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0


class Command(StaffCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files, or folders of files")
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--user", help="e-mail or id of the one person the files belong to")
        whose.add_argument("--users-from-names", action="store_true", help="the file's stem is the person's e-mail")
        whose.add_argument("--split-by", choices=["account_id"], help="one person for each value of a CSV column")
        parser.add_argument("--create-users", action="store_true", help="make people who are not there yet")
        parser.add_argument("--sign-policy", choices=["auto", "inflow_positive", "plaid", "unsigned"])
        parser.add_argument("--date-order", choices=["dmy", "mdy"])
        parser.add_argument("--decimal-mark", choices=[".", ","])
        parser.add_argument("--encoding", choices=list(NAMES))
        parser.add_argument("--workers", type=processes, default=0, metavar="N", help="processes (0: this one)")
        parser.add_argument("--dry-run", action="store_true", help="print the report of each file, store nothing")
        parser.add_argument("--stop-after-failures", type=int, default=None, metavar="N")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_of(options["tenant"])
        person = user_of(options["user"], tenant) if options["user"] else None
        if person and not person.is_consumer:
            raise wrong_usage(f"{options['user']} is staff; statements belong to consumers.")
        files = list(self._files(options["paths"]))
        if not files:
            raise wrong_usage("There is no .json or .csv file under the given paths.")
        wishes = {
            name: options[name] for name in ("sign_policy", "date_order", "decimal_mark", "encoding") if options[name]
        }
        jobs = (
            imports.Job(
                path=str(path),
                tenant_id=str(tenant.pk),
                user_id=str(person.pk) if person else None,
                split_by=options["split_by"],
                create_users=options["create_users"],
                options=wishes,
                dry_run=options["dry_run"],
            )
            for path in files
        )
        sums, failures, most = Sums(), [], options["stop_after_failures"]
        reporting = Progress("import_statements", "files", len(files), quiet=options["quiet"])
        with reporting as progress, finishing_first() as asked:
            wanted = takewhile(lambda _: not asked.is_set() and not (most and sums.failed >= most), jobs)
            for outcome in self._outcomes(wanted, options["workers"]):
                self._count(sums, outcome)
                progress.step(rows=outcome.rows, failed=bool(outcome.problems))
                for report in outcome.reports:
                    self.say({"json": True}, "", **report)
                failures += [(outcome.name, problem) for problem in outcome.problems]
        self._summary(options, sums, failures, progress.elapsed)
        if asked.is_set():
            self.stderr.write("Stopped after the current file. Run the command again to go on.")
            raise SystemExit(INTERRUPTED)
        if sums.failed:
            raise SystemExit(SOME_FAILED)

    def _files(self, paths: Iterable[Path]) -> Iterator[Path]:
        for path in paths:
            if path.is_dir():
                yield from sorted(file for file in path.rglob("*") if file.is_file() and self._statement(file))
            elif path.is_file():
                yield path
            else:
                raise wrong_usage(f"{path} is not there.")

    def _statement(self, file: Path) -> bool:
        return file.suffix.lower() in SUFFIXES and file.name != imports.LABELS

    def _outcomes(self, jobs: Iterator[imports.Job], workers: int) -> Iterator[imports.Outcome]:
        if workers == 0:
            for job in jobs:
                yield imports.run(job, now=timezone.now())
            return
        with pool(workers) as shared:
            waiting: set[Future[imports.Outcome]] = set()
            while True:
                waiting |= {shared.submit(_here, job) for job in islice(jobs, 2 * workers - len(waiting))}
                if not waiting:
                    return
                ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in ended:
                    yield future.result()

    def _count(self, sums: Sums, outcome: imports.Outcome) -> None:
        sums.files += 1
        sums.inserted += outcome.inserted
        sums.updated += outcome.updated
        sums.unchanged += outcome.unchanged
        sums.failed += bool(outcome.problems)

    def _summary(self, options: dict[str, Any], sums: Sums, failures: list[tuple[str, str]], elapsed: str) -> None:
        rows = sums.inserted + sums.updated + sums.unchanged
        sentence = (
            f"done  {sums.files:,} files  {rows:,} rows  inserted {sums.inserted:,}  updated {sums.updated:,}  "
            f"unchanged {sums.unchanged:,}  failed {sums.failed:,}  {elapsed}"
        )
        self.say(
            options,
            sentence,
            done=sums.files,
            rows=rows,
            **{k: v for k, v in vars(sums).items() if k != "files"},
        )
        for name, problem in failures:
            self.say(options, f"failed  {name}  {problem}", file=name, problem=problem)


def _here(job: imports.Job) -> imports.Outcome:
    return imports.run(job, now=timezone.now())
