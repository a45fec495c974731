"""What stands beside an item while people decide about it: flags, and who holds it."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length

from accounts.models import Tenant, User
from recommendations.models.recommendations import Recommendation

models.CharField.register_lookup(Length)


class Flag(models.Model):
    """A doubt about an item: an open one blocks approval and hides an approved item from its reader."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    recommendation = models.ForeignKey(Recommendation, on_delete=models.CASCADE, related_name="flags")
    flagged_by = models.UUIDField(null=True)  # null: the system
    flag_reason = models.CharField(max_length=500)
    flagged_at = models.DateTimeField()
    resolved = models.BooleanField(default=False)
    resolved_by = models.UUIDField(null=True)
    resolved_at = models.DateTimeField(null=True)
    resolution = models.CharField(max_length=500, null=True)

    class Meta:
        db_table = "recommendation_flags"
        constraints = [
            models.UniqueConstraint(
                fields=["recommendation"], condition=Q(resolved=False), name="recommendation_flags_one_open"
            ),
            models.CheckConstraint(condition=Q(flag_reason__length__gte=10), name="recommendation_flags_reason"),
            models.CheckConstraint(
                condition=Q(resolved=False) | Q(resolved_at__isnull=False, resolution__isnull=False),
                name="recommendation_flags_resolved_how",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "resolved", "-flagged_at"], name="recommendation_flags_open")]


class Claim(models.Model):
    """An operator holds a pending item for a few minutes."""

    recommendation = models.OneToOneField(
        Recommendation, on_delete=models.CASCADE, primary_key=True, related_name="claim"
    )
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    operator_id = models.UUIDField()
    claimed_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "review_claims"
        indexes = [models.Index(fields=["user", "expires_at"], name="review_claims_of_user")]
