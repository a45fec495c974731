"""What the routes of one item take and give."""

from types import SimpleNamespace
from typing import Any

from rest_framework import serializers

from accounts.api.paging import Page
from accounts.stated import LONGEST, SHORTEST
from operators.api.reviewshapes import ReviewItemOut
from operators.evidence import Evidence
from operators.models import Note, Tag, TagName
from operators.queue import ReviewItem
from recommendations.models import Flag, RecordedMove
from recommendations.traces import Result

OF_ROW = (
    *("item", "name", "persona_id", "strength", "stale", "guardrails", "claim", "notes_count", "decided_by"),
    *("decided_at", "undo_until"),
)


class Listing(Page):
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class FlagListing(Listing):
    resolved = serializers.BooleanField(required=False, allow_null=True, default=None)
    flagged_by = serializers.UUIDField(required=False)


class Approval(serializers.Serializer[Any]):
    notes = serializers.CharField(max_length=LONGEST, default="", allow_blank=True)


class DecisionReason(serializers.Serializer[Any]):
    reason = serializers.CharField(min_length=SHORTEST, max_length=LONGEST)


class Resolution(serializers.Serializer[Any]):
    resolution = serializers.CharField(min_length=SHORTEST, max_length=LONGEST)


class Edit(serializers.Serializer[Any]):
    """Any of these; every guardrail is asked again of the whole item."""

    title = serializers.CharField(required=False)
    content = serializers.CharField(required=False)
    rationale = serializers.CharField(required=False)
    priority = serializers.CharField(required=False)


class Hold(serializers.Serializer[Any]):
    take_over = serializers.BooleanField(default=False)


class Written(serializers.Serializer[Any]):
    note_text = serializers.CharField(max_length=5000)


class Tagging(serializers.Serializer[Any]):
    tag_name = serializers.CharField()


class Approved(serializers.Serializer[Any]):
    recommendation_id = serializers.UUIDField()
    status = serializers.CharField()
    approved_by = serializers.UUIDField()
    approved_at = serializers.DateTimeField()
    notes = serializers.CharField()
    undo_until = serializers.DateTimeField()


class Rejected(serializers.Serializer[Any]):
    recommendation_id = serializers.UUIDField()
    status = serializers.CharField()
    rejected_by = serializers.UUIDField()
    rejected_at = serializers.DateTimeField()
    reason = serializers.CharField()
    undo_until = serializers.DateTimeField()


class Modified(serializers.Serializer[Any]):
    recommendation_id = serializers.UUIDField()
    status = serializers.CharField()
    modified_by = serializers.UUIDField()
    modified_at = serializers.DateTimeField()
    modifications = serializers.DictField()
    guardrails = serializers.DictField()


class Undone(serializers.Serializer[Any]):
    recommendation_id = serializers.UUIDField()
    restored_status = serializers.CharField()
    reverted_from = serializers.CharField()
    undone_by = serializers.UUIDField()
    undone_at = serializers.DateTimeField()


class FlagOut(serializers.ModelSerializer[Flag]):
    flag_id = serializers.UUIDField(source="pk")

    class Meta:
        model = Flag
        fields = [
            "flag_id",
            "recommendation_id",
            "flagged_by",
            "flag_reason",
            "flagged_at",
            "resolved",
            "resolved_by",
            "resolved_at",
            "resolution",
        ]


class NoteOut(serializers.ModelSerializer[Note]):
    note_id = serializers.UUIDField(source="pk")

    class Meta:
        model = Note
        fields = ["note_id", "recommendation_id", "operator_id", "note_text", "created_at", "updated_at"]


class TagOut(serializers.ModelSerializer[Tag]):
    tag_id = serializers.UUIDField(source="pk")

    class Meta:
        model = Tag
        fields = ["tag_id", "recommendation_id", "tag_name", "tagged_by", "tagged_at"]


class MoveOut(serializers.ModelSerializer[RecordedMove]):
    class Meta:
        model = RecordedMove
        fields = ["verb", "from_status", "to_status", "actor_id", "reason", "before", "after", "revision", "at"]


