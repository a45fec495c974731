"""The keys of the services of the caller's institution, for its administrators."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import keys, origin, rowsecurity
from accounts.api.authentication import caller
from accounts.api.idempotent import idempotent
from accounts.api.paging import Page, page_of, uuid_of
from accounts.api.permissions import Allowed
from accounts.models import ApiKey

SCOPES = keys.Scope.values()


class KeyOut(serializers.ModelSerializer[ApiKey]):
    key_id = serializers.UUIDField(source="id")
    scopes = serializers.ListField(child=serializers.ChoiceField(SCOPES))

    class Meta:
        model = ApiKey
        fields = [
            "key_id",
            "name",
            "prefix",
            "scopes",
            "created_by",
            "created_at",
            "last_used_at",
            "expires_at",
            "revoked_at",
        ]


class KeyPage(serializers.Serializer[Any]):
    items = KeyOut(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class NewKey(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(child=serializers.ChoiceField(SCOPES), min_length=1)
    expires_at = serializers.DateTimeField(allow_null=True, default=None)


class MadeKey(KeyOut):
    key = serializers.CharField(read_only=True, help_text="Shown this once.")

    class Meta(KeyOut.Meta):
        fields = [*KeyOut.Meta.fields, "key"]


class KeyViewSet(viewsets.ViewSet):
    permission_classes = [Allowed("accounts.manage_keys")]
    lookup_url_kwarg = "id"

    @extend_schema(parameters=[Page], responses=KeyPage)
    def list(self, request: Request) -> Response:
        with rowsecurity.viewing(rowsecurity.SIGNIN):
            return page_of(request, keys.of_tenant(caller(request).tenant_id), lambda key: KeyOut(key).data)

    @extend_schema(request=NewKey, responses={201: MadeKey})
    def create(self, request: Request) -> Response:
        """Never repeated from a stored answer: that would keep the secret."""
        sent = NewKey(data=request.data)
        sent.is_valid(raise_exception=True)
        made = keys.make(
            by=caller(request),
            name=sent.validated_data["name"],
            scopes=[keys.Scope(word) for word in sent.validated_data["scopes"]],
            expires_at=sent.validated_data["expires_at"],
            now=timezone.now(),
            origin=origin.of(request._request),
        )
        return Response({**KeyOut(made.key).data, "key": made.secret}, 201)

    @extend_schema(parameters=[OpenApiParameter("id", str, OpenApiParameter.PATH)], responses={204: None})
    @idempotent()
    def destroy(self, request: Request, id: str) -> Response:
        keys.revoke(
            by=caller(request),
            key_id=uuid_of(id, keys.KeyNotFound),
            now=timezone.now(),
            origin=origin.of(request._request),
        )
        return Response(status=204)
