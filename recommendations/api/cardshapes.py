"""What the cards API gives, and what it takes as the schema tells it; the acts read what is sent."""

from typing import Any

from rest_framework import serializers

from recommendations.models import Card, CardUsage, CardVersion
from recommendations.models.cards import CardType


class CardOut(serializers.ModelSerializer[Card]):
    confidence_score = serializers.FloatField(allow_null=True)
    quality_score = serializers.FloatField(allow_null=True)
    content = serializers.DictField()

    class Meta:
        model = Card
        fields = [
            "card_id",
            "tenant_id",
            "card_type",
            "title",
            "description",
            "content",
            "content_hash",
            "tags",
            "version",
            "is_active",
            "confidence_score",
            "quality_score",
            "usage_count",
            "last_used_at",
            "source_session_id",
            "source_workflow_id",
            "created_by",
            "created_at",
            "updated_at",
            "deleted_at",
        ]


class CardVersionOut(serializers.ModelSerializer[CardVersion]):
    content = serializers.DictField()

    class Meta:
        model = CardVersion
        fields = [
            "card_id",
            "version",
            "title",
            "description",
            "content",
            "content_hash",
            "tags",
            "changed_by",
            "created_at",
        ]


class CardUseOut(serializers.ModelSerializer[CardUsage]):
    metadata = serializers.DictField()

    class Meta:
        model = CardUsage
        fields = ["usage_id", "card_version", "workflow_id", "workflow_type", "session_id", "metadata", "used_at"]


class _Scored(serializers.Serializer[Any]):
    confidence_score = serializers.FloatField(min_value=0, max_value=1, required=False, allow_null=True)
    quality_score = serializers.FloatField(min_value=0, max_value=1, required=False, allow_null=True)


class CardChange(_Scored):
    title = serializers.CharField(max_length=200, required=False)
    description = serializers.CharField(max_length=1000, required=False, allow_null=True)
    content = serializers.DictField(required=False)
    tags = serializers.ListField(child=serializers.CharField(max_length=50), max_length=20, required=False)


class CardItem(CardChange):
    card_type = serializers.ChoiceField(CardType.values())
    content = serializers.DictField()
    source_session_id = serializers.UUIDField(required=False, allow_null=True)
    source_workflow_id = serializers.UUIDField(required=False, allow_null=True)


class CreateCard(CardItem):
    title = serializers.CharField(max_length=200)
    tenant_id = serializers.UUIDField(required=False)
    created_by = serializers.CharField(max_length=255, required=False)


class CompanySnapshot(serializers.Serializer[Any]):
    company = serializers.DictField(help_text="`name` is required.")
    audience = serializers.DictField()
    voice = serializers.DictField()
    insights = serializers.DictField()


class CardBatch(serializers.Serializer[Any]):
    """Either `cards` or `company_snapshot`."""

    cards = serializers.ListField(child=CardItem(), min_length=1, max_length=100, required=False)
    company_snapshot = CompanySnapshot(required=False)
    tenant_id = serializers.UUIDField(required=False)
    source_session_id = serializers.UUIDField(required=False, help_text="Beside `company_snapshot` only.")
    created_by = serializers.CharField(max_length=255, required=False, help_text="Beside `company_snapshot` only.")


class CardBatchOut(serializers.Serializer[Any]):
    cards = CardOut(many=True)
    created_count = serializers.IntegerField()
    deduplicated_count = serializers.IntegerField()


class CardList(serializers.Serializer[Any]):
    cards = CardOut(many=True)
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    page_size = serializers.IntegerField()


class CardRetrieval(serializers.Serializer[Any]):
    card_ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=100)
    tenant_id = serializers.UUIDField(required=False)


class RetrievedCards(CardList):
    missing_ids = serializers.ListField(child=serializers.UUIDField())


class _Page(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class CardVersionPage(_Page):
    items = CardVersionOut(many=True)


class CardUsePage(_Page):
    items = CardUseOut(many=True)


class NewCardUse(serializers.Serializer[Any]):
    workflow_id = serializers.CharField(max_length=255, required=False, allow_null=True)
    workflow_type = serializers.CharField(max_length=100, required=False, allow_null=True)
    session_id = serializers.CharField(max_length=255, required=False, allow_null=True)
    metadata = serializers.DictField(required=False, allow_null=True)


class UsedCard(serializers.Serializer[Any]):
    card_id = serializers.UUIDField()
    usage_count = serializers.IntegerField()
    unique_usage_count = serializers.IntegerField()
    last_used_at = serializers.DateTimeField()
    event_recorded = serializers.BooleanField()


class CardUseGroup(serializers.Serializer[Any]):
    key = serializers.CharField(allow_null=True)
    events = serializers.IntegerField()
    distinct_cards = serializers.IntegerField()


class CardUseSummary(serializers.Serializer[Any]):
    to = serializers.DateField()
    group_by = serializers.CharField()
    total_events = serializers.IntegerField()
    distinct_cards = serializers.IntegerField()
    distinct_workflows = serializers.IntegerField()
    groups = CardUseGroup(many=True)

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.DateField(), **super().get_fields()}  # a word of Python's
