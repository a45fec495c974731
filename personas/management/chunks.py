"""How a command walks over the consenting people of an institution: some at a time, each time whole or not at all."""

from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import rowsecurity
from accounts.management.people import INTERRUPTED, StaffCommand, tenant_of, user_of, wrong_usage
from accounts.management.workers import finishing_first
from accounts.models import Tenant, User
from accounts.progress import Progress

CHUNK = 1000


class ChunkCommand(StaffCommand):
    """The options and the loop; a dry run does the work and takes it back."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--user", help="e-mail or id of one person")
        parser.add_argument("--dry-run", action="store_true", help="say what would be written, and write nothing")

    def walk(self, name: str, options: dict[str, Any], work: Callable[[Tenant, Sequence[UUID]], None]) -> str:
        """The time it took. Ctrl-C ends it after the people in hand; they are not looked at in vain a second time."""
        tenant = tenant_of(options["tenant"])
        eyes = rowsecurity.pipeline(tenant.pk)
        people = self._people(options, tenant, eyes)
        with Progress(name, "users", len(people), quiet=options["quiet"]) as progress, finishing_first() as asked:
            for first in range(0, len(people), CHUNK):
                some = people[first : first + CHUNK]
                with rowsecurity.viewing(eyes), transaction.atomic():
                    work(tenant, some)
                    transaction.set_rollback(options["dry_run"])
                progress.step(units=len(some))
                if asked.is_set():
                    self.stderr.write(f"Stopped after {progress.done:,} users. Run the command again to go on.")
                    raise SystemExit(INTERRUPTED)
        return progress.elapsed

    def _people(self, options: dict[str, Any], tenant: Tenant, eyes: rowsecurity.Viewer) -> list[UUID]:
        named = user_of(options["user"], tenant) if options["user"] else None
        with rowsecurity.viewing(eyes):
            agreed = User.objects.consumers().order_by("pk")
            people = list((agreed.filter(pk=named.pk) if named else agreed).values_list("pk", flat=True))
        if named and not people:
            raise wrong_usage(f"{options['user']} has not agreed to be analysed.")
        return people
