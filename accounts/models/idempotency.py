"""Answers already given: what a repeated request with the same key gets back."""

from django.db import models
from django.db.models.functions import Now

from accounts.models.people import Tenant


class StoredAnswer(models.Model):
    """The answer to one keyed write, kept for a day."""

    pk = models.CompositePrimaryKey("tenant_id", "actor", "route", "key")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    actor = models.CharField(max_length=64)
    route = models.CharField(max_length=200)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.SmallIntegerField(null=True)
    response_headers = models.JSONField(default=dict, db_default={})
    response_payload = models.TextField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "idempotency_store"
        indexes = [models.Index(fields=["expires_at"], name="idempotency_expiry")]
