"""Working off runs, one shard after another: leased, kept while it is measured, halved after a fault of ours."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from accounts import rowsecurity
from accounts.faults import tried
from accounts.leases import kept
from personas import runs
from personas.models import Shard
from personas.profiles import Refreshed

RENEWED = runs.LEASE / 3


@dataclass(frozen=True)
class Worked:
    """What became of one shard: nothing was done of it when another worker has it by now, or when it was halved.

    `failed` are the people who are left as they are, for this time.
    """

    done: Refreshed
    failed: int = 0


def work_off(*, tenant_id: UUID, clock: Callable[[], datetime], run_id: UUID | None = None) -> Worked | None:
    """The next open shard of the institution (or of one run); None when nothing is open."""
    eyes = rowsecurity.pipeline(tenant_id)
    with rowsecurity.viewing(eyes):
        shard = runs.take(tenant_id=tenant_id, now=clock(), run_id=run_id)
    if shard is None:
        return None

    def renewed() -> bool:
        with rowsecurity.viewing(eyes):
            return runs.renew(shard=shard, now=clock())

    def worked(shard: Shard) -> Worked:
        with kept(renewed, every=RENEWED), rowsecurity.viewing(eyes):
            return Worked(runs.work(shard=shard, now=clock()) or Refreshed())

    def given_back(shard: Shard, error: str) -> Worked:
        with rowsecurity.viewing(eyes):
            return Worked(Refreshed(), runs.give_back(shard=shard, now=clock(), error=error))

    return tried(
        partial(worked, shard),
        partial(given_back, shard),
        run_id=str(shard.run_id),
        shard=shard.shard,
        attempt=shard.attempts,
    )
