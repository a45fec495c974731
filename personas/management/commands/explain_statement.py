"""`explain_statement`: read a statement file, measure it, say which persona it shows and why; store nothing."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any, TextIO, cast

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone
from rich.console import Console

from accounts.management.people import SOME_FAILED, wrong_usage
from accounts.statements import Options, parse
from accounts.statements.signs import SignPolicy
from personas import rules
from personas.explained import explained
from personas.management.printing import print_statement
from personas.management.rulefiles import document_at
from personas.signals import exact_json, from_statement


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a statement: JSON by its ending .json, CSV otherwise")
        parser.add_argument(
            "--as-of", type=date.fromisoformat, metavar="DATE", help="last day of the windows (default: the newest row)"
        )
        parser.add_argument(
            "--sign-policy",
            choices=[policy.value for policy in SignPolicy],
            default="auto",
            help="how amounts are signed (default: auto)",
        )
        parser.add_argument("--rules", metavar="FILE", help="a rule document (default: version 1)")
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        document = document_at(options["rules"]) if options["rules"] else rules.shipped()
        path, today = Path(options["file"]), timezone.now().date()
        try:
            data = path.read_bytes()
        except OSError as problem:
            raise wrong_usage(f"{path} cannot be read: {problem.strerror}.") from problem
        statement = parse(
            data,
            Options(
                file_type="json" if path.suffix.lower() == ".json" else "csv",
                today=today,
                account_key=settings.SECRET_KEY.encode(),
                sign_policy=options["sign_policy"],
            ),
        )
        frames = from_statement(statement, today=today, as_of=options["as_of"])
        told = explained(statement, frames, document)
        if options["json"]:
            self.stdout.write(exact_json(told))
        else:
            print_statement(told, path.name, Console(file=cast(TextIO, self.stdout), highlight=False))
        if not statement.ok:
            raise SystemExit(SOME_FAILED)
