"""`evaluate`: what an institution's people were told, in numbers, beside what was promised."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TextIO, cast

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from accounts import rowsecurity
from accounts.management.people import SOME_FAILED, StaffCommand, tenant_of, wrong_usage
from accounts.models import Tenant
from operators import evaluation, printing, rendering
from operators.evaluation import Report

SAMPLE = 200


def number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ArgumentTypeError(f"{text} is no number of traces")
    return int(text)


def folder(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise ArgumentTypeError(f"there is no folder {text}")
    return path


class Command(StaffCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--start", type=date.fromisoformat, metavar="DATE", help="first day (default: 90 days)")
        parser.add_argument("--end", type=date.fromisoformat, metavar="DATE", help="last day, UTC (default: today)")
        parser.add_argument("--replay-sample", type=number, default=SAMPLE, metavar="N", help="traces to make again")
        parser.add_argument("--output", type=folder, metavar="DIR", help="a folder for the report as three files")
        parser.add_argument("--fail-under", action="store_true", help="exit 1 when a target is missed")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant, now = tenant_of(options["tenant"]), timezone.now()
        start, end = options["start"], options["end"]
        if start and start > (end or now.date()):
            raise wrong_usage("The first day lies behind the last one.")
        self._progress(options, f"evaluate  {tenant.slug}")
        with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
            report = evaluation.evaluate(
                tenant_id=tenant.pk,
                start=start,
                end=end,
                replay_sample=options["replay_sample"],
                now=now,
                replay=partial(evaluation.replayed, tenant_id=tenant.pk),
            )
        if options["output"]:
            self._write(report, tenant, options)
        if options["json"]:
            self.stdout.write(json.dumps(report.document))
        else:
            _print(report, Console(file=cast(TextIO, self.stdout), highlight=False, soft_wrap=True))
        if options["fail_under"] and report.missed:
            raise SystemExit(SOME_FAILED)

    def _write(self, report: Report, tenant: Tenant, options: dict[str, Any]) -> None:
        for ending, text in (
            ("json", rendering.as_json(report.document)),
            ("csv", rendering.as_csv(report.document)),
            ("html", _page(report, tenant)),
        ):
            path = options["output"] / rendering.file_name(report.report_id, report.as_of, ending)
            path.write_text(text, encoding="utf-8", newline="")
            self._progress(options, f"wrote {path}")

    def _progress(self, options: dict[str, Any], words: str) -> None:
        if not options["quiet"]:
            self.stderr.write(words)


def _page(report: Report, tenant: Tenant) -> str:
    """The report to print; a file carries its style sheet, which a page of ours may not."""
    shown = printing.evaluation(
        report.document, tenant=tenant, failed_samples=[str(pk) for pk in report.failed_samples], finished_at=None
    )
    css = Path(str(finders.find("console/report.css"))).read_text(encoding="utf-8")
    return render_to_string("console/report/evaluation.html", {**shown, "sheet": css})


def _print(report: Report, console: Console) -> None:
    table = Table("target", "promised", "value", "")
    for one in report.document["targets"]:
        value = rendering.NO_DATA if one["value"] is None else f"{one['value']:,}"
        verdict = {None: "", True: "met", False: "missed"}[one["met"]]
        table.add_row(one["metric"].replace("_", " "), f"{one['target']:,}", value, verdict)
    console.print(table)
    met = sum(one["met"] is True for one in report.document["targets"])
    console.print(f"done  {met} targets met  {len(report.missed)} missed  as of {report.as_of}")
