"""Runs over the population, as staff watch them, and putting back what failed."""

from typing import Any

from django.db import transaction
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
from accounts.api.paging import Page, page_of, uuid_of
from accounts.api.permissions import Allowed
from personas import runs
from personas.models import Run, Shard

ID = OpenApiParameter("run_id", OpenApiTypes.UUID, OpenApiParameter.PATH)


class RunOut(serializers.ModelSerializer[Run]):
    status = serializers.CharField(source="standing")

    class Meta:
        model = Run
        fields = [
            "run_id",
            "stage",
            "status",
            "as_of",
            "started_at",
            "finished_at",
            "users",
            "done",
            "changed",
            "failed",
        ]


class ShardOut(serializers.ModelSerializer[Shard]):
    class Meta:
        model = Shard
        fields = ["shard", "status", "attempts", "lease_until", "error"]


class RunDetail(RunOut):
    shards = serializers.SerializerMethodField()

    class Meta(RunOut.Meta):
        fields = [*RunOut.Meta.fields, "shards"]

    def get_shards(self, run: Run) -> list[dict[str, Any]]:
        return list(ShardOut(run.shards.order_by("shard"), many=True).data)


class RunPage(serializers.Serializer[Any]):
    items = RunOut(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class RunViewSet(viewsets.ViewSet):
    lookup_url_kwarg = "run_id"

    def get_permissions(self) -> list[BasePermission]:
        return [Allowed("personas.retry_run" if self.action == "retry" else "personas.see_runs")()]

    @extend_schema(parameters=[Page], responses=RunPage, operation_id="operator_runs")
    def list(self, request: Request) -> Response:
        rows = runs.of_tenant(tenant_id=caller(request).tenant_id, now=timezone.now())
        return page_of(request, rows, lambda run: RunOut(run).data)

    @extend_schema(parameters=[ID], responses=RunDetail, operation_id="operator_run")
    def retrieve(self, request: Request, run_id: str) -> Response:
        return self._shown(request, run_id)

    @extend_schema(parameters=[ID], request=None, responses=RunDetail, operation_id="operator_run_retry")
    @action(detail=True, methods=["post"])
    @idempotent()
    def retry(self, request: Request, run_id: str) -> Response:
        runs.retry(
            run_id=uuid_of(run_id, runs.RunNotFound),
            by=caller(request),
            now=timezone.now(),
            origin=origin.of(request._request),
        )
        transaction.on_commit(tasks.wake)
        return self._shown(request, run_id)

    def _shown(self, request: Request, run_id: str) -> Response:
        known = uuid_of(run_id, runs.RunNotFound)
        run = runs.of_tenant(tenant_id=caller(request).tenant_id, now=timezone.now()).filter(pk=known).first()
        if run is None:
            raise runs.RunNotFound
        return Response(RunDetail(run).data)
