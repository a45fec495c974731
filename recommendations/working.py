"""Considering people as a worker does: a handful in a transaction, and a fault costs the one it is about."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID, uuid4

from django.db import connection

from accounts import rowsecurity
from accounts.faults import tried
from recommendations import proposing, provider
from recommendations.models import Outcome
from recommendations.proposing import Proposed
from recommendations.rewriting import NONE, Rewrites

HANDFUL = 250  # people in one transaction


def work_off(
    *, user_ids: Sequence[UUID], tenant_id: UUID, clock: Callable[[], datetime], asked_for: bool = False
) -> list[Proposed]:
    """What became of whom; after a fault the people in hand are tried again in halves, down to one."""
    eyes = rowsecurity.pipeline(tenant_id)

    def considered(some: Sequence[UUID]) -> list[Proposed]:
        apart = not connection.in_atomic_block  # a door may hold a transaction open, in which nobody waits for a model
        rewrites = reworded(some) if apart and provider.configured() else NONE
        with rowsecurity.viewing(eyes):
            return proposing.propose(
                user_ids=some, tenant_id=tenant_id, now=clock(), asked_for=asked_for, rewrites=rewrites
            )

    def reworded(some: Sequence[UUID]) -> Rewrites:
        """Asked between two transactions, so that nobody is locked while a model thinks."""
        with rowsecurity.viewing(eyes):
            said = proposing.foreseen(user_ids=some, tenant_id=tenant_id, now=clock(), asked_for=asked_for)
        return provider.rewritten(said)

    def in_halves(some: Sequence[UUID], _: str) -> list[Proposed]:
        if len(some) == 1:
            with rowsecurity.viewing(eyes):
                proposing.give_up(user_id=some[0], tenant_id=tenant_id, now=clock())
            return [Proposed(some[0], Outcome.FAILED, uuid4())]
        half = len(some) // 2
        return [one for part in (some[:half], some[half:]) for one in done(part)]

    def done(some: Sequence[UUID]) -> list[Proposed]:
        return tried(partial(considered, some), partial(in_halves, some), tenant_id=str(tenant_id), users=len(some))

    return done(user_ids)
