"""Evaluations: run one, look at those that were run, take one as a file or to print."""

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import origin, tasks
from accounts.api.authentication import caller
from accounts.api.idempotent import idempotent
from accounts.api.paging import page_of, uuid_of
from accounts.api.permissions import Allowed
from operators import evaluating, exporting, printing, rendering
from operators.api.files import attached, page
from operators.api.paging import DeskPage
from operators.evaluating import LARGEST_SAMPLE, SAMPLE, ReportNotFound
from operators.models import EvaluationReport, ReportStatus

STATUSES = ReportStatus.values()
ID = OpenApiParameter("report_id", OpenApiTypes.UUID, OpenApiParameter.PATH)


class EvaluationAsked(serializers.Serializer[Any]):
    start = serializers.DateField(default=None, help_text="The first UTC day; 90 days before the last one.")
    end = serializers.DateField(default=None, help_text="The last UTC day; today.")
    replay_sample = serializers.IntegerField(min_value=0, max_value=LARGEST_SAMPLE, default=SAMPLE)


class EvaluationStarted(serializers.ModelSerializer[EvaluationReport]):
    report_id = serializers.UUIDField(source="pk")

    class Meta:
        model = EvaluationReport
        fields = ["report_id", "status"]


class EvaluationLine(EvaluationStarted):
    """One report among others: when, by whom, and how many targets it met."""

    calculated_at = serializers.DateTimeField(source="finished_at", allow_null=True)
    as_of = serializers.CharField(source="report.as_of", default=None)
    range = serializers.DictField(source="report.range", default=None)
    rule_set_version = serializers.IntegerField(source="report.rule_set_version", default=None)
    targets_met = serializers.SerializerMethodField()
    targets_missed = serializers.SerializerMethodField()

    class Meta:
        model = EvaluationReport
        fields = [
            "report_id",
            "status",
            "asked_by",
            "asked_at",
            "calculated_at",
            "as_of",
            "range",
            "rule_set_version",
            "targets_met",
            "targets_missed",
        ]

    def get_targets_met(self, report: EvaluationReport) -> int | None:
        return report.met

    def get_targets_missed(self, report: EvaluationReport) -> int | None:
        return report.missed


class EvaluationPage(serializers.Serializer[Any]):
    items = EvaluationLine(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class EvaluationViewSet(viewsets.ViewSet):
    """A worker runs what is asked for; what came out is kept as it was."""

    lookup_url_kwarg = "report_id"

    def get_permissions(self) -> list[BasePermission]:
        return [Allowed("operators.run_evaluation" if self.action == "create" else "operators.see_analytics")()]

    @extend_schema(request=EvaluationAsked, responses={202: EvaluationStarted}, operation_id="operator_evaluation_run")
    @idempotent()
    def create(self, request: Request) -> Response:
        sent = EvaluationAsked(data=request.data)
        sent.is_valid(raise_exception=True)
        asked = evaluating.ask(
            by=caller(request), now=timezone.now(), origin=origin.of(request._request), **sent.validated_data
        )
        transaction.on_commit(tasks.wake)
        return Response(
            EvaluationStarted(asked).data, 202, headers={"Location": f"/api/operator/evaluation/{asked.pk}"}
        )

    @extend_schema(parameters=[DeskPage], responses=EvaluationPage, operation_id="operator_evaluation_list")
    def list(self, request: Request) -> Response:
        rows = evaluating.reports(caller(request).tenant_id)
        return page_of(request, rows, lambda row: EvaluationLine(row).data, DeskPage)

    @extend_schema(parameters=[ID], responses=OpenApiTypes.OBJECT, operation_id="operator_evaluation_read")
    def retrieve(self, request: Request, report_id: str) -> Response:
        found = evaluating.find(report_id=uuid_of(report_id, ReportNotFound), tenant_id=caller(request).tenant_id)
        return Response({**EvaluationStarted(found).data, **found.document})

    @extend_schema(parameters=[ID], responses=OpenApiTypes.OBJECT, operation_id="operator_evaluation_export_json")
    @action(detail=True, methods=["get"], url_path="export/json")
    def export_json(self, request: Request, report_id: str) -> HttpResponse:
        found, name = self._taken(request, report_id, "json")
        return attached(rendering.as_json(found.document), name, "application/json")

    @extend_schema(
        parameters=[ID],
        responses={(200, "text/csv"): OpenApiTypes.STR},
        operation_id="operator_evaluation_export_csv",
    )
    @action(detail=True, methods=["get"], url_path="export/csv")
    def export_csv(self, request: Request, report_id: str) -> HttpResponse:
        found, name = self._taken(request, report_id, "csv")
        return attached(rendering.as_csv(found.document), name, "text/csv")

    @extend_schema(
        parameters=[ID],
        responses={(200, "text/html"): OpenApiTypes.STR},
        operation_id="operator_evaluation_export_summary",
    )
    @action(detail=True, methods=["get"], url_path="export/summary")
    def export_summary(self, request: Request, report_id: str) -> HttpResponse:
        found, _ = self._taken(request, report_id, "summary")
        shown = printing.evaluation(
            found.document,
            tenant=caller(request).tenant,
            failed_samples=found.failed_samples,
            finished_at=found.finished_at,
        )
        return page(request, "report/evaluation", shown)

    def _taken(self, request: Request, report_id: str, kind: str) -> tuple[EvaluationReport, str]:
        by = caller(request)
        found = evaluating.finished(report_id=uuid_of(report_id, ReportNotFound), tenant_id=by.tenant_id)
        exporting.taken(
            what="evaluation",
            by=by,
            now=timezone.now(),
            origin=origin.of(request._request),
            kind=kind,
            report_id=found.pk,
        )
        return found, rendering.file_name(found.pk, found.document["as_of"], kind)
