"""Assignments and the transitions between them: append-only; profiles are a projection of the latest."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Now

from accounts.models import Tenant, User
from accounts.words import Word
from personas.models.rulesets import RuleSet
from personas.models.snapshots import Snapshot, Window
from personas.rules import Persona, Strength


class Source(Word):
    COMPUTED = "computed"
    OPERATOR = "operator"
    IMPORT = "import"


class Risk(Word):
    """What is risky about a person's last month, as a list of many people tells it."""

    HIGH_UTILIZATION = "high_utilization"
    OVERDUE = "overdue"
    INTEREST_CHARGED = "interest_charged"
    LOW_BUFFER = "low_buffer"


class Cause(Word):
    DATA = "data"
    RULES = "rules"
    OPERATOR = "operator"
    CORRECTION = "correction"


PERSONAS = [persona.value for persona in Persona]
STRENGTHS = [strength.value for strength in Strength]
FALLBACK = Persona.GENERAL_WELLNESS.value


class Assignment(models.Model):
    """One persona given to one person for one window. "Current" is the latest by (assigned_at, seq), never a flag."""

    assignment_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    seq = models.BigIntegerField(unique=True, db_default=Func(Value("user_personas_seq"), function="nextval"))
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    window_type = models.CharField(max_length=4, choices=Window.choices())
    primary_persona = models.CharField(max_length=32)
    primary_match_strength = models.CharField(max_length=8)
    secondary_personas = models.JSONField(default=list)
    all_matches = models.JSONField(default=list)
    criteria_met = models.JSONField(default=dict)
    criteria = models.JSONField(default=list)
    met = ArrayField(
        models.CharField(max_length=40), default=list, db_default=[]
    )  # to compare without reading criteria
    snapshot = models.ForeignKey(Snapshot, on_delete=models.DO_NOTHING, null=True, related_name="+")
    as_of = models.DateField(null=True)
    data_fingerprint = models.CharField(max_length=64, null=True)
    rule_set = models.ForeignKey(RuleSet, on_delete=models.PROTECT, related_name="+")
    rule_set_version = models.IntegerField()
    profile_persona = models.CharField(max_length=32)
    source = models.CharField(max_length=8, choices=Source.choices(), default=Source.COMPUTED.value)
    assigned_by = models.UUIDField(null=True)
    reason = models.TextField(null=True)
    held_until = models.DateTimeField(null=True)
    assigned_at = models.DateTimeField()

    class Meta:
        db_table = "user_personas"
        constraints = [
            models.CheckConstraint(condition=Q(window_type__in=Window.values()), name="assignments_window"),
            models.CheckConstraint(condition=Q(primary_persona__in=PERSONAS), name="assignments_persona"),
            models.CheckConstraint(condition=Q(primary_match_strength__in=STRENGTHS), name="assignments_strength"),
            models.CheckConstraint(
                condition=Q(primary_match_strength=Strength.DEFAULT.value, primary_persona=FALLBACK)
                | (~Q(primary_match_strength=Strength.DEFAULT.value) & ~Q(primary_persona=FALLBACK)),
                name="assignments_default_is_the_fallback",
            ),
            models.CheckConstraint(condition=Q(source__in=Source.values()), name="assignments_source"),
            models.CheckConstraint(
                condition=~Q(source=Source.OPERATOR.value) | Q(assigned_by__isnull=False, reason__isnull=False),
                name="assignments_override_has_author_and_reason",
            ),
        ]
        indexes = [
            models.Index(
                F("user"), F("window_type"), F("assigned_at").desc(), F("seq").desc(), name="assignments_latest"
            ),
            models.Index(fields=["user", "assigned_at"], name="assignments_history"),
            models.Index(fields=["primary_persona"], name="assignments_by_persona"),
            models.Index(fields=["assigned_at"], name="assignments_by_age"),
        ]


class Transition(models.Model):
    """A change of primary between two consecutive assignments of a window."""

    transition_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    window_type = models.CharField(max_length=4, choices=Window.choices())
    assignment = models.OneToOneField(Assignment, on_delete=models.DO_NOTHING, related_name="+")
    from_assignment = models.ForeignKey(Assignment, on_delete=models.DO_NOTHING, related_name="+")
    from_persona = models.CharField(max_length=32)
    to_persona = models.CharField(max_length=32)
    transition_date = models.DateField()
    days_in_previous_persona = models.IntegerField()
    cause = models.CharField(max_length=10, choices=Cause.choices())
    celebration_shown = models.BooleanField(default=False)
    celebration_acknowledged_at = models.DateTimeField(null=True)
    milestone_achieved = models.CharField(max_length=40, null=True)
    achievement_title = models.CharField(max_length=80, null=True)
    from_assigned_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "persona_transitions"
        constraints = [
            models.CheckConstraint(condition=~Q(to_persona=F("from_persona")), name="transitions_change"),
            models.CheckConstraint(condition=Q(days_in_previous_persona__gte=0), name="transitions_days"),
            models.CheckConstraint(condition=Q(cause__in=Cause.values()), name="transitions_cause"),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="transitions_history"),
            models.Index(fields=["transition_date"], name="transitions_by_day"),
        ]


class Profile(models.Model):
    """Where a person stands now: a projection, rebuildable; `basis` is the mark that makes nobody due twice."""

    profile_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="+")
    persona_id = models.SmallIntegerField(null=True)
    persona_name = models.CharField(max_length=40, null=True)
    persona = models.CharField(max_length=32, null=True)
    as_of = models.DateField(null=True)
    rule_set_version = models.IntegerField(null=True)
    algorithm_version = models.CharField(max_length=16, default="")
    refreshed_at = models.DateTimeField()
    basis = models.IntegerField(null=True)  # the person's own, as it was when they were measured; null: not known
    updated_at = models.DateTimeField(db_default=Now())
    persona_30d = models.CharField(max_length=32, null=True)
    strength_30d = models.CharField(max_length=8, null=True)
    persona_180d = models.CharField(max_length=32, null=True)
    risks = ArrayField(models.CharField(max_length=16), default=list, db_default=[])

    class Meta:
        db_table = "persona_profiles"
        constraints = [
            models.CheckConstraint(
                condition=Q(persona_id__isnull=True, persona__isnull=True, persona_name__isnull=True)
                | Q(persona_id__range=(1, 5), persona__in=PERSONAS, persona_name__isnull=False),
                name="profiles_persona_whole",
            )
        ]
        indexes = [models.Index(fields=["persona_id"], name="profiles_by_persona")]
