"""Evaluations as they are run: asked for by staff or due each night, carried out by a worker, kept as they came out.

An evaluation is a row. Whoever runs it holds the row's lock, which ends with its worker, so that another one takes it
up; what is not finished when the lease is over has failed.
"""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts import audit, rowsecurity
from accounts.models import User
from accounts.origin import NOWHERE, Origin
from accounts.refusals import NotThere, Refused, Unacceptable
from operators import evaluation
from operators.models import EvaluationReport, ReportStatus

SAMPLE, LARGEST_SAMPLE = 200, 10_000
LEASE = timedelta(minutes=30)
BROKE = "It could not be finished. The fault is ours and has been logged; run it again."
TOO_LATE = "No worker finished it within 30 minutes. Run it again."


class ReportNotFound(NotThere):
    code = "REPORT_NOT_FOUND"
    sentence = "There is no such evaluation."


class NotFinished(Refused):
    code = "REPORT_NOT_READY"
    sentence = "This evaluation is not finished, or failed, so it has no report."


class Backwards(Unacceptable):
    sentence = "The first day lies behind the last one."


@transaction.atomic
def ask(
    *,
    by: User,
    now: datetime,
    start: date | None = None,
    end: date | None = None,
    replay_sample: int = SAMPLE,
    origin: Origin = NOWHERE,
) -> EvaluationReport:
    """A worker runs it."""
    if start and start > (end or now.date()):
        raise Backwards
    asked = EvaluationReport.objects.create(
        tenant_id=by.tenant_id, start=start, end=end, replay_sample=replay_sample, asked_by=by.pk, asked_at=now
    )
    audit.record(
        action=audit.Action.EVALUATION_RUN,
        tenant_id=by.tenant_id,
        operator_id=by.pk,
        now=now,
        object_type="evaluation",
        object_id=str(asked.pk),
        detail={"start": str(start or ""), "end": str(end or ""), "replay_sample": replay_sample},
        origin=origin,
    )
    return asked


def ask_nightly(*, tenant_id: UUID, now: datetime) -> EvaluationReport:
    """Asked for by nobody."""
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        return EvaluationReport.objects.create(tenant_id=tenant_id, replay_sample=SAMPLE, asked_at=now)


def due(*, tenant_id: UUID) -> list[UUID]:
    """Evaluations that nobody has finished, oldest first."""
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        running = EvaluationReport.objects.filter(tenant_id=tenant_id, status=ReportStatus.RUNNING)
        return list(running.order_by("asked_at", "pk").values_list("pk", flat=True))


def run(*, report_id: UUID, tenant_id: UUID, now: datetime) -> EvaluationReport | None:
    """Run one and keep its report; None when another worker has it or it has ended."""
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        taken = _taken(report_id)
        if taken is None:
            return None
        if now - taken.asked_at > LEASE:
            return _end(taken, ReportStatus.FAILED, now, {"error": TOO_LATE})
        found = evaluation.evaluate(
            tenant_id=tenant_id,
            start=taken.start,
            end=taken.end,
            replay_sample=taken.replay_sample,
            now=now,
            replay=partial(evaluation.replayed, tenant_id=tenant_id),
            report_id=report_id,
        )
        taken.failed_samples = [str(pk) for pk in found.failed_samples]
        return _end(taken, ReportStatus.COMPLETED, now, dict(found.document))


def give_up(*, report_id: UUID, tenant_id: UUID, now: datetime) -> EvaluationReport | None:
    """After a fault of ours: it has failed, and says so."""
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        taken = _taken(report_id)
        return taken and _end(taken, ReportStatus.FAILED, now, {"error": BROKE})


def reports(tenant_id: UUID) -> QuerySet[EvaluationReport]:
    """Newest first."""
    return EvaluationReport.objects.filter(tenant_id=tenant_id).order_by("-asked_at", "pk")


def find(*, report_id: UUID, tenant_id: UUID) -> EvaluationReport:
    found = reports(tenant_id).filter(pk=report_id).first()
    if found is None:
        raise ReportNotFound
    return found


def finished(*, report_id: UUID, tenant_id: UUID) -> EvaluationReport:
    found = find(report_id=report_id, tenant_id=tenant_id)
    if found.status != ReportStatus.COMPLETED:
        raise NotFinished
    return found


def _taken(report_id: UUID) -> EvaluationReport | None:
    mine = EvaluationReport.objects.select_for_update(skip_locked=True, of=("self",))
    return mine.filter(pk=report_id, status=ReportStatus.RUNNING).first()


def _end(report: EvaluationReport, status: ReportStatus, now: datetime, document: dict[str, Any]) -> EvaluationReport:
    report.status, report.finished_at, report.report = status.value, now, document
    report.save(update_fields=["status", "finished_at", "report", "failed_samples"])
    return report
