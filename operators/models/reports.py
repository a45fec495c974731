"""Evaluations that were run: what was asked, and the report as it was then."""

import uuid
from typing import Any

from django.db import models
from django.db.models import Q

from accounts.models import Tenant
from accounts.words import Word


class ReportStatus(Word):
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class EvaluationReport(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    start = models.DateField(null=True)
    end = models.DateField(null=True)
    replay_sample = models.IntegerField()
    status = models.CharField(max_length=9, choices=ReportStatus.choices(), default=ReportStatus.RUNNING.value)
    report = models.JSONField(null=True)  # the document of the specification, whole
    failed_samples = models.JSONField(default=list)
    asked_by = models.UUIDField(null=True)  # null: the night
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "evaluation_reports"
        constraints = [
            models.CheckConstraint(condition=Q(status__in=ReportStatus.values()), name="evaluation_reports_status"),
            models.CheckConstraint(
                condition=Q(replay_sample__gte=0, replay_sample__lte=10_000), name="evaluation_reports_sample"
            ),
            models.CheckConstraint(
                condition=~Q(status=ReportStatus.COMPLETED.value) | Q(report__isnull=False, finished_at__isnull=False),
                name="evaluation_reports_whole",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "-asked_at", "id"], name="evaluation_reports_newest")]

    @property
    def document(self) -> dict[str, Any]:
        return self.report or {}

    @property
    def met(self) -> int | None:
        return self._judged(True)

    @property
    def missed(self) -> int | None:
        return self._judged(False)

    def _judged(self, verdict: bool) -> int | None:
        """Of a finished one."""
        targets = self.document.get("targets")
        return None if targets is None else sum(one["met"] is verdict for one in targets)
