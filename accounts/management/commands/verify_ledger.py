"""`verify_ledger`: compare the packed ledger with the rows it was made from, person by person, and repair it."""

from argparse import ArgumentParser
from typing import Any

from accounts import ledger, rowsecurity
from accounts.management.people import SOME_FAILED, StaffCommand, tenant_of, user_of
from accounts.models import User
from accounts.progress import Progress

CHUNK = 500


class Command(StaffCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--user", help="e-mail or id of one person")
        parser.add_argument("--repair", action="store_true", help="rebuild the months that differ")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_of(options["tenant"])
        wrong = 0
        if options["user"]:
            chosen = [user_of(options["user"], tenant).pk]
            eyes = rowsecurity.maintenance_of(chosen[0])  # the pipeline would not see one who has not agreed
        else:
            eyes = rowsecurity.pipeline(tenant.pk)
            with rowsecurity.viewing(eyes):
                chosen = list(User.objects.order_by("pk").values_list("pk", flat=True))
        with Progress("verify_ledger", "users", len(chosen), quiet=options["quiet"]) as progress:
            for first in range(0, len(chosen), CHUNK):
                some = chosen[first : first + CHUNK]
                with rowsecurity.viewing(eyes):
                    differing = ledger.differing(user_ids=some)
                    if options["repair"]:
                        ledger.repair(user_ids=differing)
                wrong += len(differing)
                for user_id in differing:
                    self.say(options, f"differs  {user_id}", user_id=user_id)
                progress.step(units=len(some))
        repaired = "repaired" if options["repair"] else "differ"
        self.say(
            options,
            f"done  {len(chosen):,} users  {wrong:,} {repaired}  {progress.elapsed}",
            users=len(chosen),
            wrong=wrong,
        )
        if wrong and not options["repair"]:
            raise SystemExit(SOME_FAILED)
