"""What the reader answers: feedback on an item, and the log of questions asked."""

import uuid

from django.db import models
from django.db.models import Q

from accounts.models import Tenant, User
from recommendations.models.recommendations import Recommendation


class Feedback(models.Model):
    """One answer of one reader to one item, changeable."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    recommendation = models.ForeignKey(Recommendation, on_delete=models.CASCADE, related_name="feedback")
    rating = models.SmallIntegerField(null=True)
    helpful = models.BooleanField(null=True)
    completed = models.BooleanField(null=True)
    comment = models.CharField(max_length=1000, null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "recommendation_feedback"
        constraints = [
            models.UniqueConstraint(fields=["user", "recommendation"], name="feedback_once"),
            models.CheckConstraint(condition=Q(rating__isnull=True) | Q(rating__range=(1, 5)), name="feedback_rating"),
            models.CheckConstraint(
                condition=Q(rating__isnull=False)
                | Q(helpful__isnull=False)
                | Q(completed__isnull=False)
                | Q(comment__isnull=False),
                name="feedback_says_something",
            ),
        ]


class ChatLog(models.Model):
    """One question and its answer, with the figures it stands on."""

    chat_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    conversation_id = models.UUIDField()
    message = models.TextField()
    response = models.TextField()
    citations = models.JSONField(default=list)
    intent = models.CharField(max_length=24)
    guardrails_passed = models.BooleanField()
    provider = models.CharField(max_length=100, null=True)
    as_of = models.DateField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "chat_logs"
        indexes = [
            models.Index(fields=["user", "-created_at"], name="chat_logs_newest"),
            models.Index(fields=["created_at"], name="chat_logs_created"),
        ]
