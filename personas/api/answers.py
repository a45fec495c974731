"""What the routes of personas take and give."""

from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from accounts.api.paging import FARTHEST
from personas.api.people import ME
from personas.api.windows import OF_PERSONAS, WindowField
from personas.counterfactuals import Counterfactual
from personas.detecting import Detected
from personas.history import Current, Freshness
from personas.models import Assignment, Transition
from personas.rules import Persona, Strength
from personas.transitions import Cause, Tenure, celebration

PERSONAS = [persona.value for persona in Persona]
STRENGTHS = [strength.value for strength in Strength]
MOST = 100


class Asked(serializers.Serializer[Any]):
    window_type = WindowField()


class AskedOf(Asked):
    user_id = serializers.CharField()

    def validate_user_id(self, text: str) -> str:
        return text if text == ME else str(serializers.UUIDField().run_validation(text))


class Batch(Asked):
    """An id that is none fails alone, so texts are taken as they stand."""

    user_ids = serializers.ListField(
        child=serializers.CharField(allow_blank=True, trim_whitespace=False), min_length=1, max_length=MOST
    )


class Slice(serializers.Serializer[Any]):
    limit = serializers.IntegerField(min_value=1, max_value=100, default=10)
    offset = serializers.IntegerField(min_value=0, max_value=FARTHEST, default=0)
    window_type = WindowField(default=None)


class NotEnough(serializers.Serializer[Any]):
    category = serializers.CharField()
    reason = serializers.CharField()
    sentence = serializers.CharField()


class LastTransition(serializers.Serializer[Any]):
    from_persona = serializers.ChoiceField(PERSONAS)
    to_persona = serializers.ChoiceField(PERSONAS)
    transition_date = serializers.DateField()
    days_ago = serializers.IntegerField()


class AssignmentOut(serializers.ModelSerializer[Assignment]):
    user_id = serializers.UUIDField()
    primary_persona = serializers.ChoiceField(PERSONAS)
    primary_match_strength = serializers.ChoiceField(STRENGTHS)
    window_type = serializers.ChoiceField(OF_PERSONAS)
    confirmed_as_of = serializers.DateField(allow_null=True)
    stale = serializers.BooleanField()
    days_covered = serializers.IntegerField(allow_null=True)
    not_enough = NotEnough(many=True)

    class Meta:
        model = Assignment
        fields = [
            "assignment_id",
            "user_id",
            "window_type",
            "primary_persona",
            "primary_match_strength",
            "secondary_personas",
            "all_matches",
            "criteria_met",
            "criteria",
            "assigned_at",
            "as_of",
            "confirmed_as_of",
            "stale",
            "days_covered",
            "not_enough",
            "rule_set_version",
            "source",
            "held_until",
        ]


class CurrentOut(AssignmentOut):
    last_transition = LastTransition(allow_null=True)

    class Meta(AssignmentOut.Meta):
        fields = [*AssignmentOut.Meta.fields, "last_transition"]


class TransitionReport(serializers.Serializer[Any]):
    user_id = serializers.UUIDField()
    transition_detected = serializers.BooleanField()
    from_persona = serializers.ChoiceField(PERSONAS, allow_null=True)
    to_persona = serializers.ChoiceField(PERSONAS, allow_null=True)
    transition_date = serializers.DateTimeField(allow_null=True)
    from_assigned_at = serializers.DateTimeField(allow_null=True)
    days_in_previous_persona = serializers.IntegerField(allow_null=True)
    is_positive_transition = serializers.BooleanField(allow_null=True)
    celebration_message = serializers.CharField(allow_null=True)
    milestone_achieved = serializers.CharField(allow_null=True)
    achievement_title = serializers.CharField(allow_null=True)
    cause = serializers.ChoiceField([cause.value for cause in Cause], allow_null=True)


class TransitionOut(serializers.ModelSerializer[Transition]):
    user_id = serializers.UUIDField()
    window_type = serializers.ChoiceField(OF_PERSONAS)
    from_persona = serializers.ChoiceField(PERSONAS)
    to_persona = serializers.ChoiceField(PERSONAS)

    class Meta:
        model = Transition
        fields = [
            "transition_id",
            "user_id",
            "window_type",
            "from_persona",
            "to_persona",
            "transition_date",
            "days_in_previous_persona",
            "celebration_shown",
            "milestone_achieved",
            "achievement_title",
            "cause",
            "created_at",
        ]


