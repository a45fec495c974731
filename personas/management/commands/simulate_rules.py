"""`simulate_rules`: try a rule document on everybody who agreed, beside the active version; store nothing."""

from argparse import ArgumentParser
from datetime import date
from typing import Any, TextIO, cast

from django.utils import timezone
from rich.console import Console
from rich.table import Table

from accounts import rowsecurity
from accounts.management.people import SOME_FAILED, StaffCommand, tenant_of
from personas import rulesets, simulating
from personas.management.rulefiles import document_at
from personas.models import Window
from personas.signals import exact_json

USUAL = [Window.DAYS_30.value, Window.DAYS_180.value]


class Command(StaffCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", help="a rule document, .toml or .json")
        parser.add_argument(
            "--window", action="append", choices=Window.values(), help="may be repeated (default: 30d and 180d)"
        )
        parser.add_argument(
            "--as-of", type=date.fromisoformat, metavar="DATE", help="the newest signals up to this day (default: all)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tenant, document = tenant_of(options["tenant"]), document_at(options["file"])
        with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
            active = rulesets.active(tenant_id=tenant.pk)
            told = simulating.simulate(
                tenant_id=tenant.pk,
                before=active.document,
                after=document,
                windows=[window for window in Window if window in (options["window"] or USUAL)],
                today=timezone.now().date(),
                as_of=options["as_of"],
            )
        told |= {"rule_set_hash": document.hash, "base_version": active.version}
        if options["json"]:
            self.stdout.write(exact_json(told))
        else:
            _print(told, Console(file=cast(TextIO, self.stdout), highlight=False, soft_wrap=True))
        if told["cases"]["broken"]:
            raise SystemExit(SOME_FAILED)


def _print(told: dict[str, Any], console: Console) -> None:
    console.print(
        f"{told['users']:,} users, {told['no_signals']:,} without signals, {told['stale']:,} stale, "
        f"beside version {told['base_version']}, {told['duration_ms']:,} ms"
    )
    for name, window in told["windows"].items():
        console.print(f"\n[bold]{name}[/]  {window['changed']:,} change, {window['unchanged']:,} stay")
        counts = Table("persona", "before", "after", "delta", box=None, pad_edge=False, header_style="dim")
        for column in counts.columns[1:]:
            column.justify = "right"
        for slug, before in window["before"].items():
            counts.add_row(slug, f"{before:,}", f"{window['after'][slug]:,}", f"{window['delta'][slug]:+,}")
        console.print(counts)
        for moved in window["movements"]:
            if moved["from"] != moved["to"]:
                console.print(f"  {moved['count']:,} from {moved['from']} to {moved['to']}")
    broken = told["cases"]["broken"]
    console.print(f"\n{told['cases']['checked']:,} open override cases, {len(broken):,} broken")
    for case in broken:
        console.print(f"  {case['case_id']}  {case['window_type']}  {case['expected_persona']}, got {case['got']}")
