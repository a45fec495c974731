"""`seed_demo`: the first cards and the cast, with consent, statements and logins. Only where nobody's real data is."""

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import cast, consent, people, rowsecurity, uploads
from accounts.models import DEFAULT_TENANT, Tenant
from accounts.models.uploads import Channel
from accounts.roles import Level, Role
from recommendations import stock

PASSWORD = "Look-around-2026!"  # noqa: S105 (printed by ./demo; the command refuses to run elsewhere)


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the logins as one JSON list")
        parser.add_argument(
            "--until",
            type=date.fromisoformat,
            default=None,
            help="last day of the statements (default: today)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.AT_HOME:
            raise CommandError("seed_demo makes accounts with a published password: demo and test only.")
        now = timezone.now()
        until = options["until"] or now.date()
        members = []
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            tenant = Tenant.objects.get(slug=DEFAULT_TENANT)
            stock.fill(tenant_id=tenant.pk, by="command:seed_demo", now=now)
            for member in cast.CAST:
                user = people.enrol(tenant=tenant, email=member.email, password=PASSWORD)
                for purpose in member.purposes:
                    consent.grant(user=user, purpose=purpose, now=now)
                members.append((member, user))
            logins = [
                self._login(tenant, "operator", "omar@example.test", Role.OPERATOR, Level.SENIOR),
                {"role": "consumer", "email": cast.MAYA.email, "password": PASSWORD, "totp_secret": None},
                self._login(tenant, "admin", "ada@example.test", Role.ADMIN, None),
            ]
        for member, user in members:
            uploads.receive(
                user=user,
                file_name=f"{member.name}.json",
                data=cast.statement(member, until),
                options={"sign_policy": "inflow_positive"},
                now=now,
                channel=Channel.COMMAND,
            )
        if options["json"]:
            self.stdout.write(json.dumps(logins))
        else:
            for login in logins:
                self.stdout.write(f"{login['role']:9} {login['email']:20} {login['password']}")

    def _login(self, tenant: Tenant, name: str, email: str, role: Role, level: Level | None) -> dict[str, str | None]:
        user = people.enrol(tenant=tenant, email=email, password=PASSWORD, role=role, level=level)
        secret = people.second_factor_secret(user=user)
        return {"role": name, "email": email, "password": PASSWORD, "totp_secret": secret}
