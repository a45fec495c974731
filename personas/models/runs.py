"""Runs and their shards: long work as rows with leases, which any number of workers take and operators watch."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Now

from accounts.models import Tenant
from accounts.words import Word


class RunStatus(Word):
    RUNNING = "running"
    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed_with_errors"
    CANCELLED = "cancelled"


class ShardStatus(Word):
    PENDING = "pending"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"


INTERRUPTED = "interrupted"  # is not stored: it comes of nobody doing anything


class _Runs(models.QuerySet["Run"]):
    def standing_at(self, now: datetime) -> "_Runs":
        """With `standing`: the status, but `interrupted` where nobody works on what is open."""
        return self.annotate(standing=Case(When(_idle(now), then=Value(INTERRUPTED)), default=F("status")))

    def interrupted_at(self, now: datetime) -> "_Runs":
        return self.filter(_idle(now))


def _idle(now: datetime) -> Q:
    """No open shard is leased or waits for its next try."""
    awaited = Shard.objects.unfinished().filter(run=OuterRef("pk"), lease_until__gte=now)
    return Q(~Exists(awaited), status=RunStatus.RUNNING)


class _Shards(models.QuerySet["Shard"]):
    def unfinished(self) -> "_Shards":
        return self.filter(status__in=[ShardStatus.PENDING, ShardStatus.LEASED])


class Run(models.Model):
    run_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    stage = models.CharField(max_length=16)
    as_of = models.DateField(null=True)
    started_by = models.CharField(max_length=64, null=True)
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=21, choices=RunStatus.choices(), default=RunStatus.RUNNING.value)
    users = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)

    objects = _Runs.as_manager()

    class Meta:
        db_table = "pipeline_runs"
        constraints = [models.CheckConstraint(condition=Q(status__in=RunStatus.values()), name="runs_status")]


class Shard(models.Model):
    """A range of users of one run."""

    pk = models.CompositePrimaryKey("run_id", "shard")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="shards")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    shard = models.IntegerField()
    from_user = models.UUIDField()
    to_user = models.UUIDField()
    status = models.CharField(max_length=7, choices=ShardStatus.choices(), default=ShardStatus.PENDING.value)
    lease_until = models.DateTimeField(null=True)  # pending: after a fault not before this
    attempts = models.SmallIntegerField(default=0)
    counts = models.JSONField(default=dict)
    error = models.TextField(null=True)

    objects = _Shards.as_manager()

    class Meta:
        db_table = "pipeline_shards"
        constraints = [models.CheckConstraint(condition=Q(status__in=ShardStatus.values()), name="shards_status")]
        indexes = [models.Index(fields=["status", "lease_until"], name="shards_open")]
