"""Users as they are made, read and changed outside of sign-in."""

from decimal import Decimal
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import transaction
from django.db.models import Exists, F, OuterRef

from accounts import kept, rowsecurity
from accounts.models import Tenant, User
from accounts.refusals import NotThere
from accounts.roles import Level, Role


class UserNotFound(NotThere):
    code = "USER_NOT_FOUND"
    sentence = "There is no such person."


def known_as(user_id: UUID) -> User:
    """A user with the library's word on whether the e-mail is verified."""
    verified = EmailAddress.objects.filter(user_id=OuterRef("pk"), email__iexact=OuterRef("email"), verified=True)
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        return User.objects.annotate(email_verified=Exists(verified)).get(pk=user_id)


def member(*, user_id: UUID, tenant_id: UUID) -> User:
    """A consumer of the institution, as its staff may see them."""
    if not User.objects.consumers().filter(pk=user_id, tenant_id=tenant_id).exists():
        raise UserNotFound
    return known_as(user_id)


@transaction.atomic
def enrol(
    *, tenant: Tenant, email: str, password: str | None, role: Role = Role.USER, level: Level | None = None
) -> User:
    """A user whose e-mail is taken as verified, because we and not the person said it; twice is once."""
    existing = User.objects.filter(email__iexact=email).first()
    if existing:
        return existing
    user = User(tenant=tenant, email=email, role=role, level=level)
    user.set_password(password)
    user.save()
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


@transaction.atomic
def second_factor_secret(*, user: User) -> str:
    """The TOTP secret of a user who was made with one; the same at every call."""
    existing = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if existing:
        return str(get_adapter().decrypt(existing.data["secret"]))
    secret = str(generate_totp_secret())
    TOTP.activate(user, secret)
    return secret


@transaction.atomic
def declare_income(*, user: User, monthly_income: Decimal | None) -> None:
    """What the person says they earn a month; whatever was cached about them is out of date with it."""
    User.objects.filter(pk=user.pk).update(monthly_income=monthly_income, cache_generation=F("cache_generation") + 1)
    kept.forget(user_ids=[user.pk])
