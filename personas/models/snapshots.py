"""Snapshots: the signals of one person and window as they were measured, one typed column each; never changed."""

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.models import Tenant, User
from accounts.words import Word
from personas.catalogue import CATALOGUE, Signal, Type


class Window(Word):
    DAYS_30 = "30d"
    DAYS_90 = "90d"
    DAYS_180 = "180d"

    @property
    def days(self) -> int:
        return int(self.value[:-1])


class Snapshot(models.Model):
    snapshot_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    time_window = models.CharField(max_length=4, choices=Window.choices())
    as_of = models.DateField()
    cards = models.JSONField(default=list)
    merchants = models.JSONField(default=list)
    meta = models.JSONField(default=dict)
    corrections = ArrayField(models.UUIDField(), default=list)
    no_signals = models.BooleanField(default=False)
    algorithm_version = models.CharField(max_length=16)
    data_fingerprint = models.CharField(max_length=64)
    backfill = models.BooleanField(default=False)
    computed_at = models.DateTimeField()

    class Meta:
        db_table = "signal_snapshots"
        constraints = [
            models.CheckConstraint(condition=Q(time_window__in=Window.values()), name="snapshots_window"),
            models.UniqueConstraint(
                fields=["user", "time_window", "as_of", "computed_at"], name="snapshots_measured_once"
            ),
        ]
        indexes = [
            models.Index(
                F("user"),
                F("time_window"),
                F("computed_at").desc(),
                condition=Q(backfill=False),
                name="snapshots_latest",
            )
        ]

    def signal(self, path: str) -> Any:
        return getattr(self, CATALOGUE[path].column)


def _column(signal: Signal) -> "models.Field[Any, Any]":
    """A typed, narrow column; all may be null, because a later algorithm may know more signals."""
    if signal.type is Type.MONEY:
        return models.DecimalField(max_digits=18, decimal_places=2, null=True)
    if signal.type.places is not None:
        return models.DecimalField(max_digits=18, decimal_places=signal.type.places, null=True)
    if signal.type is Type.FLAG:
        return models.BooleanField(null=True)
    if signal.type is Type.INT:
        return models.IntegerField(null=True)
    if signal.type is Type.DATE:
        return models.DateField(null=True)
    return models.CharField(max_length=16, null=True)


for _signal in CATALOGUE.values():
    Snapshot.add_to_class(_signal.column, _column(_signal))
