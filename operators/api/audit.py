"""The audit log and the access records: who did what, and who opened whose file."""

from typing import Any

from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import anchors, origin
from accounts.api.authentication import caller
from accounts.api.paging import page_of, uuid_of
from accounts.api.permissions import Allowed
from accounts.audit import Action
from accounts.models import AuditEntry
from operators import auditfile, auditing, exporting
from operators.api.files import streamed
from operators.api.paging import DeskPage
from operators.auditing import EntryNotFound, OperatorNotFound, Wanted

ACTIONS = Action.choices()


class LogsAsked(serializers.Serializer[Any]):
    operator_id = serializers.UUIDField(default=None)
    action = serializers.ChoiceField(ACTIONS, default=None)
    object_type = serializers.CharField(max_length=32, default=None)
    recommendation_id = serializers.UUIDField(default=None)
    subject = serializers.UUIDField(default=None, help_text="The id of the person an act was about.")
    start_date = serializers.DateField(default=None)
    end_date = serializers.DateField(default=None)

    def wanted(self) -> Wanted:
        sent = self.validated_data
        return Wanted(
            operator=sent["operator_id"],
            action=sent["action"],
            object_type=sent["object_type"],
            recommendation=sent["recommendation_id"],
            subject=sent["subject"],
            first=sent["start_date"],
            last=sent["end_date"],
        )


class LogsPage(DeskPage):
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=50)


class AuditRow(serializers.ModelSerializer[AuditEntry]):
    audit_id = serializers.UUIDField(source="id")
    metadata = serializers.SerializerMethodField(help_text="Empty once the person was erased.")

    class Meta:
        model = AuditEntry
        fields = [
            "audit_id",
            "seq",
            "at",
            "operator_id",
            "action",
            "object_type",
            "object_id",
            "subject_ref",
            "recommendation_id",
            "batch_id",
            "request_id",
            "metadata",
            "hash",
        ]

    def get_metadata(self, entry: AuditEntry) -> dict[str, Any]:
        return auditing.detail_of(entry)


class AuditRowWhole(AuditRow):
    class Meta(AuditRow.Meta):
        fields = [*AuditRow.Meta.fields, "detail_hash", "prev_hash"]


