"""`expire_uploads`: fail presigned uploads that nobody completed, and remove what was posted of them."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts import uploads
from accounts.management.people import StaffCommand, tenant_of


def hours(text: str) -> float:
    if not 0 <= (number := float(text)) <= 1_000_000:
        raise ValueError
    return number


class Command(StaffCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--older-than", type=hours, default=24, metavar="HOURS")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_of(options["tenant"])
        age = timedelta(hours=options["older_than"])
        count = uploads.expire(tenant_id=tenant.pk, now=timezone.now(), older_than=age)
        self.say(options, f"done  {count:,} uploads expired", expired=count)
