"""Who of the staff opened whose file: written where it is opened, read by whom it is about."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from accounts import audit
from accounts.models import AuditEntry, User
from accounts.origin import NOWHERE, Origin
from accounts.pseudonyms import subject_ref

VIEWS = (audit.Action.VIEW_USER, audit.Action.VIEW_PERSON, audit.Action.VIEW_TRACE)


def opened(
    *,
    by: User,
    whom: UUID,
    section: str,
    now: datetime,
    origin: Origin = NOWHERE,
    action: audit.Action = audit.Action.VIEW_USER,
    recommendation_id: UUID | None = None,
) -> None:
    """One row for each section that staff were shown; called last, and not at all for one's own."""
    if not by.is_staff or by.pk == whom:
        return
    audit.record(
        action=action,
        tenant_id=by.tenant_id,
        operator_id=by.pk,
        now=now,
        object_type=section,
        subject=whom,
        recommendation_id=recommendation_id,
        detail={"section": section, "operator_role": by.role, "operator_level": by.level},
        origin=origin,
    )


def openings(user: User) -> QuerySet[AuditEntry]:
    """Every time somebody opened this person's file, newest first; for the eyes of `rowsecurity.as_subject`."""
    about = AuditEntry.objects.filter(subject_ref=subject_ref(user.pk), action__in=VIEWS)
    return about.select_related("detail").order_by("-at", "-id")
