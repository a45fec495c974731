"""Saying that the engine is wrong, seeing what that changed, taking it back; staff read along."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import tasks
from accounts.api.authentication import caller
from accounts.api.files import theirs
from accounts.api.idempotent import idempotent
from accounts.api.opening import opens
from accounts.api.paging import Page, page_of, uuid_of
from accounts.api.permissions import Allowed, Consumer
from accounts.models import User
from personas import corrections
from personas.models import Correction
from personas.signals import Correction as Kind

ACTIVE = OpenApiParameter("active", bool, description="Only those in force, or only those withdrawn.")


class NewCorrection(serializers.Serializer[Any]):
    kind = serializers.ChoiceField([kind.value for kind in Kind])
    merchant_key = serializers.CharField(max_length=255, required=False)
    transaction_id = serializers.UUIDField(required=False)
    note = serializers.CharField(max_length=500, required=False, allow_null=True, allow_blank=True)

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        if ("merchant_key" in sent) == ("transaction_id" in sent):
            raise serializers.ValidationError("Name a merchant_key or a transaction_id, and not both.", "one_target")
        return sent


class Change(serializers.Serializer[Any]):
    window = serializers.CharField()
    signal = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class EffectOut(serializers.Serializer[Any]):
    rows = serializers.IntegerField()
    changes = Change(many=True)


class CorrectionOut(serializers.ModelSerializer[Correction]):
    effect = EffectOut()

    class Meta:
        model = Correction
        fields = [
            "correction_id",
            "kind",
            "merchant",
            "merchant_key",
            "transaction_id",
            "note",
            "created_at",
            "withdrawn_at",
            "effect",
        ]


class CorrectionListing(Page):
    active = serializers.BooleanField(required=False, allow_null=True, default=None)


class CorrectionPage(serializers.Serializer[Any]):
    items = CorrectionOut(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class CorrectionViewSet(viewsets.ViewSet):
    permission_classes = [Consumer]
    lookup_url_kwarg = "correction_id"

    @extend_schema(request=NewCorrection, responses={201: CorrectionOut})
    @idempotent()
    def create(self, request: Request) -> Response:
        sent = NewCorrection(data=request.data)
        sent.is_valid(raise_exception=True)
        asked = sent.validated_data
        made = corrections.correct(
            user=caller(request),
            kind=Kind(asked["kind"]),
            target=asked.get("merchant_key") or asked["transaction_id"],
            note=asked.get("note") or None,
            now=timezone.now(),
        )
        transaction.on_commit(tasks.wake)
        return Response(CorrectionOut(made).data, 201)

    @extend_schema(parameters=[Page, ACTIVE], responses=CorrectionPage)
    def list(self, request: Request) -> Response:
        return _page(request, caller(request))

    @extend_schema(
        parameters=[OpenApiParameter("correction_id", str, OpenApiParameter.PATH)], responses={200: CorrectionOut}
    )
    @idempotent()
    def destroy(self, request: Request, correction_id: str) -> Response:
        made = corrections.withdraw(
            user=caller(request),
            correction_id=uuid_of(correction_id, corrections.CorrectionNotFound),
            now=timezone.now(),
        )
        transaction.on_commit(tasks.wake)
        return Response(CorrectionOut(made).data)


class CorrectionsOfViewSet(viewsets.ViewSet):
    """The corrections of a consenting person, for the staff of their institution."""

    permission_classes = [Allowed("accounts.open_files")]
    lookup_url_kwarg = "user_id"

    @extend_schema(
        parameters=[OpenApiParameter("user_id", str, OpenApiParameter.PATH), Page, ACTIVE],
        responses=CorrectionPage,
        operation_id="operator_users_corrections",
    )
    @action(detail=True, methods=["get"])
    @opens("corrections")
    def corrections(self, request: Request, user_id: str) -> Response:
        return _page(request, theirs(request, user_id))


def _page(request: Request, user: User) -> Response:
    asked = CorrectionListing(data=request.query_params)
    asked.is_valid(raise_exception=True)
    rows: QuerySet[Correction] = Correction.objects.filter(user=user).order_by("-created_at", "-correction_id")
    if (active := asked.validated_data["active"]) is not None:
        rows = rows.filter(withdrawn_at__isnull=active)
    return page_of(request, rows, lambda made: CorrectionOut(made).data)
