"""What staff did about a person that lasts: flags, and overrides of a persona or an item."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length

from accounts.models import Tenant, User
from accounts.words import Word

models.CharField.register_lookup(Length)


class ActionType(Word):
    OVERRIDE = "override"
    FLAG = "flag"


class OperatorAction(models.Model):
    """Written beside the audit row; a flag is worn by the person until it is cleared."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    operator_id = models.UUIDField()
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    action_type = models.CharField(max_length=8, choices=ActionType.choices())
    reason = models.CharField(max_length=500)
    recommendation_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)
    cleared_by = models.UUIDField(null=True)

    class Meta:
        db_table = "operator_actions"
        constraints = [
            models.CheckConstraint(condition=Q(action_type__in=ActionType.values()), name="operator_actions_type"),
            models.CheckConstraint(condition=Q(reason__length__gte=10), name="operator_actions_reason"),
            models.CheckConstraint(
                condition=Q(cleared_at=None, cleared_by=None) | Q(cleared_at__isnull=False, action_type="flag"),
                name="operator_actions_flags_are_cleared",
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(action_type="flag", cleared_at=None),
                name="operator_actions_one_flag",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="operator_actions_user"),
            models.Index(fields=["operator_id", "-created_at"], name="operator_actions_operator"),
        ]
