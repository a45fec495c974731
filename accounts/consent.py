"""Granting and revoking: the only writer of the consent ledger."""

from datetime import datetime

from django.db import transaction

from accounts import kept
from accounts.models import ConsentRecord, User
from accounts.purposes import CURRENT_VERSION, TEXTS, Purpose
from accounts.refusals import Unacceptable


class UnknownVersion(Unacceptable):
    code = "UNKNOWN_VERSION"
    sentence = "There is no text of this version to agree to."


@transaction.atomic
def grant(
    *,
    user: User,
    purpose: Purpose,
    now: datetime,
    version: str = CURRENT_VERSION,
    ip_address: str | None = None,
    user_agent: str = "",
) -> ConsentRecord:
    """Agree to one version; a newer one closes the older and keeps the start of the unbroken consent."""
    if (purpose, version) not in TEXTS:
        raise UnknownVersion
    _locked(user)
    standing = ConsentRecord.objects.filter(user=user, purpose=purpose, revoked_at=None).first()
    if standing and standing.version == version:
        return standing
    if standing:
        ConsentRecord.objects.filter(pk=standing.pk).update(revoked_at=now, revoked_ip=ip_address)
    return ConsentRecord.objects.create(
        tenant_id=user.tenant_id,
        user=user,
        purpose=purpose,
        version=version,
        granted_at=now,
        since=standing.since if standing else now,
        ip_address=ip_address,
        user_agent=user_agent[:255],
    )


@transaction.atomic
def revoke(*, user: User, purpose: Purpose, now: datetime, ip_address: str | None = None) -> bool:
    """Close what stands. From this commit the policies show nobody but the owner anything; True when it stood."""
    _locked(user)
    standing = ConsentRecord.objects.filter(user=user, purpose=purpose, revoked_at=None)
    return bool(standing.update(revoked_at=now, revoked_ip=ip_address))


def _locked(user: User) -> None:
    """Whoever stores something derived locks the same row: the later of the two waits or fails."""
    User.objects.select_for_update().get(pk=user.pk)
    kept.forget(user_ids=[user.pk])
