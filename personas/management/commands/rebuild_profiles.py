"""`rebuild_profiles`: recreate where people stand from their assignments, and report what differed."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from accounts.models import Tenant
from personas.management.chunks import ChunkCommand
from personas.rebuilding import Difference, rebuild


class Command(ChunkCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        users, differing = 0, list[Difference]()

        def work(tenant: Tenant, some: Sequence[UUID]) -> None:
            nonlocal users
            users += len(some)
            differing.extend(rebuild(user_ids=some, tenant_id=tenant.pk))

        elapsed = self.walk("rebuild_profiles", options, work)
        for one in differing:
            before, after = _standing(one.persona_before, one.as_of_before), _standing(one.persona, one.as_of)
            self.say(options, f"differs  {one.user_id}  {before}  is {after}", **asdict(one))
        verb = "differ" if options["dry_run"] else "rebuilt"
        said = f"done  {users:,} users  {len(differing):,} {verb}  {elapsed}"
        self.say(options, said, users=users, differing=len(differing))


def _standing(persona: str | None, day: object) -> str:
    return f"{persona or 'nothing'} as of {day or 'no day'}"
