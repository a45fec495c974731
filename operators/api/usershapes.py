"""What the routes of people at the desk take and give."""

from typing import Any

from rest_framework import serializers

from accounts.models import User
from operators.api.decisionshapes import DecisionReason
from operators.api.decisionshapes import Listing as Desk
from operators.models import OperatorAction
from operators.people import Flag, Sort
from operators.userfile import UserFile
from personas import measured, overriding
from personas.models import Assignment, Window
from personas.rules import Persona, Strength
from recommendations.lifecycle import Status
from recommendations.models import Recommendation

PERSONAS = [persona.value for persona in Persona]
WINDOWS = [window.value for window in overriding.WINDOWS]


class Listing(Desk):
    """Several risk flags are named by repeating `risk_flag`; a person must wear them all."""

    search = serializers.CharField(max_length=200, default="", allow_blank=True)
    persona = serializers.ChoiceField(PERSONAS, required=False, help_text="Of the last 30 days.")
    strength = serializers.ChoiceField([strength.value for strength in Strength], required=False)
    risk_flag = serializers.MultipleChoiceField(choices=Flag.values(), default=set)
    consent = serializers.BooleanField(required=False, allow_null=True, default=None)
    stale = serializers.BooleanField(required=False, allow_null=True, default=None)
    last_active_from = serializers.DateField(required=False, allow_null=True, default=None)
    last_active_to = serializers.DateField(required=False, allow_null=True, default=None, help_text="It counts too.")
    sort = serializers.ChoiceField(Sort.values(), default=Sort.LAST_ACTIVE_AT.value)
    order = serializers.ChoiceField(["asc", "desc"], required=False, allow_null=True, default=None)


class ItemListing(Desk):
    status = serializers.ChoiceField(Status.values(), required=False)


class Day(serializers.Serializer[Any]):
    as_of = serializers.DateField(default=None, allow_null=True)


class Overrule(DecisionReason):
    """Of an item, or of a persona; a persona of null ends what an operator said before."""

    recommendation_id = serializers.UUIDField(required=False)
    persona = serializers.ChoiceField(PERSONAS, required=False, allow_null=True)
    window_type = serializers.ChoiceField(WINDOWS, required=False)
    hold_days = serializers.IntegerField(min_value=1, max_value=overriding.LONGEST, default=overriding.HELD)

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        if ("recommendation_id" in sent) == ("persona" in sent):
            raise serializers.ValidationError("Name a recommendation_id, or a persona with its window.", "one_target")
        if "persona" in sent and "window_type" not in sent:
            raise serializers.ValidationError({"window_type": "Say for which window."})
        return sent


class Agreed(serializers.Serializer[Any]):
    analysis = serializers.BooleanField()
    partner_offers = serializers.BooleanField()
    notes = serializers.BooleanField()


class PersonRow(serializers.Serializer[Any]):
    user_id = serializers.UUIDField()
    name = serializers.CharField(allow_null=True)
    email = serializers.CharField(allow_null=True)
    persona_30d = serializers.CharField(allow_null=True)
    persona_180d = serializers.CharField(allow_null=True)
    strength = serializers.CharField(allow_null=True)
    risk_flags = serializers.ListField(child=serializers.CharField())
    live_items = serializers.IntegerField(allow_null=True)
    last_active_at = serializers.DateTimeField(allow_null=True)
    consent = Agreed()


