"""The staff of the caller's institution, for its administrators."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import invitations, origin, rowsecurity, staff
from accounts.api.authentication import caller
from accounts.api.idempotent import idempotent
from accounts.api.paging import Page, page_of, uuid_of
from accounts.api.permissions import Allowed
from accounts.models import User
from accounts.roles import OF_STAFF, Level, Role

LEVELS = Level.values()


class StaffOut(serializers.ModelSerializer[User]):
    role = serializers.ChoiceField(OF_STAFF)
    level = serializers.ChoiceField(LEVELS, allow_null=True)
    second_factor = serializers.BooleanField()
    invited = serializers.SerializerMethodField(help_text="True until a password is set.")

    class Meta:
        model = User
        fields = [
            "user_id",
            "email",
            "role",
            "level",
            "is_active",
            "invited",
            "second_factor",
            "last_active_at",
            "created_at",
        ]

    def get_invited(self, user: User) -> bool:
        return not user.has_usable_password()


class StaffPage(serializers.Serializer[Any]):
    items = StaffOut(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class Invitation(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(OF_STAFF)
    level = serializers.ChoiceField(LEVELS, allow_null=True, default=None)


class StaffChange(serializers.Serializer[Any]):
    role = serializers.ChoiceField(OF_STAFF, required=False)
    level = serializers.ChoiceField(LEVELS, required=False, allow_null=True)
    is_active = serializers.BooleanField(required=False)


class StaffViewSet(viewsets.ViewSet):
    permission_classes = [Allowed("accounts.manage_staff")]
    lookup_url_kwarg = "user_id"

    @extend_schema(parameters=[Page], responses=StaffPage)
    def list(self, request: Request) -> Response:
        with rowsecurity.viewing(rowsecurity.SIGNIN):
            return page_of(request, staff.members(caller(request).tenant_id), lambda user: StaffOut(user).data)

    @extend_schema(request=Invitation, responses={201: StaffOut, 200: StaffOut})
    @idempotent()
    def create(self, request: Request) -> Response:
        sent, by = _valid(Invitation, request), caller(request)
        invited = staff.invite(
            tenant=by.tenant,
            email=sent["email"],
            role=Role(sent["role"]),
            level=Level(sent["level"]) if sent["level"] else None,
            by=by,
            now=timezone.now(),
            origin=origin.of(request._request),
        )
        mail(invited)
        shown = StaffOut(staff.member(user_id=invited.user.pk, tenant_id=by.tenant_id)).data
        return Response(shown, 200 if invited.again else 201)

    @extend_schema(
        request=StaffChange, responses=StaffOut, parameters=[OpenApiParameter("user_id", str, OpenApiParameter.PATH)]
    )
    @idempotent()
    def partial_update(self, request: Request, user_id: str) -> Response:
        sent = _valid(StaffChange, request)
        changed = staff.change(
            by=caller(request),
            user_id=uuid_of(user_id, staff.StaffNotFound),
            role=Role(sent["role"]) if "role" in sent else None,
            level=Level(sent["level"]) if sent.get("level") else None,
            is_active=sent.get("is_active"),
            now=timezone.now(),
            origin=origin.of(request._request),
        )
        return Response(StaffOut(changed).data)


def mail(invited: staff.Invited) -> None:
    """Once the account stands. A mail server that is away is a line in the log; inviting again sends it again."""
    user, link = invited.user, invited.link
    if link:
        transaction.on_commit(lambda: invitations.send(user=user, institution=user.tenant.name, link=link), robust=True)


def _valid(shape: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    sent = shape(data=request.data)
    sent.is_valid(raise_exception=True)
    return dict(sent.validated_data)
