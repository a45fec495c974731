"""What remains of leaving: exports, the receipts of erasures, and agreements of people who are gone."""

import uuid

from django.db import models
from django.db.models import Q

from accounts.models.people import Tenant, User
from accounts.purposes import Purpose
from accounts.words import Word


class ExportStatus(Word):
    PENDING = "pending"
    READY = "ready"
    EXPIRED = "expired"
    FAILED = "failed"


class Export(models.Model):
    """A person's own data, asked for once a day and made by a worker; the row is what it has to do."""

    export_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    status = models.CharField(max_length=7, choices=ExportStatus.choices(), default=ExportStatus.PENDING.value)
    requested_at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    retry_after = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(null=True)
    size = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, null=True)

    class Meta:
        db_table = "exports"
        constraints = [
            models.CheckConstraint(condition=Q(status__in=ExportStatus.values()), name="exports_status"),
            models.CheckConstraint(
                condition=~Q(status=ExportStatus.READY.value)
                | Q(ready_at__isnull=False, size__isnull=False, sha256__isnull=False),
                name="exports_ready_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-requested_at"], name="exports_of_user"),
            models.Index(fields=["tenant"], condition=Q(status__in=["pending", "ready"]), name="exports_open"),
        ]

    @property
    def key(self) -> str:
        return f"exports/{self.user_id}/{self.export_id}.zip"


class Scope(Word):
    ANALYSIS = "analysis"
    NOTES = "notes"
    ACCOUNT = "account"


class ErasureStatus(Word):
    ROWS_ERASED = "rows_erased"
    COMPLETE = "complete"
    OBJECTS_REMAIN = "objects_remain"


class Erasure(models.Model):
    """One erasure and what it found. It knows the pseudonym only; `places` name the person until nothing is there."""

    erasure_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    scope = models.CharField(max_length=8, choices=Scope.choices())
    status = models.CharField(max_length=14, choices=ErasureStatus.choices(), default=ErasureStatus.ROWS_ERASED.value)
    subject_ref = models.CharField(max_length=64)
    requested_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField()
    retry_after = models.DateTimeField(null=True)
    issued = models.JSONField()  # the receipt as it was hashed
    places = models.JSONField(default=list)
    objects_found = models.IntegerField(null=True)  # unknown while the store is away
    objects_remaining = models.IntegerField(null=True)
    receipt_hash = models.CharField(max_length=64)
    token_hash = models.CharField(max_length=64)

    class Meta:
        db_table = "erasures"
        constraints = [
            models.CheckConstraint(condition=Q(scope__in=Scope.values()), name="erasures_scope"),
            models.CheckConstraint(condition=Q(status__in=ErasureStatus.values()), name="erasures_status"),
            models.CheckConstraint(
                condition=~Q(status=ErasureStatus.COMPLETE.value)
                | Q(completed_at__isnull=False, objects_remaining=0, places=[]),
                name="erasures_complete_is_empty",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant"], condition=Q(status="rows_erased"), name="erasures_open"),
            models.Index(fields=["subject_ref"], name="erasures_subject"),
        ]


class ArchivedConsent(models.Model):
    """What somebody had agreed to who is no longer here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    subject_ref = models.CharField(max_length=64)
    purpose = models.CharField(max_length=14, choices=Purpose.choices())
    version = models.CharField(max_length=16)
    granted_at = models.DateTimeField()
    revoked_at = models.DateTimeField()

    class Meta:
        db_table = "consent_archive"
        indexes = [models.Index(fields=["subject_ref"], name="consent_archive_subject")]


class Ending(Word):
    REVOCATION = "revocation"
    ERASURE = "erasure"


class LedgerLine(models.Model):
    """A revocation or an erasure that must also stand outside the database; the row waits until it does."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Ending.choices())
    scope = models.CharField(max_length=14)
    subject_ref = models.CharField(max_length=64)
    at = models.DateTimeField()
    written_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "consent_ledger"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Ending.values()), name="consent_ledger_kind"),
        ]
        indexes = [
            models.Index(fields=["tenant", "at"], condition=Q(written_at__isnull=True), name="consent_ledger_due")
        ]

    @property
    def key(self) -> str:
        return f"ledger/consent/{self.at:%Y-%m-%d}/{self.at:%H%M%S%f}-{self.pk}.json"
