"""How a command walks over the people of an institution: some at a time, each time whole or not at all."""

from argparse import ArgumentParser
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import rowsecurity
from accounts.faults import tried
from accounts.management.people import INTERRUPTED, SOME_FAILED, StaffCommand, tenant_of, user_of, wrong_usage
from accounts.management.workers import finishing_first
from accounts.models import Tenant, User
from accounts.progress import Progress

CHUNK = 1000


def consenting(options: dict[str, Any], tenant: Tenant) -> list[UUID]:
    """Who has agreed to be analysed, or the one who is named."""
    named = user_of(options["user"], tenant) if options["user"] else None
    with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
        agreed = User.objects.consumers().order_by("pk")
        people = list((agreed.filter(pk=named.pk) if named else agreed).values_list("pk", flat=True))
    if named and not people:
        raise wrong_usage(f"{options['user']} has not agreed to be analysed.")
    return people


class ChunkCommand(StaffCommand):
    """The options and the loop; a dry run does the work and takes it back.

    A fault of ours costs the people in hand and nobody else. Ctrl-C ends the walk after them; what was done for people
    is found done when the command is run again.
    """

    name: str

    def work(self, tenant: Tenant, some: Sequence[UUID], options: dict[str, Any]) -> None:
        """One piece, in a transaction of its own."""
        raise NotImplementedError

    def told(self, users: int, elapsed: str, options: dict[str, Any]) -> None:
        """Say what was done for so many people."""
        raise NotImplementedError

    def people(self, options: dict[str, Any], tenant: Tenant) -> list[UUID]:
        return consenting(options, tenant)

    def eyes(self, tenant: Tenant) -> rowsecurity.Viewer:
        return rowsecurity.pipeline(tenant.pk)

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--user", help="e-mail or id of one person")
        parser.add_argument("--dry-run", action="store_true", help="say what would be written, and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_of(options["tenant"])
        people, users = self.people(options, tenant), 0
        with Progress(self.name, "users", len(people), quiet=options["quiet"]) as progress, finishing_first() as asked:
            for first in range(0, len(people), CHUNK):
                some = people[first : first + CHUNK]
                good = tried(
                    partial(self._whole, tenant, some, options), lambda _: False, command=self.name, first=str(some[0])
                )
                users += len(some) if good else 0
                progress.step(units=len(some), failed=0 if good else len(some))
                if asked.is_set():
                    break
        self.told(users, progress.elapsed, options)
        if progress.done < len(people):
            self.stderr.write(f"Stopped after {progress.done:,} users. Run the command again to go on.")
            raise SystemExit(INTERRUPTED)
        if progress.failed:
            self.stderr.write(f"{progress.failed:,} users were left as they are: the fault is ours, and is in the log.")
            raise SystemExit(SOME_FAILED)

    def _whole(self, tenant: Tenant, some: Sequence[UUID], options: dict[str, Any]) -> bool:
        with rowsecurity.viewing(self.eyes(tenant)), transaction.atomic():
            self.work(tenant, some, options)
            transaction.set_rollback(options["dry_run"])
        return True
