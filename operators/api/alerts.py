"""What staff should be told of at once."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import caller
from accounts.api.permissions import Allowed
from operators import alerts
from operators.alerts import Severity, Type


class AlertOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    type = serializers.ChoiceField(Type.values())
    severity = serializers.ChoiceField(Severity.values())
    message = serializers.CharField()
    count = serializers.IntegerField()
    action_url = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()


class AlertViewSet(viewsets.ViewSet):
    """Several may hold at once; nothing is stored."""

    permission_classes = (Allowed("operators.see_queue"),)

    @extend_schema(responses=AlertOut(many=True), operation_id="operator_alerts")
    def list(self, request: Request) -> Response:
        by, now = caller(request), timezone.now()
        found = alerts.now_holding(tenant_id=by.tenant_id, zone=by.tenant.time_zone, now=now)
        return Response(AlertOut(found, many=True).data)
