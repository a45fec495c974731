"""The caller's own record."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import people
from accounts.api.authentication import caller
from accounts.api.idempotent import idempotent
from accounts.models import User


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


class MeViewSet(viewsets.ViewSet):
    """Who am I, and what may I change about it without the sign-in library."""

    @extend_schema(responses=Me, operation_id="users_me")
    @action(detail=False, methods=["get"])
    def me(self, request: Request) -> Response:
        return Response(Me(people.known_as(caller(request).user_id)).data)

    @extend_schema(request=MeChange, responses=Me, operation_id="users_me_change")
    @me.mapping.patch
    @idempotent()
    def change(self, request: Request) -> Response:
        wanted = MeChange(data=request.data)
        wanted.is_valid(raise_exception=True)
        people.declare_income(user=caller(request), monthly_income=wanted.validated_data["monthly_income"])
        return Response(Me(people.known_as(caller(request).user_id)).data)