class PeopleStats(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    by_persona = serializers.DictField(child=serializers.IntegerField())
    active_7d = serializers.IntegerField()
    flagged = serializers.IntegerField()


class PeoplePage(serializers.Serializer[Any]):
    items = PersonRow(many=True)
    stats = PeopleStats()
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class ItemOfUser(serializers.ModelSerializer[Recommendation]):
    recommendation_id = serializers.UUIDField(source="id")

    class Meta:
        model = Recommendation
        fields = [
            "recommendation_id",
            "type",
            "title",
            "rationale",
            "status",
            "priority",
            "persona",
            "subject",
            "as_of",
            "flagged",
            "created_at",
            "approved_at",
            "rejected_at",
            "withdrawn_at",
            "withdrawal_reason",
            "shown_at",
            "revision",
        ]


class ItemsOfUser(serializers.Serializer[Any]):
    items = ItemOfUser(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class ActionOut(serializers.ModelSerializer[OperatorAction]):
    user_id = serializers.UUIDField()

    class Meta:
        model = OperatorAction
        fields = [
            "id",
            "operator_id",
            "user_id",
            "action_type",
            "reason",
            "recommendation_id",
            "created_at",
            "cleared_at",
            "cleared_by",
        ]


class ActionPage(serializers.Serializer[Any]):
    items = ActionOut(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class StandingOut(serializers.ModelSerializer[Assignment]):
    persona = serializers.CharField(source="primary_persona")
    strength = serializers.CharField(source="primary_match_strength")

    class Meta:
        model = Assignment
        fields = [
            "assignment_id",
            "persona",
            "strength",
            "secondary_personas",
            "assigned_at",
            "as_of",
            "rule_set_version",
            "source",
            "reason",
            "held_until",
        ]


class FileOwner(serializers.Serializer[Any]):
    user_id = serializers.UUIDField()
    email = serializers.CharField(allow_null=True)
    name = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    last_active_at = serializers.DateTimeField(allow_null=True)


class AccountCounts(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    by_type = serializers.DictField(child=serializers.IntegerField())


class FileOut(serializers.Serializer[Any]):
    user = FileOwner()
    consent = Agreed()
    accounts = AccountCounts()
    personas = serializers.DictField(child=StandingOut(allow_null=True))
    live_items = ItemOfUser(many=True)
    risk_flags = serializers.ListField(child=serializers.CharField())
    as_of = serializers.DateField(allow_null=True)
    stale = serializers.BooleanField()


class WindowMeasured(serializers.Serializer[Any]):
    as_of = serializers.DateField()
    computed_at = serializers.DateTimeField()
    signals = serializers.DictField()


class Remeasured(serializers.Serializer[Any]):
    user_id = serializers.UUIDField()
    signals = serializers.DictField(child=WindowMeasured(allow_null=True))
    assignments = serializers.DictField(child=StandingOut(allow_null=True))


class OverruledTo(serializers.Serializer[Any]):
    """Of an item its id and status; of a persona the row that stands now, and until when it is held."""

    recommendation_id = serializers.UUIDField(required=False)
    status = serializers.CharField(required=False)
    assignment_id = serializers.UUIDField(required=False)
    persona = serializers.CharField(required=False)
    held_until = serializers.DateTimeField(required=False, allow_null=True)


class Overruled(serializers.Serializer[Any]):
    action = ActionOut()
    effect = OverruledTo()


def file(found: UserFile) -> dict[str, Any]:
    user = vars(found.user) | {"name": found.name}
    accounts = {"count": sum(found.accounts.values()), "by_type": found.accounts}
    return dict(FileOut({**vars(found), "user": user, "consent": found.consent, "accounts": accounts}).data)


def remeasured(user: User, standing: dict[str, Assignment | None]) -> dict[str, Any]:
    snapshots = measured.latest(user_id=user.pk, windows=list(Window))
    signals = {
        window.value: {"as_of": one.as_of, "computed_at": one.computed_at, "signals": measured.as_object(one)}
        if (one := snapshots.get(window)) and not one.no_signals
        else None
        for window in Window
    }
    return dict(Remeasured({"user_id": user.pk, "signals": signals, "assignments": standing}).data)


def overruled_item(done: OperatorAction, item: Recommendation) -> dict[str, Any]:
    return _overruled(done, recommendation_id=item.pk, status=item.status)


def overruled_persona(done: OperatorAction, row: Assignment) -> dict[str, Any]:
    return _overruled(done, assignment_id=row.pk, persona=row.primary_persona, held_until=row.held_until)


def _overruled(done: OperatorAction, **effect: Any) -> dict[str, Any]:
    return {"action": ActionOut(done).data, "effect": effect}
