"""Daily duties: each is done once for the days that ended, by whoever asks first; a missed night is made up for."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts import rowsecurity
from accounts.models import Chore

NIGHT = timedelta(hours=2)  # after midnight, when whatever began before it has been written
LEASE = timedelta(minutes=10)
RETRY, LONGEST = timedelta(minutes=10), timedelta(hours=2)


@dataclass(frozen=True)
class Night:
    """One duty begun: for the days from `since` (None: from ever on) through `day`."""

    name: str
    tenant_id: UUID | None
    since: date | None
    day: date
    attempts: int
    now: datetime


def begin(*, name: str, tenant_id: UUID | None, now: datetime) -> Night | None:
    """The duty, leased to the caller; None when it is done for yesterday, in other hands, or waits after a fault."""
    day = (now - NIGHT).date() - timedelta(days=1)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Chore.objects.bulk_create([Chore(name=name, tenant_id=tenant_id)], ignore_conflicts=True)
        open_ = Chore.objects.filter(
            Q(done_through=None) | Q(done_through__lt=day), Q(lease_until=None) | Q(lease_until__lt=now)
        )
        chore = open_.filter(name=name, tenant=tenant_id).select_for_update(skip_locked=True).first()
        if chore is None:
            return None
        chore.attempts, chore.lease_until = chore.attempts + 1, now + LEASE
        chore.save(update_fields=["attempts", "lease_until"])
    since = chore.done_through and chore.done_through + timedelta(days=1)
    return Night(name, tenant_id, since, day, chore.attempts, now)


def renew(*, night: Night, now: datetime) -> bool:
    """Keep the lease while the work goes on; False when it is lost."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return bool(_mine(night).update(lease_until=now + LEASE))


def end(*, night: Night, now: datetime) -> None:
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        _mine(night).update(done_through=night.day, done_at=now, attempts=0, lease_until=None, error=None)


def give_back(*, night: Night, now: datetime, error: str) -> None:
    """Again after 10 minutes, then 20, at last every two hours; never given up, because the next day asks for more."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        _mine(night).update(lease_until=now + min(RETRY * night.attempts, LONGEST), error=error)


def _mine(night: Night) -> QuerySet[Chore]:
    """The duty as long as nobody else has taken it over: that counts one attempt more."""
    return Chore.objects.filter(name=night.name, tenant=night.tenant_id, attempts=night.attempts)
