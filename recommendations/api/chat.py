"""Asking about one's own money, and reading what was asked before."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import caller
from accounts.api.paging import Page, page_of
from accounts.api.permissions import Consumer
from accounts.limits import Scope
from personas.signals import stale
from recommendations import chat
from recommendations.conversation import Intent
from recommendations.guardrails import DISCLOSURE
from recommendations.models import ChatLog


class Message(serializers.Serializer[Any]):
    message = serializers.CharField(min_length=1, max_length=1000)
    conversation_id = serializers.UUIDField(required=False, allow_null=True, default=None)


class Citation(serializers.Serializer[Any]):
    data_point = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    value = serializers.CharField()
    window = serializers.CharField()
    as_of = serializers.DateField()


class AnswerOut(serializers.Serializer[Any]):
    chat_id = serializers.UUIDField()
    conversation_id = serializers.UUIDField()
    intent = serializers.ChoiceField(Intent.values())
    response = serializers.CharField()
    citations = Citation(many=True)
    guardrails_passed = serializers.BooleanField()
    disclosure = serializers.CharField()
    as_of = serializers.DateField(allow_null=True)
    stale = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class LoggedOut(AnswerOut):
    message = serializers.CharField()


class LogOut(serializers.Serializer[Any]):
    items = LoggedOut(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class ChatViewSet(viewsets.ViewSet):
    """A question has no idempotency key: whoever asks again is answered again, from what is known then."""

    permission_classes = [Consumer]
    waits_for_outside = frozenset({"create"})

    @property
    def limit(self) -> Scope:
        return Scope.CHAT if self.action == "create" else Scope.API

    @extend_schema(request=Message, responses=AnswerOut)
    def create(self, request: Request) -> Response:
        asked = Message(data=request.data)
        asked.is_valid(raise_exception=True)
        row = chat.ask(user=caller(request), now=timezone.now(), **asked.validated_data)
        return Response(AnswerOut(_shown(row)).data)

    @extend_schema(parameters=[Page], responses=LogOut)
    def list(self, request: Request) -> Response:
        rows = ChatLog.objects.filter(user=caller(request)).order_by("-created_at", "-chat_id")
        return page_of(request, rows, lambda row: LoggedOut(_shown(row)).data)


def _shown(row: ChatLog) -> dict[str, Any]:
    old = row.as_of is not None and stale(row.as_of, timezone.now().date())
    return {**vars(row), "disclosure": DISCLOSURE, "stale": old}
