"""`purge_idempotency`: delete stored answers that are past their day, for all tenants."""

from typing import Any

from django.utils import timezone

from accounts import idempotency, rowsecurity
from accounts.management.people import StaffCommand


class Command(StaffCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            count = idempotency.purge(now=timezone.now())
        self.say(options, f"done  {count:,} answers deleted", deleted=count)
