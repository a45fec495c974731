"""`purge_events`: delete security events that are past their 90 days, for all tenants."""

from typing import Any

from django.utils import timezone

from accounts import events, rowsecurity
from accounts.management.people import StaffCommand


class Command(StaffCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            count = events.purge(now=timezone.now())
        self.say(options, f"done  {count:,} events deleted", deleted=count)
