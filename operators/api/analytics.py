"""What staff did and what became of it, and the same as files."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import origin
from accounts.api.authentication import caller
from accounts.api.paging import uuid_of
from accounts.api.permissions import Allowed
from operators import analytics, analyticsdocument, auditing, exporting, printing, rendering
from operators.analytics import Analytics
from operators.api import analyticsshapes as shapes
from operators.api.files import attached, page


class AnalyticsViewSet(viewsets.ViewSet):
    """Of people who agree today; a file that is taken leaves a row in the audit log."""

    permission_classes = (Allowed("operators.see_analytics"),)

    @extend_schema(parameters=[shapes.Wanted], responses=shapes.AnalyticsOut, operation_id="operator_analytics")
    def list(self, request: Request) -> Response:
        return Response(analyticsdocument.document(self._found(request)))

    @extend_schema(
        parameters=[shapes.Range, OpenApiParameter("operator_id", OpenApiTypes.UUID, OpenApiParameter.PATH)],
        responses=shapes.OfOperatorOut,
        operation_id="operator_analytics_of_operator",
    )
    @action(detail=False, methods=["get"], url_path=r"operators/(?P<operator_id>[^/.]+)")
    def of_operator(self, request: Request, operator_id: str) -> Response:
        by, whom = caller(request), uuid_of(operator_id, auditing.OperatorNotFound)
        asked = self._asked(request, shapes.Range, operator=whom)
        acts, by_day = analytics.of_operator(by=by, asked=asked)
        return Response(analyticsdocument.of_operator(whom, asked, acts, by_day))

    @extend_schema(
        parameters=[shapes.Wanted], responses=OpenApiTypes.OBJECT, operation_id="operator_analytics_export_json"
    )
    @action(detail=False, methods=["get"], url_path="export/json")
    def export_json(self, request: Request) -> HttpResponse:
        document = self._taken(request, "json")
        name = rendering.analytics_name(document, "json")
        return attached(rendering.as_json(document), name, "application/json")

    @extend_schema(
        parameters=[shapes.Wanted],
        responses={(200, "text/csv"): OpenApiTypes.STR},
        operation_id="operator_analytics_export_csv",
    )
    @action(detail=False, methods=["get"], url_path="export/csv")
    def export_csv(self, request: Request) -> HttpResponse:
        document = self._taken(request, "csv")
        return attached(rendering.as_csv(document), rendering.analytics_name(document, "csv"), "text/csv")

    @extend_schema(
        parameters=[shapes.Wanted],
        responses={(200, "text/html"): OpenApiTypes.STR},
        operation_id="operator_analytics_export_summary",
    )
    @action(detail=False, methods=["get"], url_path="export/summary")
    def export_summary(self, request: Request) -> HttpResponse:
        found, by = self._found(request), caller(request)
        self._note(request, found, "summary")
        return page(request, "report/analytics", printing.analytics(found, tenant=by.tenant))

    def _taken(self, request: Request, kind: str) -> dict[str, Any]:
        found = self._found(request)
        self._note(request, found, kind)
        return analyticsdocument.document(found)

    def _note(self, request: Request, found: Analytics, kind: str) -> None:
        exporting.taken(
            what="analytics",
            by=caller(request),
            now=timezone.now(),
            origin=origin.of(request._request),
            kind=kind,
            start=found.asked.first,
            end=found.asked.last,
        )

    def _found(self, request: Request) -> Analytics:
        by = caller(request)
        asked = self._asked(request, shapes.Wanted)
        return analytics.analytics(tenant_id=by.tenant_id, zone=by.tenant.time_zone, asked=asked, now=timezone.now())

    def _asked(self, request: Request, shape: type[shapes.Range], **which: Any) -> analytics.Asked:
        sent = shape(data=request.query_params)
        sent.is_valid(raise_exception=True)
        asked = dict(sent.validated_data)
        return analytics.asked(
            first=asked.pop("start_date"),
            last=asked.pop("end_date"),
            now=timezone.now(),
            zone=caller(request).tenant.time_zone,
            **{name.removesuffix("_id"): value for name, value in asked.items()},
            **which,
        )
