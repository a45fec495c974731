"""`setup_storage`: the buckets as they must be; run it any number of times."""

from typing import Any

from accounts import buckets
from accounts.management.people import StaffCommand


class Command(StaffCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        for bucket, what in buckets.set_up():
            self.say(options, f"{bucket}  {what}", bucket=bucket, applied=what)
