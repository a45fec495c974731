"""`verify_audit`: recompute the audit chain of an institution and compare it with the heads kept outside."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.utils import timezone

from accounts import anchors
from accounts.management.people import SOME_FAILED, StaffCommand, tenant_of


def sequence(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:20]) < 2**63):
        raise ArgumentTypeError(f"{text} is no number of a row; the first row is 1")
    return int(text)


class Command(StaffCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--from-seq", type=sequence, default=1, help="the first row to verify (default: 1)")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_of(options["tenant"])
        found = anchors.verify(tenant_id=tenant.pk, now=timezone.now(), from_seq=options["from_seq"])
        whole, broken = f"done  {found.rows:,} rows  the chain is whole", f"broken at {found.first_broken_seq}"
        self.say(
            options,
            whole if found.valid else broken,
            valid=found.valid,
            rows=found.rows,
            head_seq=found.head_seq,
            head_hash=found.head_hash,
            first_broken_seq=found.first_broken_seq,
        )
        if not found.valid:
            raise SystemExit(SOME_FAILED)
