"""The ways in that a person has: the note of every change of them, and that one of them remains."""

from datetime import datetime

from allauth.socialaccount.models import SocialAccount

from accounts import events, rowsecurity
from accounts.models import User
from accounts.origin import Origin

# What the library tells the person, as what we write down.
CHANGES = {
    "socialaccount/email/account_connected": (events.Kind.METHOD_LINKED, "provider"),
    "socialaccount/email/account_disconnected": (events.Kind.METHOD_UNLINKED, "provider"),
    "mfa/email/totp_activated": (events.Kind.METHOD_LINKED, "totp"),
    "mfa/email/totp_deactivated": (events.Kind.METHOD_UNLINKED, "totp"),
    "mfa/email/webauthn_added": (events.Kind.METHOD_LINKED, "webauthn"),
    "mfa/email/webauthn_removed": (events.Kind.METHOD_UNLINKED, "webauthn"),
    "mfa/email/recovery_codes_generated": (events.Kind.METHOD_LINKED, "recovery_codes"),
}


def noted(*, told: str, user: User, now: datetime, origin: Origin) -> None:
    """Some changes are told after the commit, when nobody is looking any more: hence a context of its own."""
    if told in CHANGES:
        kind, method = CHANGES[told]
        with rowsecurity.viewing(rowsecurity.SIGNIN):
            events.record(
                kind=kind,
                tenant_id=user.tenant_id,
                user_id=user.pk,
                now=now,
                origin=origin,
                detail={"method": method},
            )


def remain_without(account: SocialAccount) -> bool:
    """Whether the person could still sign in; their row is locked, or two unlinks would rely on each other."""
    person = User.objects.select_for_update().get(pk=account.user_id)
    others = SocialAccount.objects.filter(user=person).exclude(pk=account.pk)
    password = bool(person.password) and person.has_usable_password()  # Django takes none at all for a usable one
    return password or person.phone_verified_at is not None or others.exists()