class TransitionHistory(serializers.Serializer[Any]):
    user_id = serializers.UUIDField()
    total_count = serializers.IntegerField()
    total_transitions = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()
    transitions = TransitionOut(many=True)


class TenureOut(serializers.Serializer[Any]):
    user_id = serializers.UUIDField()
    window_type = serializers.ChoiceField(OF_PERSONAS)
    current_persona = serializers.ChoiceField(PERSONAS)
    assigned_at = serializers.DateTimeField()
    since = serializers.DateTimeField()
    days_in_persona = serializers.IntegerField()
    previous_persona = serializers.ChoiceField(PERSONAS, allow_null=True)
    last_transition_date = serializers.DateField(allow_null=True)
    stale = serializers.BooleanField()


class BatchItem(serializers.Serializer[Any]):
    user_id = serializers.CharField()
    status = serializers.ChoiceField(["success", "failed"])
    primary_persona = serializers.ChoiceField(PERSONAS, allow_null=True)
    error = serializers.CharField(allow_null=True)
    error_code = serializers.CharField(allow_null=True)


class BatchOut(serializers.Serializer[Any]):
    total_requested = serializers.IntegerField()
    successful = serializers.IntegerField()
    failed = serializers.IntegerField()
    results = BatchItem(many=True)


class CounterfactualOut(serializers.Serializer[Any]):
    user_id = serializers.UUIDField()
    window_type = serializers.ChoiceField(OF_PERSONAS)
    as_of = serializers.DateField()
    stale = serializers.BooleanField()
    rule_set_version = serializers.IntegerField()
    primary_persona = serializers.ChoiceField(PERSONAS)
    primary_match_strength = serializers.ChoiceField(STRENGTHS)
    personas = serializers.ListField(child=serializers.DictField())


class Health(serializers.Serializer[Any]):
    status = serializers.ChoiceField(["healthy", "unhealthy"])
    persona_modules_available = serializers.BooleanField()
    database_connected = serializers.BooleanField()
    user_personas_table = serializers.BooleanField()
    persona_transitions_table = serializers.BooleanField()
    timestamp = serializers.DateTimeField()


def assignment(row: Assignment, fresh: Freshness) -> dict[str, Any]:
    return dict(AssignmentOut({**vars(row), **asdict(fresh)}).data)  # type: ignore[arg-type]


def current(found: Current, now: datetime) -> dict[str, Any]:
    last = found.last_transition
    known = last and {**vars(last), "days_ago": (now.astimezone(UTC).date() - last.transition_date).days}
    shown = {**vars(found.assignment), **asdict(found.freshness), "last_transition": known}
    return dict(CurrentOut(shown).data)  # type: ignore[arg-type]


def report(user_id: Any, found: Detected) -> dict[str, Any]:
    """Without a change every field but the first two is null."""
    one = found.transition
    told: dict[str, Any] = dict.fromkeys(TransitionReport().fields)
    told |= {"user_id": user_id, "transition_detected": one is not None}
    if one:
        party = celebration(one.from_persona, one.to_persona, Cause(one.cause))
        told |= {
            **{name: value for name, value in vars(one).items() if name in told},
            "transition_date": found.assigned_at,
            "is_positive_transition": party is not None,
            "celebration_message": party.message if party else None,
        }
    return dict(TransitionReport(told).data)


def tenure(user_id: Any, window: str, lasting: Tenure, fresh: Freshness) -> dict[str, Any]:
    shown = {"user_id": user_id, "window_type": window, **asdict(lasting), "stale": fresh.stale}
    return dict(TenureOut(shown).data)


def counterfactual(user_id: Any, window: str, found: Counterfactual) -> dict[str, Any]:
    shown = {**vars(found), "user_id": user_id, "window_type": window, **as_numbers(found.told)}
    return dict(CounterfactualOut(shown).data)


def as_numbers(value: Any) -> Any:
    """Decimals as JSON numbers, which the renderer would write as texts."""
    match value:
        case Decimal():
            return float(value)
        case dict():
            return {name: as_numbers(one) for name, one in value.items()}
        case list() | tuple():
            return [as_numbers(one) for one in value]
        case _:
            return value
