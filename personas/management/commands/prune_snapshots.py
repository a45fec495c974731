"""`prune_snapshots`: delete the measurements that are no longer kept, of everybody in an institution."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import rowsecurity
from accounts.management.people import INTERRUPTED, StaffCommand, tenant_of, user_of
from accounts.management.workers import finishing_first
from accounts.models import User
from accounts.progress import Progress
from personas.management.chunks import CHUNK
from personas.pruning import prune


class Command(StaffCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--user", help="e-mail or id of one person")
        parser.add_argument("--dry-run", action="store_true", help="say what would be deleted, and delete nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        people = self._people(options)
        deleted = kept = 0
        with (
            finishing_first() as asked,
            Progress("prune_snapshots", "users", len(people), options["quiet"]) as progress,
        ):
            for first in range(0, len(people), CHUNK):
                some = people[first : first + CHUNK]
                with rowsecurity.viewing(rowsecurity.MAINTENANCE), transaction.atomic():
                    pruned = prune(user_ids=some, now=timezone.now())
                    transaction.set_rollback(options["dry_run"])
                deleted, kept = deleted + pruned.deleted, kept + pruned.kept
                progress.step(rows=pruned.deleted, units=len(some))
                if asked.is_set():
                    break
        verb = "would be deleted" if options["dry_run"] else "deleted"
        self.say(
            options,
            f"done  {progress.done:,} users  {deleted:,} snapshots {verb}  {kept:,} kept  {progress.elapsed}",
            users=progress.done,
            deleted=deleted,
            kept=kept,
        )
        if progress.done < len(people):
            self.stderr.write(f"Stopped after {progress.done:,} users. Run the command again to go on.")
            raise SystemExit(INTERRUPTED)

    def _people(self, options: dict[str, Any]) -> list[UUID]:
        """Whoever has revoked too: what is no longer kept goes with or without consent."""
        tenant = tenant_of(options["tenant"])
        if options["user"]:
            return [user_of(options["user"], tenant).pk]
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            return list(User.objects.filter(tenant=tenant, role="user").order_by("pk").values_list("pk", flat=True))
