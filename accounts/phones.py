"""Telephone numbers as the library asks for them: whose one is, and the code that proves it."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from allauth.core import context
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import events, limits, origin, sms
from accounts.limits import Scope
from accounts.models import User
from accounts.origin import NOWHERE, Origin
from accounts.refusals import Refused

E164 = re.compile(r"\+[1-9][0-9]{6,14}")  # as the constraint of users.phone_number
TEXT = "{code} is your SpendSense code, good for {minutes} minutes. We never ask you to tell it to anybody."


class PhoneTaken(Refused):
    code = "PHONE_TAKEN"
    sentence = "This number belongs to another account."


class PhoneCodes:
    """The account adapter's part about telephones. A number is stored once it is proven, never before."""

    def clean_phone(self, phone: str) -> str:
        if not E164.fullmatch(phone):
            raise ValidationError("Write the number with its country code, for example +14155550123.", "invalid_phone")
        return phone

    def get_phone(self, user: User) -> tuple[str, bool] | None:
        return (user.phone_number, True) if user.phone_number and user.phone_verified_at else None

    def get_user_by_phone(self, phone: str) -> User | None:
        people = User.objects.filter(is_active=True, tenant__is_active=True)
        return people.filter(phone_number=phone, phone_verified_at__isnull=False).first()

    def set_phone(self, user: User, phone: str, verified: bool) -> None:
        if verified:
            self.set_phone_verified(user, phone)

    def set_phone_verified(self, user: User, phone: str) -> None:
        prove(user=user, phone=phone, now=timezone.now(), origin=origin.of(context.request))

    def send_verification_code_sms(self, user: User, phone: str, code: str, **_: Any) -> None:
        text = TEXT.format(code=code, minutes=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT // 60)
        _counted(phone, lambda: sms.send(phone, text))

    def send_unknown_account_sms(self, phone: str, **_: Any) -> None:
        """Nobody is written to who never gave us the number; the answer, its time and its limits are the usual ones."""
        _counted(phone, lambda: sms.reach(phone))

    send_account_already_exists_sms = send_unknown_account_sms


def _counted(phone: str, send: Callable[[], None]) -> None:
    """A message that the service did not take is not counted."""
    uses = [limits.Use(scope, phone) for scope in (Scope.SMS_GAP, Scope.SMS, Scope.SMS_DAY)]
    uses.append(limits.by_address(Scope.SMS_ADDRESS, origin.client_address(context.request)))
    context.request.rate = limits.take(*uses)
    try:
        send()
    except sms.SmsAway:
        limits.give_back(*uses)
        raise


@transaction.atomic
def prove(*, user: User, phone: str, now: datetime, origin: Origin = NOWHERE) -> None:
    """The number is this person's: they read a code that was sent to it. Proven again, nothing changes."""
    if user.phone_number == phone and user.phone_verified_at:
        return
    try:
        with transaction.atomic():
            User.objects.filter(pk=user.pk).update(phone_number=phone, phone_verified_at=now)
    except IntegrityError as taken:
        raise PhoneTaken from taken
    events.record(
        kind=events.Kind.METHOD_LINKED,
        tenant_id=user.tenant_id,
        user_id=user.pk,
        now=now,
        origin=origin,
        detail={"method": "phone", "replaced": bool(user.phone_number)},
    )
    user.phone_number, user.phone_verified_at = phone, now
