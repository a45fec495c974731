"""Leaving: one's own data to take along, the account's end, and the receipt that can be read afterwards."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.http import FileResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.authentication import BaseAuthentication
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import erasure, origin, receipts, storage, takeout, tasks
from accounts.api.authentication import caller
from accounts.api.idempotent import idempotent
from accounts.api.paging import uuid_of
from accounts.api.permissions import Consumer
from accounts.models.leaving import ExportStatus, Scope

STATUSES = ExportStatus.values()


class ExportAsked(serializers.Serializer[Any]):
    export_id = serializers.UUIDField()
    status = serializers.ChoiceField(STATUSES)


class ExportOut(ExportAsked):
    url = serializers.CharField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    size = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField(allow_null=True)


class Objects(serializers.Serializer[Any]):
    found = serializers.IntegerField(allow_null=True)
    deleted = serializers.IntegerField()
    remaining = serializers.IntegerField(allow_null=True)


class Verification(serializers.Serializer[Any]):
    rows_remaining = serializers.IntegerField()
    objects_remaining = serializers.IntegerField(allow_null=True)
    checked_at = serializers.CharField()


class Receipt(serializers.Serializer[Any]):
    """`receipt_token` is in the first answer only."""

    erasure_id = serializers.UUIDField()
    scope = serializers.ChoiceField(Scope.values())
    status = serializers.CharField()
    subject_ref = serializers.CharField()
    requested_at = serializers.CharField()
    completed_at = serializers.CharField(allow_null=True)
    rows = serializers.DictField(child=serializers.IntegerField())
    objects = Objects()
    caches_cleared = serializers.IntegerField()
    verification = Verification()
    audit_seq = serializers.IntegerField()
    receipt_hash = serializers.CharField()
    receipt_token = serializers.CharField(required=False)


def shown(erased: erasure.Erased) -> Response:
    """The one answer in which the token is told."""
    return Response({**receipts.told(erased.erasure), "receipt_token": erased.token}, 202)


class LeavingViewSet(viewsets.ViewSet):
    """What a person takes along, under /api/users/me."""

    permission_classes = [Consumer]

    @extend_schema(request=None, responses={202: ExportAsked}, operation_id="users_me_export")
    @action(detail=False, methods=["post"], url_path="export")
    @idempotent()
    def ask(self, request: Request) -> Response:
        export = takeout.request(user=caller(request), now=timezone.now(), origin=origin.of(request._request))
        transaction.on_commit(tasks.wake)
        return Response(ExportAsked(export).data, 202, headers={"Location": f"/api/users/me/export/{export.pk}"})

    @extend_schema(
        parameters=[OpenApiParameter("export_id", OpenApiTypes.UUID, OpenApiParameter.PATH)],
        responses=ExportOut,
        operation_id="users_me_export_status",
    )
    @action(detail=False, methods=["get"], url_path=r"export/(?P<export_id>[^/.]+)")
    def export(self, request: Request, export_id: str) -> Response:
        export = takeout.find(user=caller(request), export_id=uuid_of(export_id, takeout.ExportNotFound))
        said: dict[str, Any] = {"export_id": export.pk, "status": export.status, "url": None, "expires_at": None}
        if export.status == ExportStatus.READY:
            link = takeout.link(export=export, now=timezone.now())
            ours = request.build_absolute_uri(f"/api/exports/{export.pk}/file?token={link.token}")
            said |= {"url": link.url or ours, "expires_at": link.expires_at}
        return Response(ExportOut({**said, "size": export.size, "sha256": export.sha256}).data)


class ExportFileViewSet(viewsets.ViewSet):
    """The file behind a link of ours, where the store has no addresses of its own."""

    permission_classes = [AllowAny]
    lookup_url_kwarg = "export_id"
    waits_for_outside = frozenset({"file"})

    @extend_schema(exclude=True)  # its address comes from the export
    @action(detail=True, methods=["get"], authentication_classes=[])
    def file(self, request: Request, export_id: str) -> FileResponse:
        export = takeout.of_token(
            export_id=uuid_of(export_id, takeout.ExportNotFound),
            token=request.query_params.get("token", ""),
            now=timezone.now(),
        )
        return FileResponse(storage.file(export.key), as_attachment=True, filename=takeout.file_name(export))


class ErasureViewSet(viewsets.ViewSet):
    """For whoever holds the token: the account that could sign in is gone."""

    permission_classes = [AllowAny]
    authentication_classes: Sequence[type[BaseAuthentication]] = ()
    lookup_url_kwarg = "erasure_id"

    @extend_schema(
        parameters=[
            OpenApiParameter("erasure_id", OpenApiTypes.UUID, OpenApiParameter.PATH),
            OpenApiParameter("token", str, required=True),
        ],
        responses=Receipt,
        operation_id="erasure_receipt",
    )
    def retrieve(self, request: Request, erasure_id: str) -> Response:
        found = receipts.find(
            erasure_id=uuid_of(erasure_id, receipts.ReceiptNotFound),
            token=request.query_params.get("token", ""),
            now=timezone.now(),
        )
        return Response(receipts.told(found))
