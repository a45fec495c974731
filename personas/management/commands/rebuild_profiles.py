"""`rebuild_profiles`: recreate where people stand from their assignments, and report what differed."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from accounts.models import Tenant
from personas.management.chunks import ChunkCommand
from personas.rebuilding import rebuild


class Command(ChunkCommand):
    help = __doc__
    name = "rebuild_profiles"
    differing = 0

    def work(self, tenant: Tenant, some: Sequence[UUID], options: dict[str, Any]) -> None:
        for one in rebuild(user_ids=some, tenant_id=tenant.pk):
            self.differing += 1
            before, after = _standing(one.persona_before, one.as_of_before), _standing(one.persona, one.as_of)
            self.say(options, f"differs  {one.user_id}  {before}  is {after}", **asdict(one))

    def told(self, users: int, elapsed: str, options: dict[str, Any]) -> None:
        verb = "differ" if options["dry_run"] else "rebuilt"
        said = f"done  {users:,} users  {self.differing:,} {verb}  {elapsed}"
        self.say(options, said, users=users, differing=self.differing)


def _standing(persona: str | None, day: object) -> str:
    return f"{persona or 'nothing'} as of {day or 'no day'}"
