"""`detect_transitions`: record the transitions to people's latest assignments that nobody recorded (imported rows)."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import Tenant
from personas.detecting import Detected, detect
from personas.management.chunks import ChunkCommand
from personas.models import Window


class Command(ChunkCommand):
    help = __doc__
    name = "detect_transitions"
    recorded = 0

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--window", choices=Window.values(), help="one window (default: all three)")

    def work(self, tenant: Tenant, some: Sequence[UUID], options: dict[str, Any]) -> None:
        windows = [options["window"]] if options["window"] else Window.values()
        found = detect(user_ids=some, windows=windows, tenant_id=tenant.pk, now=timezone.now())
        for answer in found.values():
            if isinstance(answer, Detected) and answer.recorded and (one := answer.transition):
                self.recorded += 1
                self.say(
                    options,
                    f"recorded  {one.user_id}  {one.window_type}  {one.from_persona} to {one.to_persona}",
                    user_id=one.user_id,
                    window_type=one.window_type,
                    from_persona=one.from_persona,
                    to_persona=one.to_persona,
                    transition_date=one.transition_date,
                )

    def told(self, users: int, elapsed: str, options: dict[str, Any]) -> None:
        said = f"done  {users:,} users  recorded {self.recorded:,}  {elapsed}"
        self.say(options, said, users=users, recorded=self.recorded)
