"""Rule sets as they live: which one is active, how one is drafted, tried, published and rolled back."""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.db.models import F, Q

from accounts.fingerprints import canonical
from personas import rules
from personas.models import RuleSet
from personas.models.rulesets import Status
from personas.rules import Document


@dataclass(frozen=True)
class Active:
    """The rule set in force, with its document read."""

    id: UUID
    version: int
    document: Document


def active(*, tenant_id: UUID) -> Active:
    """What the institution has published, else the shipped version 1. One statement."""
    row = (
        RuleSet.objects.filter(Q(tenant_id=tenant_id) | Q(tenant_id=None), status=Status.PUBLISHED)
        .order_by(F("tenant_id").asc(nulls_last=True))
        .first()
    )
    if row is None or row.version is None:
        raise LookupError("There is no published rule set; the migrations make version 1.")
    return Active(row.pk, row.version, _read(canonical(row.document)))


@lru_cache(maxsize=32)
def _read(document: bytes) -> Document:
    """A published document never changes, so it is read once a process."""
    return rules.read(document)
