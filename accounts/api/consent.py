"""A person's own consent: what stands, its history and receipt, agreeing and taking it back."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import agreements, consent, erasure, origin, receipts, rowsecurity, tasks
from accounts.api.authentication import caller
from accounts.api.idempotent import idempotent
from accounts.api.leaving import Receipt
from accounts.api.paging import Page, page_of
from accounts.api.permissions import Consumer
from accounts.models import ConsentRecord, User
from accounts.models.leaving import Scope
from accounts.purposes import CURRENT_VERSION, Purpose
from accounts.refusals import Unacceptable


class TermsNotAccepted(Unacceptable):
    code = "TOS_NOT_ACCEPTED"
    sentence = "Consent is given by accepting its text: send tos_accepted as true."


class NothingOfItsOwn(Unacceptable):
    code = "NOTHING_TO_ERASE"
    sentence = "Partner offers keep no data of their own. Leave delete_data out, or erase analysis."


class PurposeState(serializers.Serializer[Any]):
    granted = serializers.BooleanField()
    version = serializers.CharField(allow_null=True)
    granted_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class Purposes(serializers.Serializer[Any]):
    analysis = PurposeState()
    partner_offers = PurposeState()
    notes = PurposeState()


class Consent(serializers.Serializer[Any]):
    user_id = serializers.UUIDField()
    consent_status = serializers.BooleanField()
    consent_version = serializers.CharField()
    updated_at = serializers.DateTimeField()
    purposes = Purposes()


class ConsentEnded(Consent):
    """With `erasure` where data were to be deleted."""

    erasure = Receipt(required=False)


class ConsentGrant(serializers.Serializer[Any]):
    purpose = serializers.ChoiceField(Purpose.values(), default=Purpose.ANALYSIS.value)
    consent_version = serializers.CharField(max_length=16, default=CURRENT_VERSION)
    tos_accepted = serializers.BooleanField(default=False)


class ConsentEnd(serializers.Serializer[Any]):
    purpose = serializers.ChoiceField(Purpose.values(), default=Purpose.ANALYSIS.value)
    delete_data = serializers.BooleanField(default=False)


class ConsentItem(serializers.ModelSerializer[ConsentRecord]):
    class Meta:
        model = ConsentRecord
        fields = ["id", "purpose", "version", "granted_at", "revoked_at", "ip_address"]


class ConsentPage(serializers.Serializer[Any]):
    items = ConsentItem(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class ConsentViewSet(viewsets.ViewSet):
    """Only the person agrees; nobody else's consent is within reach."""

    permission_classes = [Consumer]
    waits_for_outside = frozenset({"revoke"})  # with delete_data it looks for the objects there are

    @extend_schema(responses=Consent, operation_id="consent")
    @action(detail=False, methods=["get"], url_path="consent")
    def standing(self, request: Request) -> Response:
        return Response(_shown(caller(request)))

    @extend_schema(parameters=[Page], responses=ConsentPage, operation_id="consent_history")
    @action(detail=False, methods=["get"], url_path="consent/history")
    def history(self, request: Request) -> Response:
        rows = agreements.history(user_id=caller(request).pk)
        return page_of(request, rows, lambda record: ConsentItem(record).data)

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="consent_receipt")
    @action(detail=False, methods=["get"], url_path="consent/receipt")
    def receipt(self, request: Request) -> Response:
        now = timezone.now()
        name = f'attachment; filename="consent-receipt-{now:%Y-%m-%d}.json"'
        said = agreements.receipt(user_id=caller(request).pk, now=now)
        return Response(said, headers={"Content-Disposition": name})

    @extend_schema(request=ConsentGrant, responses={201: Consent, 200: Consent}, operation_id="consent_grant")
    @standing.mapping.post
    @idempotent()
    def grant(self, request: Request) -> Response:
        wanted = ConsentGrant(data=request.data)
        wanted.is_valid(raise_exception=True)
        if not wanted.validated_data["tos_accepted"]:
            raise TermsNotAccepted
        granted = consent.grant(
            user=caller(request),
            purpose=Purpose(wanted.validated_data["purpose"]),
            version=wanted.validated_data["consent_version"],
            now=timezone.now(),
            origin=origin.of(request._request),
        )
        transaction.on_commit(tasks.wake)
        return Response(_shown(caller(request)), 201 if granted.anew else 200)

    @extend_schema(
        parameters=[
            OpenApiParameter("purpose", str, enum=Purpose.values(), default=Purpose.ANALYSIS.value),
            OpenApiParameter("delete_data", bool, default=False),
        ],
        request=None,
        responses=ConsentEnded,
        operation_id="consent_revoke",
    )
    @standing.mapping.delete
    @idempotent(body=lambda request: request.query_params.dict() or None)
    def revoke(self, request: Request) -> Response:
        wanted = ConsentEnd(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        purpose, user = Purpose(wanted.validated_data["purpose"]), caller(request)
        now, whence = timezone.now(), origin.of(request._request)
        told = {}
        if wanted.validated_data["delete_data"]:
            if purpose == Purpose.PARTNER_OFFERS:
                raise NothingOfItsOwn
            erased = erasure.erase(user=user, scope=Scope(purpose.value), now=now, origin=whence)
            told = {"erasure": {**receipts.told(erased.erasure), "receipt_token": erased.token}}
        with rowsecurity.viewing(rowsecurity.of(user)):
            if not told:
                consent.revoke(user=user, purpose=purpose, now=now, origin=whence)
            transaction.on_commit(tasks.wake)
            return Response({**_shown(user), **told})


def _shown(user: User) -> dict[str, Any]:
    return dict(Consent(agreements.standing(user_id=user.pk)).data)
