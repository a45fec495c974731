"""`generate_recommendations`: consider who is due (or everybody), and store what waits for an operator."""

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts import rowsecurity
from accounts.management.people import (
    INTERRUPTED,
    SOME_FAILED,
    StaffCommand,
    processes,
    tenant_of,
    user_of,
    wrong_usage,
)
from accounts.management.workers import each, finishing_first
from accounts.models import Tenant, User
from accounts.progress import Progress
from recommendations import proposing
from recommendations.items import Claimed
from recommendations.models import Outcome
from recommendations.proposing import Proposed
from recommendations.working import HANDFUL, work_off


class Command(StaffCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--all", action="store_true", help="everybody who agreed, due or not")
        parser.add_argument("--user", help="e-mail or id of one person, due or not")
        parser.add_argument("--workers", type=processes, default=0, metavar="N", help="processes (0: this one)")
        parser.add_argument("--dry-run", action="store_true", help="say how many people would be considered")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_of(options["tenant"])
        people = self._people(options, tenant)
        if options["dry_run"]:
            self.say(options, f"done  {len(people):,} users would be considered", users=len(people))
            return
        asked_for = bool(options["all"] or options["user"])
        handfuls = [people[first : first + HANDFUL] for first in range(0, len(people), HANDFUL)]
        outcomes: Counter[str] = Counter()
        items = held = 0
        with (
            Progress("generate_recommendations", "users", len(people), quiet=options["quiet"]) as progress,
            finishing_first() as asked,
        ):
            for done in each(partial(one_handful, tenant.pk, asked_for), handfuls, options["workers"], asked.is_set):
                outcomes.update(one.outcome.value for one in done)
                items += sum(one.new for one in done)
                held += sum(one.error == Claimed.code for one in done)
                progress.step(units=len(done), failed=sum(one.outcome is Outcome.FAILED for one in done))
        failed = outcomes[Outcome.FAILED.value]
        self.say(
            options,
            f"done  {outcomes.total():,} users  {items:,} new items  failed {failed:,}  {progress.elapsed}",
            users=outcomes.total(),
            items=items,
            outcomes=dict(sorted(outcomes.items())),
        )
        if asked.is_set():
            self.stderr.write("Stopped after the people in hand. Run the command again to go on.")
            raise SystemExit(INTERRUPTED)
        if held:
            self.stderr.write(f"{held:,} users are being reviewed. Run the command again when that is done.")
        if failed > held:
            self.stderr.write(f"{failed - held:,} users were left as they are: the fault is ours, and is in the log.")
        if failed:
            raise SystemExit(SOME_FAILED)

    def _people(self, options: dict[str, Any], tenant: Tenant) -> list[UUID]:
        named = user_of(options["user"], tenant) if options["user"] else None
        with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
            if not (named or options["all"]):
                return proposing.due(tenant_id=tenant.pk, now=timezone.now())
            agreed = User.objects.consumers().order_by("pk")
            people = list((agreed.filter(pk=named.pk) if named else agreed).values_list("pk", flat=True))
        if named and not people:
            raise wrong_usage(f"{options['user']} has not agreed to be analysed.")
        return people


def one_handful(tenant_id: UUID, asked_for: bool, user_ids: Sequence[UUID]) -> list[Proposed]:
    """What a process of its own can be told to do."""
    return work_off(user_ids=user_ids, tenant_id=tenant_id, clock=timezone.now, asked_for=asked_for)
