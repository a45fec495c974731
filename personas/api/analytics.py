"""Where the consenting people of an institution stand, for its staff."""

from dataclasses import asdict
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import caller
from accounts.api.permissions import Allowed
from personas import distribution
from personas.api.windows import OF_PERSONAS, WindowField
from personas.rules import Persona

PERSONAS = [persona.value for persona in Persona]
YEAR = 365


class Distributed(serializers.Serializer[Any]):
    window_type = WindowField()
    days = serializers.IntegerField(min_value=1, max_value=YEAR, default=None)


class Moved(serializers.Serializer[Any]):
    window_type = WindowField()
    days = serializers.IntegerField(min_value=1, max_value=YEAR, default=30)
    limit = serializers.IntegerField(min_value=1, max_value=50, default=10)


class Rated(serializers.Serializer[Any]):
    window_type = WindowField()
    days = serializers.IntegerField(min_value=1, max_value=YEAR, default=30)


class Aged(serializers.Serializer[Any]):
    window_type = WindowField()
    min_age_days = serializers.IntegerField(min_value=0, max_value=10 * YEAR, default=7)
    limit = serializers.IntegerField(min_value=1, max_value=100, default=100)


class ShareOut(serializers.Serializer[Any]):
    persona = serializers.ChoiceField(PERSONAS)
    users = serializers.IntegerField()
    share_pct = serializers.FloatField()


class DistributionOut(serializers.Serializer[Any]):
    window_type = serializers.ChoiceField(OF_PERSONAS)
    days = serializers.IntegerField(allow_null=True)
    total_users = serializers.IntegerField()
    distribution = ShareOut(many=True)


class PatternOut(serializers.Serializer[Any]):
    from_persona = serializers.ChoiceField(PERSONAS)
    to_persona = serializers.ChoiceField(PERSONAS)
    count = serializers.IntegerField()
    avg_days_in_previous = serializers.FloatField()
    positive = serializers.BooleanField()


class PatternsOut(serializers.Serializer[Any]):
    window_type = serializers.ChoiceField(OF_PERSONAS)
    days = serializers.IntegerField()
    patterns = PatternOut(many=True)


class RateOut(serializers.Serializer[Any]):
    window_type = serializers.ChoiceField(OF_PERSONAS)
    days = serializers.IntegerField()
    total_transitions = serializers.IntegerField()
    positive_transitions = serializers.IntegerField()
    positive_rate_pct = serializers.FloatField(allow_null=True)


class LastingOut(serializers.Serializer[Any]):
    user_id = serializers.UUIDField()
    primary_persona = serializers.ChoiceField(PERSONAS)
    assigned_at = serializers.DateTimeField()
    days_since = serializers.IntegerField()


class ReadyOut(serializers.Serializer[Any]):
    window_type = serializers.ChoiceField(OF_PERSONAS)
    min_age_days = serializers.IntegerField()
    count = serializers.IntegerField()
    users = LastingOut(many=True)


class AnalyticsViewSet(viewsets.ViewSet):
    permission_classes = [Allowed("personas.see_personas")]

    @extend_schema(parameters=[Distributed], responses=DistributionOut)
    @action(detail=False, methods=["get"])
    def distribution(self, request: Request) -> Response:
        asked = _asked(Distributed, request)
        shares = distribution.shares(**asked, tenant_id=caller(request).tenant_id, now=timezone.now())
        shown = {"window_type": asked["window"], "days": asked["days"], "distribution": shares}
        return Response(DistributionOut({**shown, "total_users": sum(share.users for share in shares)}).data)

    @extend_schema(parameters=[Moved], responses=PatternsOut)
    @action(detail=False, methods=["get"])
    def transitions(self, request: Request) -> Response:
        asked = _asked(Moved, request)
        patterns = distribution.patterns(**asked, tenant_id=caller(request).tenant_id, now=timezone.now())
        return Response(PatternsOut({"window_type": asked["window"], "days": asked["days"], "patterns": patterns}).data)

    @extend_schema(parameters=[Rated], responses=RateOut)
    @action(detail=False, methods=["get"], url_path="positive-rate")
    def positive_rate(self, request: Request) -> Response:
        asked = _asked(Rated, request)
        rate = distribution.positive_rate(**asked, tenant_id=caller(request).tenant_id, now=timezone.now())
        return Response(RateOut({"window_type": asked["window"], "days": asked["days"], **asdict(rate)}).data)

    @extend_schema(parameters=[Aged], responses=ReadyOut)
    @action(detail=False, methods=["get"])
    def ready(self, request: Request) -> Response:
        asked = _asked(Aged, request)
        count, users = distribution.ready(**asked, tenant_id=caller(request).tenant_id, now=timezone.now())
        shown = {"window_type": asked["window"], "min_age_days": asked["min_age_days"]}
        return Response(ReadyOut({**shown, "count": count, "users": users}).data)


def _asked(shape: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    given = shape(data=request.query_params)
    given.is_valid(raise_exception=True)
    asked = dict(given.validated_data)
    return {"window": asked.pop("window_type"), **asked}
