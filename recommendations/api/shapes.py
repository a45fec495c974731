"""What the reader's routes take and give."""

from typing import Any

from rest_framework import serializers

from accounts.api.paging import Page
from recommendations.feed import Sort
from recommendations.models import Kind
from recommendations.models.recommendations import SUBJECT


class Listing(Page):
    limit = serializers.IntegerField(min_value=1, max_value=100, default=20)
    type = serializers.ChoiceField(Kind.values(), required=False)
    sort = serializers.ChoiceField(Sort.values(), default=Sort.POSITION.value)


class Said(serializers.Serializer[Any]):
    """Any of these; null takes one back."""

    rating = serializers.IntegerField(min_value=1, max_value=5, required=False, allow_null=True)
    helpful = serializers.BooleanField(required=False, allow_null=True)
    completed = serializers.BooleanField(required=False, allow_null=True)
    comment = serializers.CharField(max_length=1000, required=False, allow_null=True, allow_blank=True)

    def validate_comment(self, text: str | None) -> str | None:
        return text or None


class Reason(serializers.Serializer[Any]):
    signal = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    value = serializers.CharField(allow_null=True)
    threshold = serializers.CharField(allow_null=True)
    window = serializers.CharField()


class ChangeOut(serializers.Serializer[Any]):
    direction = serializers.CharField()
    persona = serializers.CharField()
    then = serializers.CharField(allow_null=True)
    sentences = serializers.ListField(child=serializers.CharField())


class Partner(serializers.Serializer[Any]):
    name = serializers.CharField()
    logo_url = serializers.CharField(allow_null=True)
    external_url = serializers.CharField(allow_null=True)


class FeedbackGiven(serializers.Serializer[Any]):
    rating = serializers.IntegerField(allow_null=True)
    helpful = serializers.BooleanField(allow_null=True)
    completed = serializers.BooleanField(allow_null=True)
    comment = serializers.CharField(allow_null=True)
    updated_at = serializers.DateTimeField()


class FeedbackOut(FeedbackGiven):
    recommendation_id = serializers.UUIDField()


class ItemOut(serializers.Serializer[Any]):
    recommendation_id = serializers.UUIDField()
    type = serializers.ChoiceField(Kind.values())
    format = serializers.CharField(allow_null=True)
    title = serializers.CharField()
    summary = serializers.CharField(allow_null=True)
    content = serializers.CharField()
    rationale = serializers.CharField()
    why = Reason(many=True)
    counterfactual = ChangeOut(allow_null=True)
    category = serializers.CharField(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField())
    difficulty = serializers.CharField(allow_null=True)
    read_time_minutes = serializers.IntegerField(allow_null=True)
    sources = serializers.ListField(child=serializers.DictField())
    partner = Partner(allow_null=True)
    partner_checks = serializers.ListField(child=serializers.CharField())
    eligibility = serializers.ChoiceField(["eligible"], allow_null=True)
    disclosure = serializers.CharField()
    priority = serializers.CharField()
    position = serializers.IntegerField()
    persona = serializers.CharField()
    as_of = serializers.DateField()
    stale = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    approved_at = serializers.DateTimeField()
    shown_at = serializers.DateTimeField()
    clicked = serializers.BooleanField()
    feedback = FeedbackGiven(allow_null=True)


class StandsAs(serializers.Serializer[Any]):
    slug = serializers.CharField()
    persona_id = serializers.IntegerField()
    name = serializers.CharField()
    strength = serializers.CharField(allow_null=True)


class Consents(serializers.Serializer[Any]):
    analysis = serializers.BooleanField()
    partner_offers = serializers.BooleanField()


class FeedOut(serializers.Serializer[Any]):
    items = ItemOut(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()
    persona = StandsAs(allow_null=True)
    as_of = serializers.DateField(allow_null=True)
    stale = serializers.BooleanField()
    consent = Consents()


class SeenOut(serializers.Serializer[Any]):
    recommendation_id = serializers.UUIDField()
    shown_at = serializers.DateTimeField()
    seen_at = serializers.DateTimeField()


class ClickOut(serializers.Serializer[Any]):
    recommendation_id = serializers.UUIDField()
    clicked = serializers.BooleanField()
    clicked_at = serializers.DateTimeField()
    destination_url = serializers.CharField(allow_null=True)


class Key(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=SUBJECT)


class CheckOut(serializers.Serializer[Any]):
    signal = serializers.CharField()
    op = serializers.CharField()
    threshold = serializers.JSONField()
    value = serializers.JSONField(allow_null=True)
    met = serializers.BooleanField()


class WhyNotOut(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    type = serializers.ChoiceField(Kind.values(), allow_null=True)
    outcome = serializers.CharField()
    as_of = serializers.DateField()
    stale = serializers.BooleanField()
    sentence = serializers.CharField()
    checks = CheckOut(many=True)
    rank = serializers.IntegerField(allow_null=True)
