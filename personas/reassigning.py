"""Assigning from what is stored, without measuring: where the rules in force say something else, a row is appended."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from personas import assigning, profiles, rebuilding, rulesets
from personas.models import Window


@dataclass(frozen=True)
class Reassigned:
    appended: int = 0
    transitions: int = 0


@transaction.atomic
def reassign(*, user_ids: Collection[UUID], windows: Collection[Window], tenant_id: UUID, now: datetime) -> Reassigned:
    """The same number of statements for one person and for many; who was refreshed when is another matter."""
    locked = profiles.locked(user_ids=user_ids)
    active = rulesets.active(tenant_id=tenant_id)
    appended = transitions = 0
    for window in windows:
        rows = profiles.stored(user_ids=locked, window=window, document=active.document)
        if rows.height:
            written = assigning.append(rows, active=active, tenant_id=tenant_id, now=now)
            appended, transitions = appended + written.rows.height, transitions + written.transitions
    if appended:
        rebuilding.rebuild(user_ids=locked, tenant_id=tenant_id)
    return Reassigned(appended, transitions)
