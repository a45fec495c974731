"""What is done once a day, a line each: whoever asks first does it, be it Celery's beat, cron or a person."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import partial
from uuid import UUID

import structlog
from django.conf import settings

from accounts import anchors, buckets, chores, events, idempotency, rowsecurity, storage
from accounts.chores import Night
from accounts.faults import tried
from accounts.leases import kept
from accounts.models import Tenant
from accounts.refusals import Unavailable
from operators import evaluating
from personas import exports, pruning

Duty = Callable[[Night], None]
OfTenant = Callable[[UUID, Night], None]
PEOPLE = 1000
log = structlog.get_logger("spendsense.chores")


def export_people(tenant_id: UUID, night: Night) -> None:
    """Signals and assignments of the days that ended, as analytics files."""
    since = night.since or date.min
    people = exports.due(tenant_id=tenant_id, since=since)
    for first in range(0, len(people), exports.BATCH):
        exports.write(user_ids=people[first : first + exports.BATCH], tenant_id=tenant_id, since=since)


def prune_snapshots(tenant_id: UUID, night: Night) -> None:
    people = pruning.whose(tenant_id=tenant_id)
    for first in range(0, len(people), PEOPLE):
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            pruning.prune(user_ids=people[first : first + PEOPLE], now=night.now)


def purge_answers(night: Night) -> None:
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        idempotency.purge(now=night.now)


def expire_objects(night: Night) -> None:
    """S3 does it by the life cycle of the bucket."""
    if settings.STORAGE == "disk":
        for bucket in (storage.DATA, storage.ANALYTICS):
            for _ in buckets.expire(bucket, now=night.now):
                pass


def verify_audit(tenant_id: UUID, night: Night) -> None:
    """What it finds stands on the head of the chain, where the console and the command read it."""
    anchors.verify(tenant_id=tenant_id, now=night.now)


def anchor_audit(tenant_id: UUID, night: Night) -> None:
    anchors.write(tenant_id=tenant_id, now=night.now)


def evaluate_people(tenant_id: UUID, night: Night) -> None:
    """The walk runs it; the numbers of each night stay comparable."""
    evaluating.ask_nightly(tenant_id=tenant_id, now=night.now)


def purge_events(night: Night) -> None:
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        events.purge(now=night.now)


OF_EACH_TENANT: Mapping[str, OfTenant] = {
    "export_people": export_people,
    "prune_snapshots": prune_snapshots,
    "verify_audit": verify_audit,
    "anchor_audit": anchor_audit,
    "evaluate_people": evaluate_people,
}
OF_THE_HOUSE: Mapping[str, Duty] = {
    "purge_idempotency": purge_answers,
    "purge_events": purge_events,
    "expire_objects": expire_objects,
}
NAMES = (*OF_EACH_TENANT, *OF_THE_HOUSE)


def run(*, clock: Callable[[], datetime], names: tuple[str, ...] = NAMES) -> Iterator[tuple[Night, bool]]:
    """Do what is due, one after the other; one that breaks is tried again later and stops none of the others."""
    tenants = list(Tenant.objects.filter(is_active=True))
    wanted: list[tuple[str, UUID | None, Duty]] = [
        *((name, tenant.pk, partial(duty, tenant.pk)) for name, duty in OF_EACH_TENANT.items() for tenant in tenants),
        *((name, None, duty) for name, duty in OF_THE_HOUSE.items()),
    ]
    for name, tenant_id, duty in wanted:
        if name in names and (night := chores.begin(name=name, tenant_id=tenant_id, now=clock())):
            yield night, _done(duty, night, clock)


def _done(duty: Duty, night: Night, clock: Callable[[], datetime]) -> bool:
    def done() -> bool:
        with kept(lambda: chores.renew(night=night, now=clock()), every=chores.LEASE / 3):
            duty(night)
        chores.end(night=night, now=clock())
        return True

    def given_back(error: str) -> bool:
        chores.give_back(night=night, now=clock(), error=error)
        return False

    about = {"chore": night.name, "tenant": str(night.tenant_id or "all")}
    try:
        return tried(done, given_back, **about)
    except Unavailable as away:
        log.warning("chore_put_off", reason=away.code, **about)
        return given_back(away.code)
