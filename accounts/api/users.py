"""Who people are: the caller's own record, its reading by staff, and who read it."""

from typing import Any, cast

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access, erasure, origin, people, rowsecurity, signin, tasks
from accounts.api.authentication import caller
from accounts.api.idempotent import idempotent
from accounts.api.leaving import Receipt, shown
from accounts.api.opening import opened
from accounts.api.paging import Page, page_of, uuid_of
from accounts.api.permissions import Consumer
from accounts.models import AuditEntry, User
from accounts.models.leaving import Scope
from accounts.pseudonyms import subject_ref
from accounts.refusals import Refused
from accounts.roles import OF_STAFF

USER_ID = OpenApiParameter("user_id", str, OpenApiParameter.PATH, description="A user id.")


class Me(serializers.ModelSerializer[User]):
    email_verified = serializers.BooleanField(read_only=True)
    oauth_providers = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = [
            "user_id",
            "email",
            "email_verified",
            "phone_number",
            "role",
            "level",
            "oauth_providers",
            "consent_status",
            "consent_version",
            "monthly_income",
            "created_at",
            "updated_at",
        ]

    def get_oauth_providers(self, user: User) -> list[str]:
        return sorted(user.oauth_providers)


class MeChange(serializers.Serializer[User]):
    monthly_income = serializers.DecimalField(max_digits=12, decimal_places=2, min_value=0, allow_null=True)


class NotProvenLately(Refused):
    status = 401
    code = "REAUTH_REQUIRED"
    sentence = "Prove again that it is you: sign in, or confirm your password, and repeat this within 10 minutes."


class OpeningOut(serializers.ModelSerializer[AuditEntry]):
    section = serializers.CharField(source="object_type")
    operator_role = serializers.SerializerMethodField()

    class Meta:
        model = AuditEntry
        fields = ["at", "operator_role", "section"]

    @extend_schema_field(serializers.ChoiceField(OF_STAFF, allow_null=True))
    def get_operator_role(self, entry: AuditEntry) -> str | None:
        detail = getattr(entry, "detail", None)  # an erasure takes the details away and leaves the entry
        return detail.detail.get("operator_role") if detail else None


class OpeningPage(serializers.Serializer[Any]):
    items = OpeningOut(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class UserViewSet(viewsets.ViewSet):
    """Who am I, what may I change about it without the sign-in library, who looked, and how do I leave."""

    lookup_url_kwarg = "user_id"
    waits_for_outside = frozenset({"leave"})

    def get_permissions(self) -> list[BasePermission]:
        return [Consumer()] if self.action == "leave" else [IsAuthenticated()]

    @extend_schema(responses=Me, operation_id="users_me")
    @action(detail=False, methods=["get"])
    def me(self, request: Request) -> Response:
        return Response(Me(people.known_as(caller(request).user_id)).data)

    @extend_schema(parameters=[Page], responses=OpeningPage, operation_id="users_me_access")
    @action(detail=False, methods=["get"], url_path="me/access")
    def access(self, request: Request) -> Response:
        user = caller(request)
        with rowsecurity.viewing(rowsecurity.as_subject(user, subject_ref(user.pk))):
            return page_of(request, access.openings(user), lambda entry: OpeningOut(entry).data)

    @extend_schema(parameters=[USER_ID], responses=Me, operation_id="users_retrieve")
    def retrieve(self, request: Request, user_id: str) -> Response:
        """Oneself, or for staff a person of the institution, whose income only consent shows."""
        user, wanted = caller(request), uuid_of(user_id, people.UserNotFound)
        if wanted == user.pk:
            return Response(Me(people.known_as(wanted)).data)
        if not user.is_staff:
            raise people.UserNotFound
        told = Me(people.member(user_id=wanted, tenant_id=user.tenant_id)).data
        if not told["consent_status"]:
            told["monthly_income"] = None
        opened(request, wanted, "user")
        return Response(told)

    @extend_schema(request=MeChange, responses=Me, operation_id="users_me_change")
    @me.mapping.patch
    @idempotent()
    def change(self, request: Request) -> Response:
        wanted = MeChange(data=request.data)
        wanted.is_valid(raise_exception=True)
        people.declare_income(user=caller(request), monthly_income=wanted.validated_data["monthly_income"])
        return Response(Me(people.known_as(caller(request).user_id)).data)

    @extend_schema(request=None, responses={202: Receipt}, operation_id="users_me_leave")
    @me.mapping.delete
    @idempotent()
    def leave(self, request: Request) -> Response:
        user, now = caller(request), timezone.now()
        if not signin.freshly_proven(cast(signin.Known, request.auth), now=now):
            raise NotProvenLately
        erased = erasure.erase(user=user, scope=Scope.ACCOUNT, now=now, origin=origin.of(request._request))
        transaction.on_commit(tasks.wake)
        return shown(erased)
