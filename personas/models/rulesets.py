"""Rule sets and what was tried with them: drafts, published versions, simulations, and the cases operators froze."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Tenant, User
from accounts.words import Word


class Status(Word):
    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class RuleSet(models.Model):
    """A rule document. Version 1 has no tenant and serves every tenant that has published nothing."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, null=True, related_name="+")
    version = models.IntegerField(null=True)
    status = models.CharField(max_length=9, choices=Status.choices(), default=Status.DRAFT.value)
    document = models.JSONField()
    hash = models.CharField(max_length=64)
    base_version = models.IntegerField()
    note = models.TextField(blank=True, default="")
    created_by = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    published_by = models.CharField(max_length=64, null=True)
    published_at = models.DateTimeField(null=True)
    published_with = models.UUIDField(null=True)  # the simulation that was believed; null after a roll-back

    class Meta:
        db_table = "rule_sets"
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values()), name="rule_sets_status"),
            models.CheckConstraint(
                condition=Q(status=Status.DRAFT.value, version__isnull=True)
                | (~Q(status=Status.DRAFT.value) & Q(version__isnull=False)),
                name="rule_sets_draft_has_no_version",
            ),
            models.UniqueConstraint(fields=["tenant", "version"], name="rule_sets_version"),
            models.UniqueConstraint(fields=["version"], condition=Q(tenant=None), name="rule_sets_shipped"),
            models.UniqueConstraint(
                fields=["tenant"], condition=Q(status=Status.PUBLISHED.value), name="rule_sets_one_active"
            ),
        ]


class Simulation(models.Model):
    """A draft and the active version over the same stored signals; what would change."""

    simulation_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    rule_set = models.ForeignKey(RuleSet, on_delete=models.CASCADE, related_name="simulations")
    rule_set_hash = models.CharField(max_length=64)
    base_version = models.IntegerField()
    windows = models.JSONField()
    as_of = models.DateField(null=True)
    status = models.CharField(max_length=9, default="running")
    result = models.JSONField(null=True)
    created_by = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "rule_set_simulations"
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["running", "completed", "failed"]), name="simulations_status"
            )
        ]


class OverrideCase(models.Model):
    """The inputs of an operator's override, which later rule sets must satisfy or waive."""

    case_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    assignment_id = models.UUIDField()
    window_type = models.CharField(max_length=4)
    signals = models.JSONField()
    expected_persona = models.CharField(max_length=32)
    reason = models.TextField()
    created_by = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=7, default="open")
    waived_by = models.CharField(max_length=64, null=True)
    waived_at = models.DateTimeField(null=True)
    waive_reason = models.TextField(null=True)
    waived_version = models.IntegerField(null=True)

    class Meta:
        db_table = "override_cases"
        constraints = [models.CheckConstraint(condition=Q(state__in=["open", "waived", "retired"]), name="cases_state")]
