"""Runs and their shards: long work as rows with leases, which any number of workers take and operators watch."""

import uuid

from django.db import models
from django.db.models import Q
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
    lease_until = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0)
    counts = models.JSONField(default=dict)
    error = models.TextField(null=True)

    class Meta:
        db_table = "pipeline_shards"
        constraints = [models.CheckConstraint(condition=Q(status__in=ShardStatus.values()), name="shards_status")]
        indexes = [models.Index(fields=["status", "lease_until"], name="shards_open")]
