"""The consent ledger: what a person agreed to, from when until when."""

import uuid

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q

from accounts.models.people import Tenant, User
from accounts.purposes import Purpose


class ConsentRecord(models.Model):
    """One unbroken agreement to one version of one purpose; closed once, never edited, never deleted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, db_default=RandomUUID())
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=14, choices=Purpose.choices())
    granted_at = models.DateTimeField()
    since = models.DateTimeField()  # a renewal keeps the start of the unbroken consent
    revoked_at = models.DateTimeField(null=True, blank=True)
    version = models.CharField(max_length=16, default="1.0")
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=255, blank=True, default="")
    revoked_ip = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        db_table = "consent_records"
        constraints = [
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values()), name="consent_purpose_known"),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | Q(revoked_at__gte=F("granted_at")),
                name="consent_ends_after_it_began",
            ),
            models.UniqueConstraint(
                fields=["user", "purpose"], condition=Q(revoked_at__isnull=True), name="consent_open_once"
            ),
        ]
        indexes = [
            models.Index(fields=["purpose", "user"], condition=Q(revoked_at__isnull=True), name="consent_open"),
            models.Index(fields=["user", "-granted_at"], name="consent_history"),
        ]
