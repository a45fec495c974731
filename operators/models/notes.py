"""What staff write beside an item for one another: notes in words, and tags out of a short list."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length

from accounts.models import Tenant, User
from accounts.words import Word
from recommendations.models import Recommendation

NOTE = 5000
models.TextField.register_lookup(Length)


class TagName(Word):
    NEEDS_REVIEW = "needs_review"
    EDGE_CASE = "edge_case"
    TRAINING_EXAMPLE = "training_example"
    POLICY_QUESTION = "policy_question"
    TONE_CONCERN = "tone_concern"
    ELIGIBILITY_QUESTION = "eligibility_question"
    LLM_ERROR = "llm_error"
    GREAT_EXAMPLE = "great_example"


class Note(models.Model):
    """Its author may change it or take it away; what it said before stays in the audit chain."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    recommendation = models.ForeignKey(Recommendation, on_delete=models.CASCADE, related_name="notes")
    operator_id = models.UUIDField()
    note_text = models.TextField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "recommendation_notes"
        constraints = [
            models.CheckConstraint(
                condition=Q(note_text__length__gte=1, note_text__length__lte=NOTE), name="recommendation_notes_length"
            )
        ]
        indexes = [models.Index(fields=["recommendation", "created_at", "id"], name="recommendation_notes_of_item")]


class Tag(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    recommendation = models.ForeignKey(Recommendation, on_delete=models.CASCADE, related_name="tags")
    tag_name = models.CharField(max_length=20, choices=TagName.choices())
    tagged_by = models.UUIDField()
    tagged_at = models.DateTimeField()

    class Meta:
        db_table = "recommendation_tags"
        constraints = [
            models.UniqueConstraint(fields=["recommendation", "tag_name"], name="recommendation_tags_once"),
            models.CheckConstraint(condition=Q(tag_name__in=TagName.values()), name="recommendation_tags_name"),
        ]
        indexes = [models.Index(fields=["tenant", "tag_name"], name="recommendation_tags_of_name")]
