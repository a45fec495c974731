"""Runs over a population: shards of users with leases, taken by any number of workers on any number of machines."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, IntegerField, Max, Q, QuerySet, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce

from accounts import audit, rowsecurity
from accounts.models import User
from accounts.origin import NOWHERE, Origin
from accounts.refusals import NotThere, Refused
from personas import profiles
from personas.models import Run, Shard
from personas.models.runs import RunStatus, ShardStatus
from personas.profiles import Refreshed

SHARD = 1500  # users; measured: twice as many cost 90 MB more a worker and save nothing
LEASE = timedelta(seconds=60)
RETRIES = (timedelta(minutes=1), timedelta(minutes=10))
ATTEMPTS = 3
DOUBT = 100  # broken parts of a run, after which it is everybody's fault and not that of single people
DUE, EVERYBODY, ONE = "refresh", "remeasure", "person"


class RunNotFound(NotThere):
    code = "RUN_NOT_FOUND"
    sentence = "There is no such run."


class NothingFailed(Refused):
    code = "NOTHING_FAILED"
    sentence = "No shard of this run has failed."


# Whoever lies in an open shard is due there, also when it waits for its next try: others are not held up by it.
UNCOVERED = """
    SELECT d.user_id FROM unnest(%(due)s::uuid[]) d (user_id)
     WHERE NOT EXISTS (SELECT FROM pipeline_shards s JOIN pipeline_runs r USING (run_id)
                        WHERE r.tenant_id = %(tenant)s AND r.status = 'running' AND r.as_of IS NULL
                          AND s.status IN ('pending', 'leased') AND d.user_id BETWEEN s.from_user AND s.to_user)
     ORDER BY d.user_id
"""


@transaction.atomic
def start(
    *,
    tenant_id: UUID,
    stage: str,
    user_ids: Sequence[UUID],
    now: datetime,
    as_of: date | None = None,
    started_by: str | None = None,
    size: int = SHARD,
) -> Run:
    """Cut these people (in the order of their ids) into shards; nothing is measured yet."""
    run = Run.objects.create(
        tenant_id=tenant_id, stage=stage, as_of=as_of, started_by=started_by, started_at=now, users=len(user_ids)
    )
    Shard.objects.bulk_create(
        Shard(
            run=run,
            tenant_id=tenant_id,
            shard=number,
            from_user=user_ids[first],
            to_user=user_ids[min(first + size, len(user_ids)) - 1],
        )
        for number, first in enumerate(range(0, len(user_ids), size))
    )
    return _closed(run.pk, now) or run


@transaction.atomic
def start_if_due(*, tenant_id: UUID, now: datetime, started_by: str) -> Run | None:
    """A run over whoever is due and in no open shard; two who ask at the same time start one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"runs:{tenant_id}"])
        cursor.execute(UNCOVERED, {"due": profiles.due(tenant_id=tenant_id), "tenant": tenant_id})
        due = [user_id for (user_id,) in cursor.fetchall()]
    return start(tenant_id=tenant_id, stage=DUE, user_ids=due, now=now, started_by=started_by) if due else None


def interrupted(*, tenant_id: UUID, stage: str, as_of: date | None, now: datetime) -> Run | None:
    """The newest run of this kind that nobody works on although shards of it are open."""
    alike = Run.objects.interrupted_at(now).filter(tenant_id=tenant_id, stage=stage, as_of=as_of)
    return alike.order_by("-started_at").first()


