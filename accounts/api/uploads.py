"""Sending statements, and reading what became of them."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import previews, tasks, uploads
from accounts.api import shapes
from accounts.api.authentication import caller
from accounts.api.files import theirs
from accounts.api.idempotent import idempotent
from accounts.api.opening import opened, opens
from accounts.api.paging import page_of, uuid_of
from accounts.api.parsing import Json
from accounts.api.permissions import Allowed, Consumer
from accounts.api.receiving import Multipart, file_of
from accounts.fingerprints import fingerprint
from accounts.models import Upload
from accounts.models.uploads import MAX_BYTES, FileType, Status
from accounts.refusals import Refused
from accounts.storage import PRESIGNED_FOR


class ReportNotReady(Refused):
    code = "REPORT_NOT_READY"
    sentence = "The file is not read yet. Ask again in a moment."


def _sent(request: Request) -> Any:
    """What a repeated form is compared by: its file's bytes and its options."""
    _, data = file_of(request)
    request.FILES["file"].seek(0)
    return {"file": fingerprint(data.decode("latin-1")), "options": _options(request)}


def _options(request: Request) -> dict[str, Any]:
    options = shapes.Options(data=request.data)
    options.is_valid(raise_exception=True)
    return dict(options.validated_data)


class UploadViewSet(viewsets.GenericViewSet[Upload]):
    """A statement is sent, read in the background, and can be taken back."""

    serializer_class = shapes.UploadOut
    queryset = Upload.objects.none()
    lookup_url_kwarg = "upload_id"
    # These wait for storage, so no transaction is held open around them.
    waits_for_outside = frozenset({"create", "preview", "presign", "complete", "revert", "object"})

    def get_queryset(self) -> QuerySet[Upload]:
        """The caller's own; staff see what row security shows them of consenting people."""
        user = caller(self.request)
        mine = {"user_id": user.pk} if user.is_consumer else {"tenant_id": user.tenant_id}
        return Upload.objects.filter(**mine).defer("report").order_by("-created_at", "-upload_id")

    def get_permissions(self) -> list[BasePermission]:
        if self.action in ("retrieve", "report"):
            return [IsAuthenticated()]
        return [AllowAny()] if self.action == "object" else [Consumer()]

    def get_parsers(self) -> list[Any]:
        action = getattr(self, "action", None) or self.action_map.get((self.request.method or "").lower(), "")
        return [Multipart()] if action in ("create", "preview", "object") else [Json()]

    @extend_schema(
        request={"multipart/form-data": shapes.Sent}, responses={201: shapes.UploadOut, 200: shapes.UploadOut}
    )
    @idempotent(body=_sent)
    def create(self, request: Request) -> Response:
        name, data = file_of(request)
        got = uploads.receive(
            user=caller(request), file_name=name, data=data, options=_options(request), now=timezone.now()
        )
        transaction.on_commit(tasks.wake)
        shown = {**shapes.UploadOut(got.upload).data, "duplicate": got.duplicate}
        where = f"/api/uploads/{got.upload.pk}"
        return Response(shown, 200 if got.duplicate else 201, headers={"Location": where})

    @extend_schema(request={"multipart/form-data": shapes.Sent}, responses=OpenApiTypes.OBJECT)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        name, data = file_of(request)
        user, now = caller(request), timezone.now()
        statement = uploads.preview(user=user, file_name=name, data=data, options=_options(request), now=now)
        return Response(previews.preview_of(statement, user_id=user.pk, now=now))

    @extend_schema(request=shapes.Announced, responses={201: shapes.FormOut})
    @action(detail=False, methods=["post"])
    @idempotent()
    def presign(self, request: Request) -> Response:
        announced = shapes.Announced(data=request.data)
        announced.is_valid(raise_exception=True)
        wanted = dict(announced.validated_data)
        upload, form = uploads.presign(
            user=caller(request),
            file_name=wanted.pop("file_name"),
            file_size=wanted.pop("file_size"),
            kind=FileType(wanted.pop("file_type")),
            options=wanted,
            post_to=request.build_absolute_uri("/api/uploads/") + "{upload_id}/object",
            now=timezone.now(),
        )
        answer = {
            "upload_id": upload.pk,
            "url": form.url,
            "fields": form.fields,
            "s3_key": upload.s3_key,
            "s3_bucket": upload.s3_bucket,
            "expires_in": int(PRESIGNED_FOR.total_seconds()),
            "max_bytes": MAX_BYTES,
        }
        return Response(answer, 201)

    @extend_schema(request=None, responses=shapes.UploadOut)
    @action(detail=True, methods=["post"])
    @idempotent()
    def complete(self, request: Request, upload_id: str) -> Response:
        upload = uploads.complete(
            user=caller(request), upload_id=uuid_of(upload_id, uploads.UploadNotFound), now=timezone.now()
        )
        transaction.on_commit(tasks.wake)
        return Response(shapes.UploadOut(upload).data)

    @extend_schema(request=None, responses=shapes.UploadOut)
    @action(detail=True, methods=["post"])
    @idempotent()
    def revert(self, request: Request, upload_id: str) -> Response:
        upload = uploads.revert(
            user=caller(request), upload_id=uuid_of(upload_id, uploads.UploadNotFound), now=timezone.now()
        )
        transaction.on_commit(tasks.wake)
        return Response(shapes.UploadOut(upload).data)

    @extend_schema(exclude=True)  # its address and its fields come from presign
    @action(detail=True, methods=["post"], authentication_classes=[])
    def object(self, request: Request, upload_id: str) -> HttpResponse:
        _, data = file_of(request)
        uploads.accept_form(
            upload_id=uuid_of(upload_id, uploads.UploadNotFound),
            form=request._request.POST.dict(),
            data=data,
            now=timezone.now(),
        )
        return HttpResponse(status=204)

    @extend_schema(
        parameters=[
            OpenApiParameter("status", str, enum=Status.values()),
            OpenApiParameter("limit", int),
            OpenApiParameter("offset", int),
        ],
        responses=shapes.UploadPage,
    )
    def list(self, request: Request) -> Response:
        return _page(request, self.get_queryset())

    def retrieve(self, request: Request, upload_id: str) -> Response:
        upload = self._seen(upload_id)
        opened(request, upload.user_id, "upload")
        return Response(shapes.UploadOut(upload).data)

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"])
    def report(self, request: Request, upload_id: str) -> Response:
        upload = self._seen(upload_id)
        if upload.status in (Status.PENDING, Status.PROCESSING):
            raise ReportNotReady
        opened(request, upload.user_id, "upload_report")
        return Response(upload.report or shapes.report_without_file(upload))

    def _seen(self, upload_id: str) -> Upload:
        upload = self.get_queryset().filter(pk=uuid_of(upload_id, uploads.UploadNotFound)).first()
        if upload is None:
            raise uploads.UploadNotFound
        return upload


class UploadsOfViewSet(viewsets.ViewSet):
    """The uploads of a consenting person, for the staff of their institution."""

    permission_classes = [Allowed("accounts.open_files")]
    lookup_url_kwarg = "user_id"

    @extend_schema(
        parameters=[
            OpenApiParameter("user_id", str, OpenApiParameter.PATH),
            OpenApiParameter("status", str, enum=Status.values()),
            OpenApiParameter("limit", int),
            OpenApiParameter("offset", int),
        ],
        responses=shapes.UploadPage,
        operation_id="operator_users_uploads",
    )
    @action(detail=True, methods=["get"])
    @opens("uploads")
    def uploads(self, request: Request, user_id: str) -> Response:
        user = theirs(request, user_id)
        return _page(request, Upload.objects.filter(user=user).defer("report").order_by("-created_at", "-upload_id"))


def _page(request: Request, rows: QuerySet[Upload]) -> Response:
    asked = shapes.UploadListing(data=request.query_params)
    asked.is_valid(raise_exception=True)
    if status := asked.validated_data.get("status"):
        rows = rows.filter(status=status)
    return page_of(request, rows, lambda upload: shapes.UploadOut(upload).data)