class FlagPage(serializers.Serializer[Any]):
    items = FlagOut(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class NotePage(serializers.Serializer[Any]):
    items = NoteOut(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class TagPage(serializers.Serializer[Any]):
    items = TagOut(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class AvailableTags(serializers.Serializer[Any]):
    tags = serializers.ListField(child=serializers.ChoiceField(TagName.values()))
    display_names = serializers.DictField(child=serializers.CharField())


class TagCount(serializers.Serializer[Any]):
    tag_name = serializers.CharField()
    count = serializers.IntegerField()


class TagStatistics(serializers.Serializer[Any]):
    total_tags = serializers.IntegerField()
    tagged_recommendations = serializers.IntegerField()
    tag_counts = TagCount(many=True)
    available_tags = serializers.ListField(child=serializers.CharField())


class TraceOut(serializers.Serializer[Any]):
    trace = serializers.DictField()
    moves = MoveOut(many=True)


class DifferenceOut(serializers.Serializer[Any]):
    path = serializers.CharField()
    stored = serializers.JSONField(allow_null=True)
    recomputed = serializers.JSONField(allow_null=True)


class ReplayOut(serializers.Serializer[Any]):
    recommendation_id = serializers.UUIDField()
    result = serializers.ChoiceField(Result.values())
    reason = serializers.CharField(allow_null=True)
    engine_changed = serializers.BooleanField()
    differences = DifferenceOut(many=True)
    duration_ms = serializers.IntegerField()


class CardOfItem(serializers.Serializer[Any]):
    card_id = serializers.UUIDField()
    key = serializers.CharField(allow_null=True)
    title = serializers.CharField()
    version = serializers.IntegerField()
    newest_version = serializers.IntegerField()
    is_active = serializers.BooleanField()


class CitedAccount(serializers.Serializer[Any]):
    account_id = serializers.CharField()
    kind = serializers.CharField()
    name = serializers.CharField(allow_null=True)
    last4 = serializers.CharField(allow_null=True)


class CitedTransaction(serializers.Serializer[Any]):
    transaction_id = serializers.UUIDField(source="id")
    date = serializers.DateField()
    merchant = serializers.CharField()
    amount = serializers.FloatField()
    currency = serializers.CharField(source="iso_currency_code")
    category = serializers.CharField(allow_null=True)
    last4 = serializers.CharField(allow_null=True)


class CitedFact(serializers.Serializer[Any]):
    slot = serializers.CharField()
    text = serializers.CharField()
    signal = serializers.CharField()
    accounts = CitedAccount(many=True)
    transactions = CitedTransaction(many=True)
    count = serializers.IntegerField()


class OtherItem(serializers.Serializer[Any]):
    recommendation_id = serializers.UUIDField(source="pk")
    title = serializers.CharField()
    type = serializers.CharField()
    status = serializers.CharField()
    flagged = serializers.BooleanField()


class Requirement(serializers.Serializer[Any]):
    signal = serializers.CharField()
    op = serializers.CharField(allow_null=True)
    threshold = serializers.JSONField(allow_null=True)
    value = serializers.JSONField(allow_null=True)
    met = serializers.BooleanField()


class EligibilityOut(serializers.Serializer[Any]):
    status = serializers.CharField(allow_null=True)
    criteria = Requirement(many=True)
    held_products = serializers.ListField(child=serializers.CharField())
    partner_checks = serializers.ListField(child=serializers.CharField())


class GuardrailOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    status = serializers.CharField()
    category = serializers.CharField(allow_null=True)
    matched = serializers.ListField(child=serializers.CharField())
    detail = serializers.CharField(allow_null=True)


class ItemDetail(ReviewItemOut):
    """A row of the queue with everything that its decision rests on."""

    content = serializers.CharField()
    disclosure = serializers.CharField()
    moves = MoveOut(many=True)
    notes = NoteOut(many=True)
    tags = TagOut(many=True)  # type: ignore[assignment]
    flags = FlagOut(many=True)
    card = CardOfItem()
    signals_used = serializers.ListField(child=serializers.DictField())
    citations = CitedFact(many=True)
    criteria = serializers.ListField(child=serializers.DictField())
    counterfactual = serializers.DictField(allow_null=True)
    eligibility = EligibilityOut(allow_null=True)
    guardrail_checks = GuardrailOut(many=True)
    other_items = OtherItem(many=True)


def detail(row: ReviewItem, found: Evidence) -> dict[str, Any]:
    item, card = found.item, found.card
    asked = found.trace.get("eligibility") or {}
    told: dict[str, Any] = ItemDetail(
        SimpleNamespace(
            **{
                **{name: getattr(row, name) for name in OF_ROW},
                "content": item.content,
                "disclosure": item.disclosure,
                "moves": found.moves,
                "notes": found.notes,
                "tags": found.tags,
                "flags": found.flags,
                "card": {
                    "card_id": card.pk,
                    "key": card.content.get("key"),
                    "title": card.title,
                    "version": item.card_version,
                    "newest_version": card.version,
                    "is_active": card.is_active,
                },
                "signals_used": found.trace.get("signals_used") or [],
                "citations": found.cited,
                "criteria": found.assignment.get("criteria") or [],
                "counterfactual": found.counterfactual,
                "eligibility": asked if asked.get("status") else None,
                "guardrail_checks": [check.as_json() for check in found.checks],
                "other_items": found.beside,
            }
        )
    ).data
    return told
