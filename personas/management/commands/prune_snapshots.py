"""`prune_snapshots`: delete the measurements that are no longer kept, of everybody in an institution."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts import rowsecurity
from accounts.management.people import user_of
from accounts.models import Tenant
from personas.management.chunks import ChunkCommand
from personas.pruning import prune, whose


class Command(ChunkCommand):
    help = __doc__
    name = "prune_snapshots"
    deleted = kept = 0

    def people(self, options: dict[str, Any], tenant: Tenant) -> list[UUID]:
        return [user_of(options["user"], tenant).pk] if options["user"] else whose(tenant_id=tenant.pk)

    def eyes(self, tenant: Tenant) -> rowsecurity.Viewer:
        return rowsecurity.MAINTENANCE

    def work(self, tenant: Tenant, some: Sequence[UUID], options: dict[str, Any]) -> None:
        pruned = prune(user_ids=some, now=timezone.now())
        self.deleted += pruned.deleted
        self.kept += pruned.kept

    def told(self, users: int, elapsed: str, options: dict[str, Any]) -> None:
        verb = "would be deleted" if options["dry_run"] else "deleted"
        self.say(
            options,
            f"done  {users:,} users  {self.deleted:,} snapshots {verb}  {self.kept:,} kept  {elapsed}",
            users=users,
            deleted=self.deleted,
            kept=self.kept,
        )
