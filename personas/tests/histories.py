"""Assignments and snapshots as they were written on days of the past, for tests of what is read back."""

from datetime import date, datetime
from typing import Any

from accounts import rowsecurity
from accounts.models import User
from personas.models import Assignment, Profile, RuleSet, Snapshot
from personas.signals import ALGORITHM

UNKNOWN = {"not_enough": []}


def measured(user: User, at: datetime, window: str = "30d", as_of: date | None = None, **fields: Any) -> Snapshot:
    """A snapshot of one moment; a signal is given by the name of its column."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return Snapshot.objects.create(
            **{
                "tenant_id": user.tenant_id,
                "user": user,
                "time_window": window,
                "as_of": as_of or at.date(),
                "meta": UNKNOWN,
                "spending_days_covered": 80,
                "algorithm_version": ALGORITHM,
                "data_fingerprint": "0" * 64,
                "computed_at": at,
                **fields,
            }
        )


def said(user: User, persona: str, at: datetime, window: str = "30d", **fields: Any) -> Assignment:
    """One assignment, as an import writes it: no transition comes of it."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        shipped = RuleSet.objects.get(version=1, tenant=None)
        return Assignment.objects.create(
            **{
                "tenant_id": user.tenant_id,
                "user": user,
                "window_type": window,
                "primary_persona": persona,
                "primary_match_strength": "default" if persona == "general_wellness" else "weak",
                "all_matches": [persona],
                "rule_set": shipped,
                "rule_set_version": 1,
                "profile_persona": persona,
                "source": "import",
                "assigned_at": at,
                **fields,
            }
        )


def settled(user: User, at: datetime, **fields: Any) -> Profile:
    """The mark of a refresh, after which nothing is due."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return Profile.objects.create(
            tenant_id=user.tenant_id,
            user=user,
            rule_set_version=1,
            algorithm_version=ALGORITHM,
            refreshed_at=at,
            basis=User.objects.get(pk=user.pk).basis,
            **fields,
        )
