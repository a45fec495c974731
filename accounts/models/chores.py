"""Chores: how far each daily duty has come, for one institution or for the whole house."""

from django.db import models

from accounts.models.people import Tenant


class Chore(models.Model):
    """One row a duty, and not one a day: what was missed follows from the last day that was done."""

    name = models.CharField(max_length=40)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, null=True, related_name="+")
    done_through = models.DateField(null=True)
    done_at = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)  # since it was last done
    lease_until = models.DateTimeField(null=True)  # begun; after a fault: not again before this
    error = models.CharField(max_length=80, null=True)

    class Meta:
        db_table = "chores"
        constraints = [
            models.UniqueConstraint(fields=["name", "tenant"], nulls_distinct=False, name="chores_once"),
        ]
