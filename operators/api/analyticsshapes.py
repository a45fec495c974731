"""What is asked of the analytics, and what they answer."""

from typing import Any

from rest_framework import serializers

from operators.analytics import ACTS
from personas.rules import Persona
from recommendations.models import Kind

KINDS = Kind.values()


class Range(serializers.Serializer[Any]):
    """Days of the institution's calendar, both included."""

    start_date = serializers.DateField(default=None)
    end_date = serializers.DateField(default=None)


class Wanted(Range):
    persona = serializers.ChoiceField([persona.value for persona in Persona], default=None)
    type = serializers.ChoiceField(KINDS, default=None)
    operator_id = serializers.UUIDField(default=None)


class DateRange(serializers.Serializer[Any]):
    start = serializers.DateField()
    end = serializers.DateField()


class OperatorSummary(serializers.Serializer[Any]):
    total_actions = serializers.IntegerField()
    approval_rate = serializers.FloatField(allow_null=True)
    flag_rate = serializers.FloatField(allow_null=True)
    undo_rate = serializers.FloatField(allow_null=True)
    avg_processing_time_minutes = serializers.FloatField(allow_null=True)


class AnalyticsSummary(OperatorSummary):
    queue_size = serializers.IntegerField()
    recommendations_generated = serializers.IntegerField()
    shown = serializers.IntegerField()
    clicked = serializers.IntegerField()
    helpful = serializers.IntegerField()


class DayOfActs(serializers.Serializer[Any]):
    date = serializers.DateField()
    approve = serializers.IntegerField()
    reject = serializers.IntegerField()
    modify = serializers.IntegerField()
    flag = serializers.IntegerField()


class OperatorActivity(serializers.Serializer[Any]):
    operator_id = serializers.UUIDField()
    actions = serializers.IntegerField()
    approval_rate = serializers.FloatField(allow_null=True)
    avg_processing_time_minutes = serializers.FloatField(allow_null=True)


class PersonaApproval(serializers.Serializer[Any]):
    approved = serializers.IntegerField()
    rejected = serializers.IntegerField()
    rate = serializers.FloatField(allow_null=True)


class ReasonCount(serializers.Serializer[Any]):
    reason = serializers.CharField()
    count = serializers.IntegerField()


class CardPerformance(serializers.Serializer[Any]):
    card_id = serializers.UUIDField()
    key = serializers.CharField()
    proposed = serializers.IntegerField()
    approved = serializers.IntegerField()
    shown = serializers.IntegerField()
    clicked = serializers.IntegerField()
    helpful = serializers.IntegerField()


class PersonaShare(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    percent = serializers.FloatField(allow_null=True)


class AnalyticsOut(serializers.Serializer[Any]):
    date_range = DateRange()
    summary = AnalyticsSummary()
    actions_by_type = serializers.DictField(child=serializers.IntegerField(), help_text=", ".join(ACTS))
    actions_timeline = DayOfActs(many=True)
    operator_activity = OperatorActivity(many=True)
    approval_by_persona = serializers.DictField(child=PersonaApproval())
    top_rejection_reasons = ReasonCount(many=True)
    card_performance = CardPerformance(many=True)
    persona_distribution = serializers.DictField(child=PersonaShare())
    positive_rate_pct = serializers.FloatField(allow_null=True)


class DayOfActions(serializers.Serializer[Any]):
    date = serializers.DateField()
    actions = serializers.IntegerField()


class OfOperatorOut(serializers.Serializer[Any]):
    operator_id = serializers.UUIDField()
    date_range = DateRange()
    summary = OperatorSummary()
    daily_activity = DayOfActions(many=True)
