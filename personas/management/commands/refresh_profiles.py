"""`refresh_profiles`: measure who is due (or everybody), store what differs, assign what changed."""

from argparse import ArgumentParser
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts import rowsecurity
from accounts.management.people import INTERRUPTED, SOME_FAILED, StaffCommand, processes, tenant_of
from accounts.management.workers import finishing_first, pieces
from accounts.models import Tenant
from accounts.progress import Progress
from personas import profiles, runs
from personas.management.chunks import consenting
from personas.models import Run
from personas.working import Worked, work_off


class Command(StaffCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--all", action="store_true", help="everybody who agreed, due or not")
        parser.add_argument("--user", help="e-mail or id of one person")
        parser.add_argument("--as-of", type=date.fromisoformat, help="a day of the past: stores, assigns nothing older")
        parser.add_argument("--workers", type=processes, default=0, metavar="N", help="processes (0: this one)")
        parser.add_argument("--dry-run", action="store_true", help="say how many people would be measured")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_of(options["tenant"])
        stage, people = self._people(options, tenant)
        if options["dry_run"]:
            self.say(options, f"done  {len(people):,} users would be measured", users=len(people))
            return
        run = self._run(options, tenant, stage, people)
        # Besides its own run a command ends those that nobody works on any more; one person waits for nobody.
        only = run.pk if stage == runs.ONE else None
        users = appended = 0
        with (
            Progress("refresh_profiles", "users", run.users - run.done, quiet=options["quiet"]) as progress,
            finishing_first() as asked,
        ):
            for worked in pieces(partial(one_shard, tenant.pk, only), options["workers"], asked.is_set):
                users, appended = users + worked.done.measured, appended + worked.done.appended
                progress.step(units=worked.done.measured, failed=worked.failed)
        failed = progress.failed
        self.say(
            options,
            f"done  {users:,} users  appended {appended:,}  failed {failed:,}  {progress.elapsed}",
            run_id=run.pk,
            users=users,
            appended=appended,
            failed=failed,
        )
        if asked.is_set():
            self.stderr.write("Stopped after the shards in hand. Run the command again to go on.")
            raise SystemExit(INTERRUPTED)
        if failed:
            self.stderr.write(
                f"{failed:,} users were left as they are: the fault is ours, and is in the log. "
                "They are tried again after 1 and 10 minutes, by the walk or by this command."
            )
            raise SystemExit(SOME_FAILED)

    def _people(self, options: dict[str, Any], tenant: Tenant) -> tuple[str, list[UUID]]:
        if options["user"]:
            return runs.ONE, consenting(options, tenant)
        if options["all"] or options["as_of"]:
            return runs.EVERYBODY, consenting(options, tenant)
        with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
            return runs.DUE, profiles.due(tenant_id=tenant.pk)

    def _run(self, options: dict[str, Any], tenant: Tenant, stage: str, people: list[UUID]) -> Run:
        """What was begun for everybody and stopped is gone on with; of who is due, only who is left is due."""
        kind = {"tenant_id": tenant.pk, "stage": stage, "as_of": options["as_of"], "now": timezone.now()}
        with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
            begun = runs.interrupted(**kind) if stage == runs.EVERYBODY else None
            return begun or runs.start(**kind, user_ids=people, started_by="command:refresh_profiles")


def one_shard(tenant_id: UUID, run_id: UUID | None = None) -> Worked | None:
    """What a process of its own can be told to do."""
    return work_off(tenant_id=tenant_id, clock=timezone.now, run_id=run_id)
