"""`refresh_profiles`: measure who is due (or everybody), store what differs, assign what changed."""

from argparse import ArgumentParser
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, wait
from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts import rowsecurity
from accounts.management.people import SOME_FAILED, StaffCommand, tenant_of, user_of
from accounts.management.workers import pool
from accounts.models import User
from accounts.progress import Progress
from personas import profiles, runs
from personas.models import Run


class Command(StaffCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--all", action="store_true", help="everybody who agreed, due or not")
        parser.add_argument("--user", help="e-mail or id of one person")
        parser.add_argument("--as-of", type=date.fromisoformat, help="a day of the past: stores, assigns nothing older")
        parser.add_argument("--workers", type=int, default=0, metavar="N", help="processes (0: this one)")
        parser.add_argument("--dry-run", action="store_true", help="say how many people would be measured")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_of(options["tenant"])
        eyes = rowsecurity.pipeline(tenant.pk)
        everybody = options["all"] or options["as_of"] is not None
        with rowsecurity.viewing(eyes):
            if options["user"]:
                people = [user_of(options["user"], tenant).pk]
            elif everybody:
                people = list(User.objects.filter(role="user").order_by("pk").values_list("pk", flat=True))
            else:
                people = profiles.due(tenant_id=tenant.pk)
            if options["dry_run"]:
                self.say(options, f"done  {len(people):,} users would be measured", users=len(people))
                return
            stage = runs.EVERYBODY if everybody or options["user"] else runs.DUE
            run = runs.start(
                tenant_id=tenant.pk,
                stage=stage,
                user_ids=people,
                now=timezone.now(),
                as_of=options["as_of"],
                started_by="command:refresh_profiles",
            )
        with Progress("refresh_profiles", "users", len(people), quiet=options["quiet"]) as progress:
            try:
                for measured, good in self._shards(tenant.pk, run.pk, options["workers"]):
                    progress.step(units=measured, failed=not good)
            except KeyboardInterrupt:
                self.stderr.write("Stopped after the current shard. Run the command again to go on.")
        with rowsecurity.viewing(eyes):
            run = Run.objects.get(pk=run.pk)
        self.say(
            options,
            f"done  {run.done:,} users  appended {run.changed:,}  failed {run.failed:,}  {progress.elapsed}",
            run_id=run.pk,
            users=run.done,
            appended=run.changed,
            failed=run.failed,
        )
        if run.failed:
            raise SystemExit(SOME_FAILED)

    def _shards(self, tenant_id: UUID, run_id: UUID, workers: int) -> Iterator[tuple[int, bool]]:
        if workers == 0:
            while outcome := one_shard(tenant_id, run_id):
                yield outcome
            return
        with pool(workers) as processes:
            waiting = {processes.submit(one_shard, tenant_id, run_id) for _ in range(workers)}
            while waiting:
                ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in ended:
                    if outcome := future.result():
                        yield outcome
                        waiting.add(processes.submit(one_shard, tenant_id, run_id))


def one_shard(tenant_id: UUID, run_id: UUID | None = None) -> tuple[int, bool] | None:
    """Take one shard and work it off: how many people, and whether it went well; None when nothing is open."""
    eyes = rowsecurity.pipeline(tenant_id)
    with rowsecurity.viewing(eyes):
        shard = runs.take(tenant_id=tenant_id, now=timezone.now(), run_id=run_id)
    if shard is None:
        return None
    with rowsecurity.viewing(eyes):
        good = runs.work(shard=shard, now=timezone.now())
    with rowsecurity.viewing(eyes):
        shard.refresh_from_db()
    return shard.counts.get("measured", 0), good
