"""`detect_transitions`: record the transitions to people's latest assignments that nobody recorded (imported rows)."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import Tenant
from personas.detecting import Detected, detect
from personas.management.chunks import ChunkCommand
from personas.models import Transition, Window


class Command(ChunkCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--window", choices=Window.values(), help="one window (default: all three)")

    def handle(self, *args: Any, **options: Any) -> None:
        windows = [options["window"]] if options["window"] else Window.values()
        users, recorded = 0, list[Transition]()

        def work(tenant: Tenant, some: Sequence[UUID]) -> None:
            nonlocal users
            users += len(some)
            found = detect(user_ids=some, windows=windows, tenant_id=tenant.pk, now=timezone.now())
            recorded.extend(
                one.transition
                for one in found.values()
                if isinstance(one, Detected) and one.recorded and one.transition
            )

        elapsed = self.walk("detect_transitions", options, work)
        for one in recorded:
            self.say(
                options,
                f"recorded  {one.user_id}  {one.window_type}  {one.from_persona} to {one.to_persona}",
                user_id=one.user_id,
                window_type=one.window_type,
                from_persona=one.from_persona,
                to_persona=one.to_persona,
                transition_date=one.transition_date,
            )
        said = f"done  {users:,} users  recorded {len(recorded):,}  {elapsed}"
        self.say(options, said, users=users, recorded=len(recorded))
