"""`explain_signals`: evaluate signal objects, one a line, and store nothing."""

from argparse import ArgumentParser
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from accounts.management.people import SOME_FAILED, wrong_usage
from personas import rules
from personas.management.rulefiles import document_at
from personas.rules.desk import explained
from personas.signals import exact_json


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help='one {"id", "signals": {"credit": {...}, ...}} a line')
        parser.add_argument("--rules", metavar="FILE", help="a rule document (default: version 1)")
        parser.add_argument("--json", action="store_true", help="one JSON object a line on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        document = document_at(options["rules"]) if options["rules"] else rules.shipped()
        console = Console(file=cast(TextIO, self.stdout), highlight=False, soft_wrap=True)
        failed = 0
        try:
            with Path(options["file"]).open("rb") as lines:
                for answer in explained(lines, document):
                    failed += "error" in answer
                    if options["json"]:
                        self.stdout.write(exact_json(answer))
                    else:
                        _print(answer, console)
        except OSError as problem:
            raise wrong_usage(f"{options['file']} cannot be read: {problem.strerror}.") from problem
        if failed:
            raise SystemExit(SOME_FAILED)


def _print(answer: dict[str, Any], console: Console) -> None:
    if "error" in answer:
        name = "" if answer["id"] is None else f"[bold]{escape(str(answer['id']))}[/]  "
        console.print(f"{name}[red]{escape(answer['error'])}[/]\n")
        return
    console.print(f"[bold]{escape(str(answer['id']))}[/]  {answer['primary']} ({answer['strength']})")
    console.print(f"secondary  {', '.join(answer['secondary_personas']) or 'none'}")
    console.print(f"matches    {', '.join(answer['all_matches'])}")
    signal = Column("signal", min_width=max(len(one["signal"]) for one in answer["criteria"]))
    table = Table("", "criterion", signal, "asks", "value", box=None, pad_edge=False)
    for one in answer["criteria"]:
        asks = f"{one['op']} {_plain(one['threshold'])}"
        table.add_row("✓" if one["met"] else "·", one["id"], one["signal"], asks, _plain(one["value"]))
    console.print(table)
    console.print()


def _plain(value: Any) -> str:
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value)
    return f"{value:,}" if isinstance(value, int | Decimal) else escape(str(value))
