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

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--window", choices=Window.values(), help="one window (default: all three)")

    def handle(self, *args: Any, **options: Any) -> None:
        windows = [Window(options["window"])] if options["window"] else list(Window)
        users = appended = transitions = 0

        def work(tenant: Tenant, some: Sequence[UUID]) -> None:
            nonlocal users, appended, transitions
            done = reassign(user_ids=some, windows=windows, tenant_id=tenant.pk, now=timezone.now())
            users, appended, transitions = users + len(some), appended + done.appended, transitions + done.transitions

        elapsed = self.walk("assign_personas", options, work)
        said = f"done  {users:,} users  appended {appended:,}  transitions {transitions:,}  {elapsed}"
        self.say(options, said, users=users, appended=appended, transitions=transitions)
