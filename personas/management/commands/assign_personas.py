"""`assign_personas`: append assignments from stored signals, where something changed; nothing is measured."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import Tenant
from personas.management.chunks import ChunkCommand
from personas.models import Window
from personas.reassigning import reassign


class Command(ChunkCommand):
    help = __doc__
    name = "assign_personas"
    appended = transitions = 0

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--window", choices=Window.values(), help="one window (default: all three)")

    def work(self, tenant: Tenant, some: Sequence[UUID], options: dict[str, Any]) -> None:
        windows = [Window(options["window"])] if options["window"] else list(Window)
        done = reassign(user_ids=some, windows=windows, tenant_id=tenant.pk, now=timezone.now())
        self.appended += done.appended
        self.transitions += done.transitions

    def told(self, users: int, elapsed: str, options: dict[str, Any]) -> None:
        said = f"done  {users:,} users  appended {self.appended:,}  transitions {self.transitions:,}  {elapsed}"
        self.say(options, said, users=users, appended=self.appended, transitions=self.transitions)
