"""What the routes of rule sets take and give."""

from typing import Any

from rest_framework import serializers

from accounts.api.paging import Page
from accounts.stated import LONGEST, SHORTEST
from personas import cases
from personas.models import OverrideCase, RuleSet, Window
from personas.models.rulesets import Status

ALL = "all"
STATES = [*cases.State.values(), ALL]
BY_DEFAULT = [Window.DAYS_30.value, Window.DAYS_180.value]


class Listing(Page):
    status = serializers.ChoiceField(Status.values(), required=False)


class CaseListing(Page):
    state = serializers.ChoiceField(STATES, default=cases.State.OPEN.value)


class DraftChange(serializers.Serializer[Any]):
    base_version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)
    document = serializers.JSONField(required=False)
    note = serializers.CharField(max_length=LONGEST, required=False, allow_blank=True)


class NewDraft(DraftChange):
    pass


class Wish(serializers.Serializer[Any]):
    windows = serializers.ListField(
        child=serializers.ChoiceField(Window.values()), min_length=1, max_length=len(Window), default=BY_DEFAULT
    )
    as_of = serializers.DateField(default=None, allow_null=True)


class Note(serializers.Serializer[Any]):
    note = serializers.CharField(min_length=SHORTEST, max_length=LONGEST)


class Waiver(serializers.Serializer[Any]):
    case_id = serializers.UUIDField()
    reason = serializers.CharField(min_length=SHORTEST, max_length=LONGEST)


class Publication(Note):
    simulation_id = serializers.UUIDField(default=None, allow_null=True)
    waivers = Waiver(many=True, default=list)


class RuleSetOut(serializers.ModelSerializer[RuleSet]):
    name = serializers.CharField(source="document.name", default="")
    status = serializers.SerializerMethodField()

    class Meta:
        model = RuleSet
        fields = [
            "id",
            "version",
            "status",
            "name",
            "hash",
            "base_version",
            "note",
            "created_by",
            "created_at",
            "published_by",
            "published_at",
        ]

    def get_status(self, row: RuleSet) -> str:
        """As the institution sees it: the shipped rules are published for all, and retired for who has their own."""
        replaced = row.status == Status.PUBLISHED and self.context.get("active", row.pk) != row.pk
        return Status.RETIRED.value if replaced else row.status


class Difference(serializers.Serializer[Any]):
    persona = serializers.CharField(allow_null=True)
    part = serializers.ChoiceField(["name", "match", "strong", "moderate"])
    change = serializers.ChoiceField(["added", "removed", "changed", "rearranged"])
    id = serializers.CharField(allow_null=True)
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class RuleSetDetail(RuleSetOut):
    document = serializers.DictField()
    diff = Difference(many=True)

    class Meta(RuleSetOut.Meta):
        fields = [*RuleSetOut.Meta.fields, "document", "diff"]


class BrokenCase(serializers.Serializer[Any]):
    case_id = serializers.UUIDField()
    window_type = serializers.CharField()
    expected_persona = serializers.CharField()
    got = serializers.CharField()


class PublishedOut(RuleSetOut):
    users_due = serializers.IntegerField()
    cases_broken = BrokenCase(many=True)

    class Meta(RuleSetOut.Meta):
        fields = [*RuleSetOut.Meta.fields, "users_due", "cases_broken"]


class RuleSetPage(serializers.Serializer[Any]):
    items = RuleSetOut(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()
    active_version = serializers.IntegerField()


class Finding(serializers.Serializer[Any]):
    kind = serializers.CharField()
    severity = serializers.CharField()
    persona = serializers.CharField()
    criteria = serializers.ListField(child=serializers.CharField())
    sentence = serializers.CharField()
    witness = serializers.DictField(allow_null=True)


class LintOut(serializers.Serializer[Any]):
    rule_set_hash = serializers.CharField()
    errors = serializers.IntegerField()  # type: ignore[assignment]
    warnings = serializers.IntegerField()
    findings = Finding(many=True)


class Started(serializers.Serializer[Any]):
    simulation_id = serializers.UUIDField()
    status = serializers.CharField()


class CaseOut(serializers.ModelSerializer[OverrideCase]):
    class Meta:
        model = OverrideCase
        fields = [
            "case_id",
            "user_id",
            "assignment_id",
            "window_type",
            "signals",
            "expected_persona",
            "reason",
            "created_by",
            "created_at",
            "state",
            "waived_by",
            "waived_at",
            "waive_reason",
            "waived_version",
        ]


class CasePage(serializers.Serializer[Any]):
    items = CaseOut(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()
