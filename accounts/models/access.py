"""What happened around sign-in and authority, and the keys of services."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models.people import Tenant, User
from accounts.words import Word


class Kind(Word):
    SIGN_IN = "sign_in"
    SIGN_IN_FAILED = "sign_in_failed"
    LOCKOUT = "lockout"
    REFRESH_REUSE = "refresh_reuse"
    PASSWORD_CHANGE = "password_change"  # noqa: S105 (a word, not a password)
    METHOD_LINKED = "method_linked"
    METHOD_UNLINKED = "method_unlinked"
    ROLE_CHANGE = "role_change"
    CONSENT_GRANTED = "consent_granted"
    CONSENT_REVOKED = "consent_revoked"
    EXPORT = "export"
    ERASURE = "erasure"
    KEY_MADE = "key_made"
    KEY_REVOKED = "key_revoked"


class SecurityEvent(models.Model):
    """One thing that a guard of the house would write down; appended, kept 90 days."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind.choices())
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=255, default="")
    at = models.DateTimeField()
    detail = models.JSONField(default=dict)

    class Meta:
        db_table = "security_events"
        constraints = [models.CheckConstraint(condition=Q(kind__in=Kind.values()), name="security_events_kind")]
        indexes = [
            models.Index(fields=["user", "-at"], name="security_events_user"),
            models.Index(fields=["at"], name="security_events_at"),
        ]


class Scope(Word):
    CARDS_READ = "cards:read"
    CARDS_WRITE = "cards:write"
    PERSONS_READ = "persons:read"
    PERSONS_WRITE = "persons:write"
    METRICS_READ = "metrics:read"


class ApiKey(models.Model):
    """A service's way in. Only the hash of the key is kept; a key without a tenant is the platform's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, null=True, related_name="+")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12)
    key_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=16))
    created_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "api_keys"
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=Scope.values()) & Q(scopes__len__gt=0), name="api_keys_scopes"
            )
        ]
