"""The objects of an erasure: deleted after its rows, again and again, until a listing finds none."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from accounts import rowsecurity
from accounts.belongings import Place
from accounts.models import Erasure
from accounts.models.leaving import ErasureStatus

AGAIN = timedelta(minutes=10)
GIVEN_UP = timedelta(days=7)


def due(*, tenant_id: UUID, now: datetime) -> list[Erasure]:
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        waiting = Erasure.objects.filter(tenant_id=tenant_id, status=ErasureStatus.ROWS_ERASED)
        in_time = waiting.filter(Q(retry_after=None) | Q(retry_after__lte=now))
        return list(in_time.order_by("requested_at", "pk"))


def clear(*, erasure: Erasure, now: datetime) -> Erasure:
    """Delete what is there and look again. Two workers at once do no harm: gone is gone."""
    places = [Place(**place) for place in erasure.places]
    there = sum(place.count() for place in places)
    for place in places:
        place.clear()
    left = sum(place.count() for place in places)
    erasure.objects_found = max(erasure.objects_found or 0, there)
    erasure.objects_remaining, erasure.checked_at = left, now
    if left == 0:  # only now may it be forgotten whose objects they were
        erasure.status, erasure.completed_at, erasure.places = ErasureStatus.COMPLETE.value, now, []
        return _kept(erasure)
    return put_off(erasure=erasure, now=now)


def put_off(*, erasure: Erasure, now: datetime) -> Erasure:
    """Again later; after a week a person must look at the store, and the receipt says so."""
    erasure.retry_after = now + AGAIN
    if now - erasure.requested_at > GIVEN_UP:
        erasure.status = ErasureStatus.OBJECTS_REMAIN.value
    return _kept(erasure)


def _kept(erasure: Erasure) -> Erasure:
    changed = ("status", "completed_at", "checked_at", "retry_after", "places", "objects_found", "objects_remaining")
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        standing = Erasure.objects.filter(pk=erasure.pk, status=ErasureStatus.ROWS_ERASED)
        standing.update(**{name: getattr(erasure, name) for name in changed})
    return erasure
