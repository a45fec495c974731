"""What the routes of dossiers take and give."""

from typing import Any

from rest_framework import serializers

from personas import portraits
from personas.models import Person, Portrait, PortraitVersion, Submission
from personas.models.dossiers import LONGEST


class Exact(serializers.Serializer[Any]):
    """Takes what it names and nothing else."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            said = serializers.ErrorDetail("There is no such field here.", "UNKNOWN_FIELD")
            raise serializers.ValidationError({name: [said] for name in unknown[:20]})
        return super().to_internal_value(data)


class Words(serializers.CharField):
    """A string; a number is none."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class RawText(Words):
    """As it was sent, if there is something to read in it."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"max_length": LONGEST, "trim_whitespace": False, **given})

    def run_validation(self, data: Any = serializers.empty) -> Any:
        text = super().run_validation(data)
        if isinstance(text, str) and not portraits.cleaned(text):
            self.fail("blank")
        return text


class Names(Exact):
    first_name = Words(max_length=255, required=False, allow_null=True)
    last_name = Words(max_length=255, required=False, allow_null=True)
    gender = Words(max_length=50, required=False, allow_null=True)


class NewPerson(Names):
    user_id = serializers.UUIDField(required=False, allow_null=True)


class NewData(Exact):
    raw_text = RawText()
    source = Words(max_length=50, default="api")  # type: ignore[assignment]


class PersonOut(serializers.ModelSerializer[Person]):
    latest_persona_version = serializers.SerializerMethodField()

    class Meta:
        model = Person
        fields = [
            "id",
            "first_name",
            "last_name",
            "gender",
            "created_at",
            "updated_at",
            "person_data_count",
            "latest_persona_version",
        ]

    def get_latest_persona_version(self, person: Person) -> int | None:
        return getattr(person, "latest_persona_version", None)


class PersonDataOut(serializers.ModelSerializer[Submission]):
    source = serializers.CharField()  # type: ignore[assignment]

    class Meta:
        model = Submission
        fields = ["id", "person_id", "raw_text", "source", "created_at"]


class PersonDataPage(serializers.Serializer[Any]):
    items = PersonDataOut(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class PortraitOut(serializers.ModelSerializer[Portrait]):
    persona = serializers.DictField()
    computed_from_data_ids = serializers.ListField(child=serializers.UUIDField())

    class Meta:
        model = Portrait
        fields = ["id", "person_id", "persona", "version", "computed_from_data_ids", "created_at", "updated_at"]


class PortraitWithHistory(PortraitOut):
    computed_from_data = PersonDataOut(many=True)

    class Meta(PortraitOut.Meta):
        fields = [*PortraitOut.Meta.fields, "computed_from_data"]


class Regenerated(serializers.Serializer[Any]):
    person_data = PersonDataOut()
    persona = PortraitOut()


class VersionOut(serializers.ModelSerializer[PortraitVersion]):
    persona = serializers.DictField()
    computed_from_data_ids = serializers.ListField(source="data_ids", child=serializers.UUIDField())

    class Meta:
        model = PortraitVersion
        fields = [
            "version",
            "persona",
            "computed_from_data_ids",
            "generator",
            "prompt_version",
            "input_hash",
            "created_at",
        ]


class VersionPage(serializers.Serializer[Any]):
    items = VersionOut(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()
