"""What the routes of the queue take and give."""

from typing import Any

from rest_framework import serializers

from accounts.api.paging import Page
from operators.models import TagName
from operators.wanted import Sort, Standing
from personas.rules import Persona, Strength
from recommendations.lifecycle import Status
from recommendations.models import Kind, Outcome, Priority

MANY = 100
STATUSES, PRIORITIES, DEEDS = Status.values(), Priority.values(), ["approve", "reject"]


class Listing(Page):
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)
    status = serializers.ChoiceField(Standing.values(), default=Standing.PENDING.value)
    persona = serializers.ChoiceField([one.value for one in Persona], required=False)
    type = serializers.ChoiceField(Kind.values(), required=False)
    priority = serializers.ChoiceField(Priority.values(), required=False)
    user_id = serializers.UUIDField(required=False)
    card_id = serializers.UUIDField(required=False)
    decided_by = serializers.UUIDField(required=False)
    tag = serializers.ChoiceField(TagName.values(), required=False)
    flagged = serializers.BooleanField(required=False, allow_null=True, default=None)
    stale = serializers.BooleanField(required=False, allow_null=True, default=None)
    has_note = serializers.BooleanField(default=False)
    guardrails_failed = serializers.BooleanField(default=False)
    q = serializers.CharField(max_length=200, default="", allow_blank=True)
    created_from = serializers.DateField(required=False, help_text="The first day, of the institution's clock.")
    created_to = serializers.DateField(required=False, help_text="The last day, which counts too.")
    sort = serializers.ChoiceField(Sort.values(), default=Sort.CREATED_AT.value)
    order = serializers.ChoiceField(["asc", "desc"], default="asc")


class Reader(serializers.Serializer[Any]):
    user_id = serializers.UUIDField()
    email = serializers.CharField(allow_null=True)
    name = serializers.CharField(allow_null=True)


class Guardrails(serializers.Serializer[Any]):
    passed = serializers.BooleanField()
    consent = serializers.BooleanField(allow_null=True)
    eligibility = serializers.BooleanField(allow_null=True)
    advice = serializers.BooleanField(allow_null=True)
    tone = serializers.BooleanField(allow_null=True)
    figures = serializers.BooleanField(allow_null=True)
    disclosure = serializers.BooleanField(allow_null=True)


class ClaimOut(serializers.Serializer[Any]):
    recommendation_id = serializers.UUIDField()
    operator_id = serializers.UUIDField()
    operator_name = serializers.CharField()
    claimed_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class ReviewItemOut(serializers.Serializer[Any]):
    """Out of a `queue.ReviewItem`."""

    recommendation_id = serializers.UUIDField(source="item.pk")
    user = serializers.SerializerMethodField()
    type = serializers.ChoiceField(Kind.values(), source="item.type")
    title = serializers.CharField(source="item.title")
    rationale = serializers.CharField(source="item.rationale")
    status = serializers.ChoiceField(Status.values(), source="item.status")
    priority = serializers.ChoiceField(Priority.values(), source="item.priority")
    persona = serializers.ChoiceField([one.value for one in Persona], source="item.persona")
    persona_id = serializers.IntegerField()
    strength = serializers.ChoiceField([one.value for one in Strength], allow_null=True)
    matched_persona = serializers.CharField(source="item.matched_persona")
    subject = serializers.CharField(source="item.subject")
    as_of = serializers.DateField(source="item.as_of")
    stale = serializers.BooleanField()
    created_at = serializers.DateTimeField(source="item.created_at")
    guardrails = Guardrails()
    flagged = serializers.BooleanField(source="item.flagged")
    claim = ClaimOut(allow_null=True)
    notes_count = serializers.IntegerField()
    tags = serializers.ListField(child=serializers.ChoiceField(TagName.values()))
    decided_by = serializers.UUIDField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    undo_until = serializers.DateTimeField(allow_null=True)
    shown_at = serializers.DateTimeField(source="item.shown_at", allow_null=True)
    revision = serializers.IntegerField(source="item.revision")

    def get_user(self, row: Any) -> dict[str, Any]:
        return {"user_id": str(row.item.user_id), "email": row.item.user.email, "name": row.name}


class QueuePage(serializers.Serializer[Any]):
    items = ReviewItemOut(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class ClaimsOut(serializers.Serializer[Any]):
    items = ClaimOut(many=True)
    total = serializers.IntegerField()


class StatsOut(serializers.Serializer[Any]):
    pending = serializers.IntegerField()
    approved_today = serializers.IntegerField()
    rejected_today = serializers.IntegerField()
    flagged = serializers.IntegerField()
    avg_review_time_seconds = serializers.IntegerField(allow_null=True)
    oldest_pending_seconds = serializers.IntegerField(allow_null=True)
    my_decisions_today = serializers.IntegerField()


class Many(serializers.Serializer[Any]):
    """Ids are taken as they come: one that names nothing fails alone."""

    action = serializers.ChoiceField(DEEDS)
    recommendation_ids = serializers.ListField(
        child=serializers.CharField(max_length=64), min_length=1, max_length=MANY
    )
    reason = serializers.CharField(default="", allow_blank=True, max_length=500, help_text="Of a rejection.")
    notes = serializers.CharField(default="", allow_blank=True, max_length=500, help_text="Of an approval.")


class Failed(serializers.Serializer[Any]):
    recommendation_id = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class ManyOut(serializers.Serializer[Any]):
    action = serializers.CharField()
    batch_id = serializers.UUIDField()
    total = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    succeeded_ids = serializers.ListField(child=serializers.UUIDField())
    failed_items = Failed(many=True)


class People(serializers.Serializer[Any]):
    user_ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MANY)


class Considered(serializers.Serializer[Any]):
    user_id = serializers.UUIDField()
    outcome = serializers.ChoiceField(Outcome.values())
    education = serializers.IntegerField()
    partner_offers = serializers.IntegerField()
    run_id = serializers.UUIDField(allow_null=True)
    error = serializers.CharField(allow_null=True)


class ConsideredOut(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    results = Considered(many=True)
