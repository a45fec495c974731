"""Corrections: what a person says the engine has wrong about a merchant or a row."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Tenant, User
from personas.signals import Correction as Kind

KINDS = [kind.value for kind in Kind]


class Correction(models.Model):
    """It outlives re-uploads and recomputation; a row is remembered by our id and by its account and external id."""

    correction_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16)
    merchant = models.CharField(max_length=255, null=True)
    merchant_key = models.CharField(max_length=255, null=True)
    transaction_id = models.UUIDField(null=True)
    account_id = models.UUIDField(null=True)
    external_id = models.CharField(max_length=128, null=True)
    note = models.CharField(max_length=500, null=True)
    effect = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "corrections"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="corrections_kind"),
            models.CheckConstraint(
                condition=Q(merchant_key__isnull=False, transaction_id__isnull=True)
                | Q(merchant_key__isnull=True, transaction_id__isnull=False),
                name="corrections_one_target",
            ),
            models.UniqueConstraint(
                fields=["user", "kind", "merchant_key"],
                condition=Q(withdrawn_at=None, merchant_key__isnull=False),
                name="corrections_merchant_once",
            ),
            models.UniqueConstraint(
                fields=["user", "kind", "transaction_id"],
                condition=Q(withdrawn_at=None, transaction_id__isnull=False),
                name="corrections_row_once",
            ),
        ]
        indexes = [models.Index(fields=["user", "-created_at"], name="corrections_history")]
