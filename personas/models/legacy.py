"""Former personas as they were brought over: each run, and what became of each of its rows."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Tenant
from accounts.words import Word


class Mode(Word):
    LIVE = "live"
    VALIDATE = "validate"


class State(Word):
    RUNNING = "running"
    COMPLETED = "completed"
    ROLLED_BACK = "rolled_back"


class Outcome(Word):
    MIGRATED = "migrated"
    ALREADY_PRESENT = "already_present"
    QUARANTINED = "quarantined"
    ROLLED_BACK = "rolled_back"


class LegacyRun(models.Model):
    """Its counts rise with each chunk, in the transaction of the chunk: a run that was killed goes on from them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    source = models.TextField()
    mode = models.CharField(max_length=8, choices=Mode.choices())
    status = models.CharField(max_length=11, choices=State.choices(), default=State.RUNNING.value)
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    read = models.IntegerField(default=0, db_default=0)
    migrated = models.IntegerField(default=0, db_default=0)
    already_present = models.IntegerField(default=0, db_default=0)
    quarantined = models.IntegerField(default=0, db_default=0)
    report = models.JSONField(null=True)

    class Meta:
        db_table = "persona_migration_runs"
        constraints = [
            models.CheckConstraint(condition=Q(mode__in=Mode.values()), name="persona_migration_runs_mode"),
            models.CheckConstraint(condition=Q(status__in=State.values()), name="persona_migration_runs_status"),
            models.UniqueConstraint(
                fields=["tenant", "source", "mode"],
                condition=Q(status=State.RUNNING.value),
                name="persona_migration_runs_one_at_a_time",
            ),
        ]


class LegacyRow(models.Model):
    """What became of one row; the row itself is kept where it could not be brought over."""

    pk = models.CompositePrimaryKey("run_id", "old_id")
    run = models.ForeignKey(LegacyRun, on_delete=models.CASCADE, related_name="rows", db_index=False)
    old_id = models.CharField(max_length=100)
    person_id = models.UUIDField(null=True)
    person_data_id = models.UUIDField(null=True)
    persona_id = models.UUIDField(null=True)
    raw_text_sha256 = models.CharField(max_length=64, null=True)
    persona_sha256 = models.CharField(max_length=64, null=True)
    outcome = models.CharField(max_length=15, choices=Outcome.choices())
    reason = models.CharField(max_length=50, null=True)
    raw = models.JSONField(null=True)

    class Meta:
        db_table = "persona_migration_rows"
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values()), name="persona_migration_rows_outcome"),
            models.CheckConstraint(
                condition=Q(outcome=Outcome.QUARANTINED.value, reason__isnull=False, raw__isnull=False)
                | (~Q(outcome=Outcome.QUARANTINED.value) & Q(raw__isnull=True)),
                name="persona_migration_rows_kept",
            ),
        ]
        indexes = [
            models.Index(
                fields=["persona_id"],
                condition=Q(outcome=Outcome.MIGRATED.value),
                name="persona_migration_rows_moved",
            )
        ]
