"""Passwords as the library asks about them: each try is paid for before it is judged, each mail before it is sent."""

from smtplib import SMTPException
from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage
from django.http import HttpRequest
from django.utils import timezone

from accounts import attempts, limits, origin
from accounts.attempts import Method
from accounts.limits import Scope, Use
from accounts.models import User
from accounts.refusals import Unavailable

RESETS = ("account/email/password_reset_key", "account/email/unknown_account")


class MailAway(Unavailable):
    code = "MAIL_UNAVAILABLE"
    sentence = "Mail cannot be sent at the moment. Try again in a moment."


class CountedPasswords:
    """The account adapter's part about passwords. An unknown address, a wrong password, an account without one and
    an inactive one cost the same, take the same and answer the same."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        email, phone = credentials.get("email", ""), credentials.get("phone", "")
        owner = owner_of(email, phone)
        uses = tries(request, (owner and owner.email) or email or phone)
        left = take(request, *uses)
        user: User | None = super().authenticate(request, **credentials)  # type: ignore[misc]
        if user and user.is_active and user.tenant.is_active:
            limits.give_back(*uses)
            attempts.passed(Method.PASSWORD)
            request.rate = left._replace(remaining=left.remaining + 1)  # type: ignore[attr-defined]
            return user
        attempts.failed(
            method=Method.PASSWORD,
            tenant=self.new_user(request).tenant,  # type: ignore[attr-defined]
            user=owner,
            use=uses[1],
            now=timezone.now(),
            origin=origin.of(request),
        )
        return None

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Who has reset the password by mail need not wait out what others did to the account."""
        limits.forget(limits.by_hash(Scope.ACCOUNT, credentials["email"]))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Beyond the limit nothing is sent, and the answer is the usual one."""
        try:
            self._count(template_prefix, email)
            super().send_mail(template_prefix, email, context)  # type: ignore[misc]
        except limits.Limited:
            return
        except (SMTPException, OSError) as gone:
            raise MailAway from gone

    def _count(self, template_prefix: str, email: str) -> None:
        scope = Scope.RESET if template_prefix in RESETS else Scope.MAIL
        limits.take(limits.by_hash(scope, email))

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """Who has an address keeps one: it is a way in, and what concerns the account is sent there."""
        others = EmailAddress.objects.filter(user_id=email_address.user_id).exclude(pk=email_address.pk)
        return not email_address.pk or (not email_address.primary and others.exists())

    def get_login_stages(self) -> list[str]:
        ours = f"{AddressVerified.__module__}.{AddressVerified.__name__}"
        theirs = f"{EmailVerificationStage.__module__}.{EmailVerificationStage.__name__}"
        stages: list[str] = super().get_login_stages()  # type: ignore[misc]
        return [ours if stage == theirs else stage for stage in stages]


class AddressVerified(EmailVerificationStage):
    """Who signs in by telephone or provider and has no e-mail address has none to verify."""

    def handle(self) -> Any:
        if self.login.user and not self.login.user.email:
            return None, True
        return super().handle()


def tries(request: HttpRequest, named: str) -> tuple[Use, Use]:
    """What one try at a password uses: of the caller's address, and of the account it names, known or not."""
    address = limits.by_address(Scope.LOGIN, origin.client_address(request))
    return address, limits.by_hash(Scope.ACCOUNT, named)


def take(request: HttpRequest, *uses: Use) -> limits.Left:
    """`limits.take`, and the answer will say what is left and whether a challenge is due."""
    try:
        left = limits.take(*uses)
    except limits.Limited as refused:
        request.failures = refused.left.used  # type: ignore[attr-defined]
        raise
    request.rate, request.failures = left, left.used  # type: ignore[attr-defined]
    return left


def owner_of(email: str, phone: str) -> User | None:
    """Whoever has two addresses and a telephone has the tries of one account, not of three."""
    if email:
        addresses = EmailAddress.objects.filter(email=email.lower()).order_by("-verified")
        return User.objects.filter(pk__in=addresses.values("user_id")[:1]).first()
    return User.objects.filter(phone_number=phone).first()
