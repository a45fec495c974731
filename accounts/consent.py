"""Granting and revoking: the only writer of the consent ledger."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import events, kept, outside
from accounts.models import ConsentRecord, User
from accounts.models.leaving import Ending
from accounts.origin import NOWHERE, Origin
from accounts.purposes import CURRENT_VERSION, TEXTS, Purpose
from accounts.refusals import Unacceptable


class UnknownVersion(Unacceptable):
    code = "UNKNOWN_VERSION"
    sentence = "There is no text of this version to agree to."


@dataclass(frozen=True)
class Granted:
    """The agreement that stands, and whether it stood before."""

    record: ConsentRecord
    anew: bool


@transaction.atomic
def grant(
    *, user: User, purpose: Purpose, now: datetime, version: str = CURRENT_VERSION, origin: Origin = NOWHERE
) -> Granted:
    """Agree to one version; a newer one closes the older and keeps the start of the unbroken consent."""
    if (purpose, version) not in TEXTS:
        raise UnknownVersion
    standing = _standing(user, purpose)
    if standing and standing.version == version:
        return Granted(standing, anew=False)
    if standing:
        now = _close(standing, now, origin)
    record = ConsentRecord.objects.create(
        tenant_id=user.tenant_id,
        user=user,
        purpose=purpose,
        version=version,
        granted_at=now,
        since=standing.since if standing else now,
        ip_address=origin.ip_address,
        user_agent=origin.user_agent,
    )
    _told(events.Kind.CONSENT_GRANTED, record, now, origin)
    return Granted(record, anew=True)


@transaction.atomic
def revoke(*, user: User, purpose: Purpose, now: datetime, origin: Origin = NOWHERE) -> bool:
    """Close what stands. From this commit the policies show nobody but the owner anything; True when it stood."""
    standing = _standing(user, purpose)
    if standing is None:
        return False
    now = _close(standing, now, origin)
    _told(events.Kind.CONSENT_REVOKED, standing, now, origin)
    outside.note(user=user, kind=Ending.REVOCATION, scope=purpose, now=now)
    return True


def _standing(user: User, purpose: Purpose) -> ConsentRecord | None:
    """Asked under the lock that whoever stores something derived takes too: the later of the two waits or fails."""
    User.objects.select_for_update().get(pk=user.pk)
    kept.forget(user_ids=[user.pk])
    return ConsentRecord.objects.filter(user=user, purpose=purpose, revoked_at=None).first()


def _close(standing: ConsentRecord, now: datetime, origin: Origin) -> datetime:
    """A clock is read before the lock is waited for: nothing ends before it began."""
    ended = max(now, standing.granted_at)
    ConsentRecord.objects.filter(pk=standing.pk).update(revoked_at=ended, revoked_ip=origin.ip_address)
    return ended


def _told(kind: events.Kind, record: ConsentRecord, now: datetime, origin: Origin) -> None:
    detail = {"purpose": record.purpose, "version": record.version}
    events.record(kind=kind, tenant_id=record.tenant_id, user_id=record.user_id, now=now, origin=origin, detail=detail)
