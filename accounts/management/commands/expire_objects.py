"""`expire_objects`: on local disk, delete stored files past their days; S3 does it by the bucket's life cycle."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts import buckets, storage
from accounts.management.people import StaffCommand, wrong_usage


class Command(StaffCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--bucket", choices=["data", "analytics"], required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.STORAGE != "disk":
            raise wrong_usage("On S3 the bucket's life cycle deletes; setup_storage applies it.")
        alias = storage.DATA if options["bucket"] == "data" else storage.ANALYTICS
        count = sum(1 for _ in buckets.expire(alias, now=timezone.now()))
        self.say(options, f"done  {count:,} objects deleted", deleted=count)
