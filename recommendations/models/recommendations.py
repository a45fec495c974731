"""What was said to whom and why: items, their traces and moves, and the runs they came out of."""

import uuid

from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Now

from accounts.models import Tenant, User
from accounts.words import Word
from recommendations.lifecycle import OPEN, Status, Verb, Withdrawal
from recommendations.models.cards import Card

SUBJECT = 120


class Kind(Word):
    EDUCATION = "education"
    PARTNER_OFFER = "partner_offer"


class Priority(Word):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


RANK = Case(
    When(priority=Priority.HIGH.value, then=1),
    When(priority=Priority.MEDIUM.value, then=2),
    default=3,
    output_field=models.SmallIntegerField(),
)  # high before medium before low, which their letters are not


class Outcome(Word):
    PROPOSED = "proposed"
    UNCHANGED = "unchanged"
    INSUFFICIENT_CONTENT = "insufficient_content"
    NO_CONSENT = "no_consent"
    NO_ASSIGNMENT = "no_assignment"
    NO_SIGNALS = "no_signals"
    FAILED = "failed"


class Consideration(models.Model):
    """One run for one person, stored even when nothing comes of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    run_id = models.UUIDField()
    assignment_id = models.UUIDField(null=True)
    snapshot_id = models.UUIDField(null=True)
    as_of = models.DateField(null=True)
    outcome = models.CharField(max_length=20, choices=Outcome.choices())
    counts = models.JSONField(default=dict)
    candidates = models.JSONField(default=list)
    duration_ms = models.IntegerField()
    engine_version = models.CharField(max_length=16)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "considerations"
        constraints = [
            models.UniqueConstraint(fields=["user", "run_id"], name="considerations_once_a_run"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values()), name="considerations_outcome"),
        ]
        indexes = [
            models.Index(F("user"), F("created_at").desc(), name="considerations_latest"),
            models.Index(fields=["tenant", "-created_at"], name="considerations_newest"),
        ]


class Recommendation(models.Model):
    """An item as its reader will see it, frozen when it was made; only its status and an operator's edit move."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recommendations")
    run_id = models.UUIDField()
    assignment_id = models.UUIDField()
    card = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    card_version = models.IntegerField()
    card_content_hash = models.CharField(max_length=64)
    subject = models.CharField(max_length=SUBJECT)
    type = models.CharField(max_length=13, choices=Kind.choices())
    title = models.CharField(max_length=255)
    content = models.TextField()
    rationale = models.TextField()
    disclosure = models.TextField()
    presentation = models.JSONField()
    status = models.CharField(max_length=9, choices=Status.choices(), default=Status.PENDING.value)
    priority = models.CharField(max_length=6, choices=Priority.choices())
    position = models.SmallIntegerField()
    persona = models.CharField(max_length=32)
    matched_persona = models.CharField(max_length=32)
    partner_checks = models.JSONField(default=list)
    guardrails_passed = models.BooleanField()
    flagged = models.BooleanField(default=False)
    as_of = models.DateField()
    approved_at = models.DateTimeField(null=True)
    approved_by = models.UUIDField(null=True)
    rejected_at = models.DateTimeField(null=True)
    rejected_by = models.UUIDField(null=True)
    rejection_reason = models.CharField(max_length=500, null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal_reason = models.CharField(max_length=20, null=True, choices=Withdrawal.choices())
    modified_at = models.DateTimeField(null=True)
    modified_by = models.UUIDField(null=True)
    shown_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    clicked = models.BooleanField(default=False)
    clicked_at = models.DateTimeField(null=True)
    revision = models.IntegerField(default=1)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "recommendations"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "subject"],
                condition=Q(status__in=sorted(status.value for status in OPEN)),
                name="recommendations_one_open",
            ),
            models.UniqueConstraint(fields=["user", "id"], name="recommendations_of_user"),
            models.CheckConstraint(condition=Q(status__in=Status.values()), name="recommendations_status"),
            models.CheckConstraint(condition=Q(type__in=Kind.values()), name="recommendations_type"),
            models.CheckConstraint(condition=Q(priority__in=Priority.values()), name="recommendations_priority"),
            models.CheckConstraint(
                condition=~Q(status=Status.APPROVED.value)
                | Q(approved_at__isnull=False, approved_by__isnull=False, guardrails_passed=True),
                name="recommendations_approved_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.REJECTED.value)
                | Q(rejected_at__isnull=False, rejected_by__isnull=False, rejection_reason__isnull=False),
                name="recommendations_rejected_why",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.WITHDRAWN.value)
                | Q(withdrawn_at__isnull=False, withdrawal_reason__in=Withdrawal.values()),
                name="recommendations_withdrawn_why",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "status"], name="recommendations_of_status"),
            models.Index(fields=["tenant", "status", "created_at", "id"], name="recommendations_queue"),
            models.Index(fields=["created_at"], name="recommendations_created"),
            models.Index(fields=["approved_at"], name="recommendations_approved"),
            models.Index(fields=["shown_at"], name="recommendations_shown"),
            models.Index(F("card"), F("created_at").desc(), name="recommendations_made_from"),
            models.Index(
                fields=["card"],
                condition=Q(status__in=sorted(status.value for status in OPEN)),
                name="recommendations_of_card",
            ),
        ]


class Trace(models.Model):
    """Why an item was made, complete enough to be made again; written with it, never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    recommendation = models.OneToOneField(Recommendation, on_delete=models.CASCADE, related_name="trace")
    trace_data = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "decision_traces"


class RecordedMove(models.Model):
    """One change of status or text, by whom and why."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    recommendation = models.ForeignKey(Recommendation, on_delete=models.CASCADE, related_name="moves")
    verb = models.CharField(max_length=8, choices=Verb.choices())
    from_status = models.CharField(max_length=9, null=True)
    to_status = models.CharField(max_length=9)
    actor_id = models.UUIDField(null=True)  # null: the system
    reason = models.CharField(max_length=500, null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    revision = models.IntegerField(db_default=1)  # of the item once moved: moves of one moment have an order too
    at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "recommendation_moves"
        constraints = [
            models.CheckConstraint(condition=Q(verb__in=Verb.values()), name="moves_verb"),
            models.CheckConstraint(
                condition=~Q(verb__in=[Verb.APPROVE.value, Verb.REJECT.value, Verb.MODIFY.value, Verb.OVERRIDE.value])
                | Q(actor_id__isnull=False),
                name="moves_have_an_actor",
            ),
            models.CheckConstraint(
                condition=~Q(verb__in=[Verb.REJECT.value, Verb.WITHDRAW.value, Verb.OVERRIDE.value])
                | Q(reason__isnull=False),
                name="moves_have_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["recommendation", "at"], name="moves_of_item"),
            models.Index(fields=["tenant", "at"], name="moves_of_time"),
        ]
