"""What the commands of the product have in common: whom they work on, and how they end."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from accounts import rowsecurity
from accounts.models import DEFAULT_TENANT, Tenant, User
from accounts.refusals import Refused

DONE, SOME_FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


def wrong_usage(sentence: str) -> CommandError:
    return CommandError(sentence, returncode=WRONG_USAGE)


def processes(text: str) -> int:
    """The number behind --workers."""
    if not text.isdecimal():
        raise ArgumentTypeError(f"{text} is no number of processes; 0 means this one")
    return int(text)


def tenant_of(slug: str | None) -> Tenant:
    tenant = Tenant.objects.filter(slug=slug or DEFAULT_TENANT, is_active=True).first()
    if tenant is None:
        raise wrong_usage(f"There is no tenant {slug}.")
    return tenant


def user_of(name: str, tenant: Tenant) -> User:
    """A user by e-mail or id; whoever runs a command on the server may look anybody up."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        users = User.objects.filter(tenant=tenant)
        try:
            user = users.filter(pk=UUID(name)).first()
        except ValueError:
            user = users.filter(email__iexact=name).first()
    if user is None:
        raise wrong_usage(f"There is no user {name} in tenant {tenant.slug}.")
    return user


class StaffCommand(BaseCommand):
    """The options that every command takes alike, and its last line on standard output."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", default=None, help="slug of the institution (default: default)")
        parser.add_argument("--json", action="store_true", help="one JSON object a line on standard output")
        parser.add_argument("--quiet", action="store_true", help="no progress on standard error")

    def execute(self, *args: Any, **options: Any) -> str | None:
        """An act that refuses tells the person who typed, in its sentence and not in a traceback."""
        try:
            return super().execute(*args, **options)
        except Refused as refused:
            raise CommandError(str(refused), returncode=SOME_FAILED) from refused

    def say(self, options: dict[str, Any], sentence: str, **facts: Any) -> None:
        self.stdout.write(json.dumps(facts, default=str) if options["json"] else sentence)
