"""Cards: reviewed, versioned content of one tenant, and the events of its use."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Now

from accounts.models import Tenant
from accounts.words import Word

models.CharField.register_lookup(Length)


class CardType(Word):
    COMPANY = "company"
    AUDIENCE = "audience"
    VOICE = "voice"
    INSIGHT = "insight"


class Card(models.Model):
    """The newest version of a piece of content. A deleted card stays, inactive."""

    card_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    card_type = models.CharField(max_length=50, choices=CardType.choices())
    title = models.CharField(max_length=200)
    description = models.CharField(max_length=1000, null=True)
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    tags = ArrayField(models.CharField(max_length=50), default=list)
    version = models.IntegerField(default=1)
    is_active = models.BooleanField(default=True)
    confidence_score = models.DecimalField(max_digits=4, decimal_places=3, null=True)
    quality_score = models.DecimalField(max_digits=4, decimal_places=3, null=True)
    usage_count = models.IntegerField(default=0)
    last_used_at = models.DateTimeField(null=True)
    source_session_id = models.UUIDField(null=True)
    source_workflow_id = models.UUIDField(null=True)
    created_by = models.CharField(max_length=255)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())  # a trigger keeps it
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cards"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "card_id"], name="cards_of_tenant"),  # composite keys point here
            models.UniqueConstraint(
                fields=["tenant", "card_type", "content_hash"], condition=Q(is_active=True), name="cards_content_once"
            ),
            models.CheckConstraint(condition=Q(card_type__in=CardType.values()), name="cards_type"),
            models.CheckConstraint(condition=Q(title__length__range=(1, 200)), name="cards_title"),
            models.CheckConstraint(condition=Q(content_hash__regex=r"^[0-9a-f]{64}$"), name="cards_hash"),
            models.CheckConstraint(condition=Q(tags__len__lte=20), name="cards_tags"),
            models.CheckConstraint(condition=Q(version__gte=1), name="cards_version"),
            models.CheckConstraint(
                condition=Q(is_active=True, deleted_at__isnull=True) | Q(is_active=False, deleted_at__isnull=False),
                name="cards_deleted_is_inactive",
            ),
            models.CheckConstraint(
                condition=(Q(confidence_score__isnull=True) | Q(confidence_score__range=(0, 1)))
                & (Q(quality_score__isnull=True) | Q(quality_score__range=(0, 1))),
                name="cards_scores",
            ),
            models.CheckConstraint(condition=Q(usage_count__gte=0), name="cards_usage"),
        ]
        indexes = [
            models.Index(F("tenant"), F("created_at").desc(), F("card_id").desc(), name="cards_newest"),
            models.Index(fields=["tenant", "card_type"], condition=Q(is_active=True), name="cards_active"),
            models.Index(fields=["tenant", "content_hash"], name="cards_by_hash"),
            models.Index(
                fields=["source_session_id"], condition=Q(source_session_id__isnull=False), name="cards_session"
            ),
            GinIndex(OpClass(F("content"), "jsonb_path_ops"), name="cards_content"),
            GinIndex(fields=["tags"], name="cards_by_tag"),
        ]


class CardVersion(models.Model):
    """What a card said at one version; appended with the change that made it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    card = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="versions", db_constraint=False)
    version = models.IntegerField()
    title = models.CharField(max_length=200)
    description = models.CharField(max_length=1000, null=True)
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    tags = ArrayField(models.CharField(max_length=50), default=list)
    changed_by = models.CharField(max_length=255)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "card_versions"
        constraints = [models.UniqueConstraint(fields=["card", "version"], name="card_versions_once")]


class CardUsage(models.Model):
    """One use of a card by a workflow."""

    usage_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    card = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="uses", db_constraint=False)
    card_version = models.IntegerField()
    workflow_id = models.CharField(max_length=255, null=True)
    workflow_type = models.CharField(max_length=100, null=True)
    session_id = models.CharField(max_length=255, null=True)
    trace_id = models.CharField(max_length=64, default="")
    metadata = models.JSONField(default=dict)
    used_at = models.DateTimeField()

    class Meta:
        db_table = "card_usage"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "workflow_id", "card"],
                condition=Q(workflow_id__isnull=False),
                name="card_usage_once_a_workflow",
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "-used_at"], name="card_usage_newest"),
            models.Index(fields=["workflow_type"], name="card_usage_workflow"),
        ]