def waiting(*, tenant_id: UUID, now: datetime, user_id: UUID | None = None) -> int:
    """How many shards are open or would be cut of those who are due."""
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        due = len(profiles.due(tenant_id=tenant_id, user_ids=[user_id] if user_id else None))
        open_ = 0 if user_id else _open(tenant_id, now).count()
    return open_ + -(-due // SHARD)


@transaction.atomic
def retry(*, run_id: UUID, by: User, now: datetime, origin: Origin = NOWHERE) -> Run:
    """Put the shards that were given up back, as if they had never been tried; workers take them as any other."""
    run = Run.objects.select_for_update().filter(pk=run_id, tenant_id=by.tenant_id).first()
    if run is None:
        raise RunNotFound
    failed = Shard.objects.filter(run=run, status=ShardStatus.FAILED)
    back = failed.update(status=ShardStatus.PENDING.value, attempts=0, lease_until=None, counts={}, error=None)
    if not back:
        raise NothingFailed
    run.status, run.finished_at = RunStatus.RUNNING.value, None
    run.save(update_fields=["status", "finished_at"])
    _closed(run.pk, now)
    audit.record(
        action=audit.Action.RUN_RETRY,
        tenant_id=by.tenant_id,
        operator_id=by.pk,
        now=now,
        object_type="run",
        object_id=str(run.pk),
        detail={"shards": back},
        origin=origin,
    )
    run.refresh_from_db()
    return run


def of_tenant(*, tenant_id: UUID, now: datetime, standing: str = "", stage: str = "") -> QuerySet[Run]:
    """Newest first, each with how it stands now; all of them, or those that stand so, or of this stage."""
    given = {"standing": standing, "stage": stage}
    wanted = {name: word for name, word in given.items() if word}
    return Run.objects.standing_at(now).filter(tenant_id=tenant_id, **wanted).order_by("-started_at", "run_id")


@transaction.atomic
def take(*, tenant_id: UUID, now: datetime, run_id: UUID | None = None) -> Shard | None:
    """One open shard, leased to the caller; a lease that ran out is open again, a third failed attempt is not."""
    open_shards = _open(tenant_id, now)
    if run_id:
        open_shards = open_shards.filter(run_id=run_id)
    shard = open_shards.select_for_update(skip_locked=True, of=("self",)).order_by("run__started_at", "shard").first()
    if shard is None:
        return None
    if shard.attempts >= ATTEMPTS:
        _given_up(shard, len(_people(shard)), now, "The worker was lost three times.")
        return take(tenant_id=tenant_id, now=now, run_id=run_id)
    shard.status, shard.lease_until, shard.attempts = ShardStatus.LEASED.value, now + LEASE, shard.attempts + 1
    shard.save(update_fields=["status", "lease_until", "attempts"])
    return shard


@transaction.atomic
def renew(*, shard: Shard, now: datetime) -> bool:
    """Keep a lease while its work goes on; False when it is lost, or its end is being written right now."""
    mine = _mine(shard).select_for_update(skip_locked=True).exists()
    return mine and bool(_mine(shard).update(lease_until=now + LEASE))


@transaction.atomic
def work(*, shard: Shard, now: datetime) -> Refreshed | None:
    """Measure the people of a shard and mark it done in one transaction; None when the lease was lost meanwhile."""
    done = profiles.refresh(user_ids=_people(shard), tenant_id=shard.tenant_id, now=now, as_of=shard.run.as_of)
    if not _mine(shard).select_for_update().exists():
        transaction.set_rollback(True)
        return None
    _end(shard, ShardStatus.DONE, now, counts=asdict(done))
    return done


@transaction.atomic
def give_back(*, shard: Shard, now: datetime, error: str) -> int:
    """After a fault: two halves that are open at once, down to the person who breaks; how many people are left waiting.

    They are due again in a while, or failed when it was the third time; nothing happens when the lease was lost.
    """
    if not _mine(shard).select_for_update().exists():
        return 0
    people = _people(shard)
    Run.objects.select_for_update().get(pk=shard.run_id)  # who halves another shard of it gives other numbers
    shards = Shard.objects.filter(run_id=shard.run_id)
    if len(people) > 1 and shards.exclude(error=None).count() < DOUBT:
        middle = len(people) // 2
        _halved(shard, people[middle - 1], people[middle], shards.aggregate(last=Max("shard"))["last"])
        return 0
    if shard.attempts >= ATTEMPTS:
        _given_up(shard, len(people), now, error)
    else:
        again = now + RETRIES[shard.attempts - 1]
        _mine(shard).update(status=ShardStatus.PENDING, lease_until=again, error=error)
    return len(people)


def _people(shard: Shard) -> list[UUID]:
    """Whom it is about, in the order of their ids; of a run over who is due, who still is."""
    people = User.objects.filter(pk__range=(shard.from_user, shard.to_user), tenant_id=shard.tenant_id, role="user")
    ids = list(people.order_by("pk").values_list("pk", flat=True))
    return profiles.due(tenant_id=shard.tenant_id, user_ids=ids) if shard.run.stage == DUE else ids


def _halved(shard: Shard, left_end: UUID, right_begin: UUID, last: int) -> None:
    """Two new shards in its place: whoever still believes to hold the whole finds nothing that is theirs."""
    ends = ((shard.from_user, left_end), (right_begin, shard.to_user))
    Shard.objects.bulk_create(
        Shard(run_id=shard.run_id, tenant_id=shard.tenant_id, shard=last + place, from_user=first, to_user=end)
        for place, (first, end) in enumerate(ends, 1)
    )
    _mine(shard).delete()


def _given_up(shard: Shard, people: int, now: datetime, error: str) -> None:
    _end(shard, ShardStatus.FAILED, now, counts={"failed": people}, error=error)


def _open(tenant_id: UUID, now: datetime) -> QuerySet[Shard]:
    """Neither leased nor waiting for the next try."""
    unfinished = Shard.objects.unfinished().filter(tenant_id=tenant_id, run__status=RunStatus.RUNNING)
    return unfinished.filter(Q(lease_until=None) | Q(lease_until__lt=now))


def _mine(shard: Shard) -> QuerySet[Shard]:
    """The shard as long as it is leased to this worker: whoever takes it over counts one attempt more."""
    return Shard.objects.filter(
        run_id=shard.run_id, shard=shard.shard, status=ShardStatus.LEASED, attempts=shard.attempts
    )


def _end(shard: Shard, status: ShardStatus, now: datetime, **fields: object) -> None:
    Shard.objects.filter(run_id=shard.run_id, shard=shard.shard).update(status=status.value, lease_until=None, **fields)
    _closed(shard.run_id, now)


def _closed(run_id: UUID, now: datetime) -> Run | None:
    """Bring the run's sums up to its shards, and end it when none is open."""
    Run.objects.select_for_update().get(pk=run_id)
    sums = Shard.objects.filter(run_id=run_id).aggregate(
        left=Count("shard", filter=Q(status__in=[ShardStatus.PENDING, ShardStatus.LEASED])),
        failed=Coalesce(Sum(Cast(KT("counts__failed"), IntegerField())), 0),
        broken=Count("shard", filter=Q(status=ShardStatus.FAILED)),
        done=Coalesce(Sum(Cast(KT("counts__measured"), IntegerField())), 0),
        changed=Coalesce(Sum(Cast(KT("counts__appended"), IntegerField())), 0),
    )
    run = Run.objects.get(pk=run_id)
    run.done, run.changed, run.failed = sums["done"], sums["changed"], sums["failed"]
    if not sums["left"]:
        run.finished_at = now
        run.status = (RunStatus.COMPLETED_WITH_ERRORS if sums["broken"] else RunStatus.COMPLETED).value
    run.save(update_fields=["done", "changed", "failed", "finished_at", "status"])
    return run if run.finished_at else None
