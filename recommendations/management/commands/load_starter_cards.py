"""`load_starter_cards`: give an institution the cards of the starting library that it never had."""

from typing import Any

from django.utils import timezone

from accounts import rowsecurity
from accounts.management.people import StaffCommand, tenant_of
from recommendations import stock


class Command(StaffCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_of(options["tenant"])
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            filled = stock.fill(tenant_id=tenant.pk, by="command:load_starter_cards", now=timezone.now())
        self.say(
            options,
            f"done  {filled.added:,} cards added  {filled.kept:,} known before",
            added=filled.added,
            kept=filled.kept,
        )
