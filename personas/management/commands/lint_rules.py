"""`lint_rules`: check a rule document; find what no profile can meet and what order alone decides."""

from argparse import ArgumentParser
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.markup import escape

from accounts.management.people import SOME_FAILED
from personas import rules
from personas.management.rulefiles import read_document
from personas.signals import exact_json


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a rule document, .toml or .json")
        parser.add_argument("--json", action="store_true", help="one JSON object a line on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            document = read_document(options["file"])
        except rules.InvalidDocument as invalid:
            found = [{"kind": "invalid", "severity": "error"} | error for error in invalid.errors]
        else:
            found = [finding.as_json() for finding in rules.lint(document)]
        console = Console(file=cast(TextIO, self.stdout), highlight=False, soft_wrap=True)
        for finding in found:
            if options["json"]:
                self.stdout.write(exact_json(finding))
            else:
                _print(finding, console)
        errors = sum(finding["severity"] == "error" for finding in found)
        if not options["json"]:
            console.print(f"{len(found)} findings, {errors} errors" if found else "Nothing found.")
        if errors:
            raise SystemExit(SOME_FAILED)


def _print(finding: dict[str, Any], console: Console) -> None:
    place = finding.get("path") or ", ".join(finding.get("criteria", ())) or "document"
    console.print(f"[bold]{finding['severity']}[/]  {finding['kind']}  {escape(place)}")
    console.print(f"  {escape(finding['sentence'])}")
    if finding.get("witness"):
        console.print(f"  witness  {escape(exact_json(finding['witness']))}")
