"""Flags as staff look at them: what is open, what was answered, and by whom."""

from uuid import UUID

from django.db.models import QuerySet

from recommendations.flags import FlagNotFound
from recommendations.models import Flag


def found(*, tenant_id: UUID, resolved: bool | None = None, flagged_by: UUID | None = None) -> QuerySet[Flag]:
    """Newest first."""
    flags = Flag.objects.filter(tenant_id=tenant_id).order_by("-flagged_at", "-id")
    if resolved is not None:
        flags = flags.filter(resolved=resolved)
    return flags.filter(flagged_by=flagged_by) if flagged_by else flags


def find(*, flag_id: UUID, tenant_id: UUID) -> Flag:
    flag = Flag.objects.filter(tenant_id=tenant_id, pk=flag_id).first()
    if flag is None:
        raise FlagNotFound
    return flag