class AuditRows(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()
    logs = AuditRow(many=True)


class AuditVerdict(serializers.Serializer[Any]):
    valid = serializers.BooleanField()
    rows = serializers.IntegerField()
    head_seq = serializers.IntegerField()
    head_hash = serializers.CharField()
    first_broken_seq = serializers.IntegerField(allow_null=True)


class AuditDays(serializers.Serializer[Any]):
    days = serializers.IntegerField(min_value=1, max_value=366)


class AuditDay(serializers.Serializer[Any]):
    date = serializers.DateField()
    count = serializers.IntegerField()


class AuditCounts(serializers.Serializer[Any]):
    days = serializers.IntegerField()
    total = serializers.IntegerField()
    by_action = serializers.DictField(child=serializers.IntegerField())
    by_day = AuditDay(many=True)


class AuditCountsOfOperator(AuditCounts):
    operator_id = serializers.UUIDField()


class AuditLogViewSet(viewsets.ViewSet):
    """Juniors see the rows of their own acts, and nothing that is about the whole."""

    lookup_url_kwarg = "audit_id"
    waits_for_outside = frozenset({"verify"})

    def get_permissions(self) -> list[BasePermission]:
        own = self.action in ("list", "retrieve", "summary", "export")
        return [Allowed("accounts.see_own_audit" if own else auditing.ALL)()]

    @extend_schema(parameters=[LogsAsked, LogsPage], responses=AuditRows, operation_id="operator_audit_logs")
    def list(self, request: Request) -> Response:
        sent = LogsAsked(data=request.query_params)
        sent.is_valid(raise_exception=True)
        rows = auditing.entries(by=caller(request), wanted=sent.wanted())
        found = page_of(request, rows, lambda row: AuditRow(row).data, LogsPage).data
        logs = found.pop("items")
        return Response({"count": len(logs), **found, "logs": logs})

    @extend_schema(
        parameters=[OpenApiParameter("audit_id", OpenApiTypes.UUID, OpenApiParameter.PATH)],
        responses=AuditRowWhole,
        operation_id="operator_audit_log",
    )
    def retrieve(self, request: Request, audit_id: str) -> Response:
        found = auditing.find(entry_id=uuid_of(audit_id, EntryNotFound), by=caller(request))
        return Response(AuditRowWhole(found).data)

    @extend_schema(responses=AuditVerdict, operation_id="operator_audit_verify")
    @action(detail=False, methods=["get"])
    def verify(self, request: Request) -> Response:
        return Response(AuditVerdict(anchors.verify(tenant_id=caller(request).tenant_id, now=timezone.now())).data)

    @extend_schema(
        parameters=[LogsAsked],
        responses={(200, "text/csv"): OpenApiTypes.STR},
        operation_id="operator_audit_export_csv",
    )
    @action(detail=False, methods=["get"], url_path="export/csv")
    def export(self, request: Request) -> HttpResponseBase:
        """At most 100,000 rows, newest first."""
        sent = LogsAsked(data=request.query_params)
        sent.is_valid(raise_exception=True)
        return _exported(request, sent.wanted())

    @extend_schema(
        parameters=[OpenApiParameter("operator_id", OpenApiTypes.UUID, OpenApiParameter.PATH), AuditDays],
        responses=AuditCountsOfOperator,
        operation_id="operator_audit_summary",
    )
    @action(detail=False, methods=["get"], url_path=r"operator/(?P<operator_id>[^/.]+)/summary")
    def summary(self, request: Request, operator_id: str) -> Response:
        whom, by = uuid_of(operator_id, OperatorNotFound), caller(request)
        length = _length(request, 30)
        return Response(auditing.of_operator(operator_id=whom, by=by, length=length, now=timezone.now()))

    @extend_schema(parameters=[AuditDays], responses=AuditCounts, operation_id="operator_audit_stats")
    @action(detail=False, methods=["get"], url_path="stats/overview")
    def stats(self, request: Request) -> Response:
        return Response(auditing.counts(by=caller(request), length=_length(request, 7), now=timezone.now()))


class AccessAsked(serializers.Serializer[Any]):
    user_id = serializers.UUIDField(default=None)
    operator_id = serializers.UUIDField(default=None)
    start_date = serializers.DateField(default=None)
    end_date = serializers.DateField(default=None)


class AccessOut(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    operator_id = serializers.UUIDField()
    user_id = serializers.SerializerMethodField(help_text="Null once the person was erased.")
    section = serializers.CharField(source="object_type")
    request_id = serializers.CharField()

    def get_user_id(self, entry: AuditEntry) -> str | None:
        return auditing.detail_of(entry).get("user_id")


class AccessPage(serializers.Serializer[Any]):
    items = AccessOut(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class AccessRecordViewSet(viewsets.ViewSet):
    """Who of the staff opened whose file, or took data along."""

    permission_classes = (Allowed("accounts.see_access"),)

    @extend_schema(parameters=[AccessAsked, DeskPage], responses=AccessPage, operation_id="operator_access_records")
    def list(self, request: Request) -> Response:
        sent = AccessAsked(data=request.query_params)
        sent.is_valid(raise_exception=True)
        asked = sent.validated_data
        wanted = Wanted(
            operator=asked["operator_id"], subject=asked["user_id"], first=asked["start_date"], last=asked["end_date"]
        )
        rows = auditing.entries(by=caller(request), wanted=wanted, only=auditing.OPENINGS)
        return page_of(request, rows, lambda row: AccessOut(row).data, DeskPage)


def _exported(request: Request, wanted: Wanted) -> HttpResponseBase:
    by, now = caller(request), timezone.now()
    name = auditfile.name(wanted, now=now, zone=by.tenant.time_zone)
    exporting.taken(
        what="audit_log",
        by=by,
        now=now,
        origin=origin.of(request._request),
        **{field: value for field, value in vars(wanted).items() if field != "subject"},
    )
    return streamed(auditfile.lines(auditing.streamed(by=by, wanted=wanted)), name, "text/csv")


def _length(request: Request, otherwise: int) -> int:
    sent = AuditDays(data={"days": request.query_params.get("days", otherwise)})
    sent.is_valid(raise_exception=True)
    return int(sent.validated_data["days"])
