"""`create_operator`: make a member of the staff, the first one too, and print the link that lets them in."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils import timezone

from accounts import rowsecurity, staff
from accounts.management.people import StaffCommand, tenant_of, wrong_usage
from accounts.roles import POSITIONS


class Command(StaffCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--email", required=True, help="where they sign in with")
        parser.add_argument("--level", required=True, choices=list(POSITIONS), help="what they may do")

    def handle(self, *args: Any, **options: Any) -> None:
        email, (role, level) = options["email"], POSITIONS[options["level"]]
        try:
            EmailValidator()(email)
        except ValidationError as wrong:
            raise wrong_usage(f"{email} is no e-mail address.") from wrong
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            invited = staff.invite(
                tenant=tenant_of(options["tenant"]), email=email, role=role, level=level, by=None, now=timezone.now()
            )
        way_in = f"Set the password here, once: {invited.link}" if invited.link else "They have set a password."
        self.say(
            options,
            f"done  {email}  {options['level']}  {'was there' if invited.again else 'made'}\n{way_in}",
            email=email,
            level=options["level"],
            again=invited.again,
            link=invited.link,
        )
