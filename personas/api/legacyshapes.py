"""What the former routes of personas take and give."""

from typing import Any

from rest_framework import serializers

from accounts.api.paging import Page
from personas.api.dossiershapes import Exact, PortraitOut, RawText, Words

FORMER_LONGEST = 50_000


class FormerTexts(Exact):
    """What a client of the former API hands in."""

    raw_text = RawText(max_length=FORMER_LONGEST, required=False)
    urls = serializers.ListField(child=Words(max_length=2000), min_length=1, max_length=10, required=False)

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        if not sent:
            raise serializers.ValidationError("Send a raw_text, urls or both.", "NOTHING_SENT")
        return sent


class Batch(serializers.ListSerializer[Any]):
    def __init__(self, **given: Any) -> None:
        super().__init__(child=RawText(max_length=FORMER_LONGEST), min_length=1, max_length=20, **given)


class Merge(Exact):
    persona_id_1 = serializers.UUIDField()
    persona_id_2 = serializers.UUIDField()
    merged_raw_text = RawText(max_length=FORMER_LONGEST, required=False, allow_null=True)


class FormerPage(Page):
    limit = serializers.IntegerField(min_value=1, max_value=100, default=10)


class Search(serializers.Serializer[Any]):
    q = Words(max_length=200, trim_whitespace=False)
    limit = serializers.IntegerField(min_value=1, max_value=100, default=10)


class Export(serializers.Serializer[Any]):
    format = serializers.ChoiceField(["json"], default="json")
    limit = serializers.IntegerField(min_value=1, max_value=10_000, default=1000)


class FormerCreated(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class FormerOut(PortraitOut):
    raw_text = serializers.CharField()

    class Meta(PortraitOut.Meta):
        fields = [*PortraitOut.Meta.fields, "raw_text"]


class FormerOutPage(serializers.Serializer[Any]):
    items = FormerOut(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class Stats(serializers.Serializer[Any]):
    total_personas = serializers.IntegerField()
    oldest_created = serializers.DateTimeField(allow_null=True)
    newest_created = serializers.DateTimeField(allow_null=True)
    days_active = serializers.IntegerField()


class Exported(serializers.Serializer[Any]):
    export_format = serializers.CharField()
    exported_at = serializers.DateTimeField()
    total_in_system = serializers.IntegerField()
    personas = FormerOut(many=True)
    total_exported = serializers.IntegerField()
