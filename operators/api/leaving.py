"""Erasure and export that a person asked an admin for, because they cannot or will not sign in themselves."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import origin, tasks
from accounts.api.authentication import caller
from accounts.api.idempotent import idempotent
from accounts.api.leaving import ExportAsked, Receipt, shown
from accounts.api.paging import uuid_of
from accounts.models.leaving import Scope
from accounts.roles import Role
from operators import onrequest

USER_ID = OpenApiParameter("user_id", OpenApiTypes.UUID, OpenApiParameter.PATH)


class Admin(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.is_authenticated and request.user.role == Role.ADMIN)


class Reasoned(serializers.Serializer[Any]):
    reason = serializers.CharField(min_length=10, max_length=500, help_text="Why, without naming the person.")


class ErasureWanted(Reasoned):
    scope = serializers.ChoiceField(Scope.values())


class LeavingOfViewSet(viewsets.ViewSet):
    permission_classes = [Admin]
    lookup_url_kwarg = "user_id"
    waits_for_outside = frozenset({"erasure"})

    @extend_schema(
        parameters=[USER_ID], request=ErasureWanted, responses={202: Receipt}, operation_id="operator_users_erasure"
    )
    @action(detail=True, methods=["post"])
    @idempotent()
    def erasure(self, request: Request, user_id: str) -> Response:
        wanted = ErasureWanted(data=request.data)
        wanted.is_valid(raise_exception=True)
        erased = onrequest.erase(
            user_id=_named(user_id),
            scope=Scope(wanted.validated_data["scope"]),
            reason=wanted.validated_data["reason"],
            by=caller(request),
            now=timezone.now(),
            origin=origin.of(request._request),
        )
        transaction.on_commit(tasks.wake)
        return shown(erased)

    @extend_schema(
        parameters=[USER_ID], request=Reasoned, responses={202: ExportAsked}, operation_id="operator_users_export"
    )
    @action(detail=True, methods=["post"])
    @idempotent()
    def export(self, request: Request, user_id: str) -> Response:
        wanted = Reasoned(data=request.data)
        wanted.is_valid(raise_exception=True)
        export = onrequest.export(
            user_id=_named(user_id),
            reason=wanted.validated_data["reason"],
            by=caller(request),
            now=timezone.now(),
            origin=origin.of(request._request),
        )
        transaction.on_commit(tasks.wake)
        return Response(ExportAsked(export).data, 202)


def _named(text: str) -> UUID:
    return uuid_of(text, onrequest.UserNotFound)
