"""Dossiers: a person, the texts handed in about them, and every portrait that was made of those texts."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Now

from accounts.models import Tenant, User
from accounts.words import Word

SUBMISSIONS = 1_000  # of one person
CHARACTERS = 5_000_000
LONGEST = 100_000  # characters of one submission


class Beginning(Word):
    """Where a dossier comes from: the API of persons, the former one, or a migration of its rows."""

    PERSON = "person"
    LEGACY = "legacy"
    MIGRATION = "migration"


class Person(models.Model):
    """Whoever writes below it locks this row; `revision` rises with every submission and every portrait.

    How much there is stands here, so that neither a page nor a limit counts or measures what piles up.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(
        Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    user = models.OneToOneField(User, on_delete=models.CASCADE, null=True, related_name="+")
    first_name = models.CharField(max_length=255, null=True)
    last_name = models.CharField(max_length=255, null=True)
    gender = models.CharField(max_length=50, null=True)
    origin = models.CharField(max_length=20, choices=Beginning.choices(), default=Beginning.PERSON.value)
    revision = models.IntegerField(default=0, db_default=0)
    person_data_count = models.IntegerField(default=0, db_default=0)
    characters = models.IntegerField(default=0, db_default=0)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "persons"
        constraints = [
            models.CheckConstraint(condition=Q(origin__in=Beginning.values()), name="persons_origin"),
            models.CheckConstraint(
                condition=Q(person_data_count__range=(0, SUBMISSIONS), characters__range=(0, CHARACTERS)),
                name="persons_hold",
            ),
        ]
        indexes = [models.Index(F("tenant"), F("created_at").desc(), F("id").desc(), name="persons_newest")]


class Submission(models.Model):
    """One text, as it was handed in; nobody changes it, a merge gives it to another person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    person = models.ForeignKey(
        Person, on_delete=models.DO_NOTHING, related_name="submissions", db_constraint=False, db_index=False
    )
    seq = models.BigIntegerField(unique=True, db_default=Func(Value("person_data_seq"), function="nextval"))
    raw_text = models.TextField()
    source = models.CharField(max_length=50, default="api", db_default="api")
    sha256 = models.CharField(max_length=64)
    author = models.ForeignKey(
        User, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "person_data"
        indexes = [
            models.Index(fields=["person", "created_at", "seq"], name="idx_person_data_person_id"),
            models.Index(fields=["created_at"], name="idx_person_data_created_at"),
            models.Index(fields=["author"], condition=Q(author__isnull=False), name="person_data_author"),
        ]


class Notes(models.Model):
    """What a provider noted of one submission, so that it is asked about each text once."""

    pk = models.CompositePrimaryKey("person_data_id", "prompt_version")
    person_data = models.ForeignKey(
        Submission, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    prompt_version = models.IntegerField()
    notes = models.TextField()
    model = models.CharField(max_length=100)
    tokens = models.IntegerField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "person_notes_cache"


class Portrait(models.Model):
    """What stands now: one row and one id for all versions."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(
        Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    person = models.OneToOneField(Person, on_delete=models.DO_NOTHING, related_name="portrait", db_constraint=False)
    persona = models.JSONField()
    computed_from_data_ids = ArrayField(models.UUIDField(), default=list, db_default=[])
    version = models.IntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "personas"
        constraints = [models.CheckConstraint(condition=Q(version__gte=1), name="personas_version")]
        indexes = [
            models.Index(fields=["tenant", "-created_at", "-id"], name="personas_newest"),
            models.Index(fields=["-updated_at"], name="idx_personas_updated_at"),
            models.Index(fields=["version"], name="idx_personas_version"),
        ]


class PortraitVersion(models.Model):
    """One portrait as it was made, by what, and from what."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(
        Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    person = models.ForeignKey(
        Person, on_delete=models.DO_NOTHING, related_name="versions", db_constraint=False, db_index=False
    )
    portrait = models.ForeignKey(
        Portrait, on_delete=models.DO_NOTHING, related_name="versions", db_column="persona_id", db_constraint=False
    )
    version = models.IntegerField()
    persona = models.JSONField()
    data_ids = ArrayField(models.UUIDField())
    input_hash = models.CharField(max_length=64)
    generator = models.CharField(max_length=100)
    prompt_version = models.IntegerField(null=True)
    tokens_in = models.IntegerField(default=0, db_default=0)
    tokens_out = models.IntegerField(default=0, db_default=0)
    latency_ms = models.IntegerField(default=0, db_default=0)
    created_by = models.UUIDField(null=True)  # no foreign key: a version stays when its author leaves
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "persona_versions"
        constraints = [models.UniqueConstraint(fields=["person", "version"], name="persona_versions_once")]


class PortraitSource(models.Model):
    """That a version was made from a submission, and in which place it was read."""

    pk = models.CompositePrimaryKey("persona_version_id", "person_data_id")
    persona_version = models.ForeignKey(
        PortraitVersion, on_delete=models.DO_NOTHING, related_name="sources", db_constraint=False, db_index=False
    )
    person_data = models.ForeignKey(Submission, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    position = models.IntegerField()

    class Meta:
        db_table = "persona_version_sources"
