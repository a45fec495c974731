"""Flags as staff look at them: what is open, what was answered, and by whom."""

from uuid import UUID

from django.db.models import QuerySet

from recommendations.flags import FlagNotFound
from recommendations.models import Flag


def found(
    *,
    tenant_id: UUID,
    resolved: bool | None = None,
    flagged_by: UUID | None = None,
    by_the_system: bool = False,
) -> QuerySet[Flag]:
    """Newest first, each with its item and its reader."""
    flags = Flag.objects.filter(tenant_id=tenant_id).select_related("recommendation", "user")
    if resolved is not None:
        flags = flags.filter(resolved=resolved)
    if by_the_system:
        flags = flags.filter(flagged_by=None)
    if flagged_by:
        flags = flags.filter(flagged_by=flagged_by)
    return flags.order_by("-flagged_at", "-id")


def last_resolved(*, tenant_id: UUID) -> Flag | None:
    return Flag.objects.filter(tenant_id=tenant_id, resolved=True).order_by("-resolved_at").first()


def raisers(*, tenant_id: UUID) -> list[UUID | None]:
    """Who has raised any; None is the system."""
    return list(Flag.objects.filter(tenant_id=tenant_id).values_list("flagged_by", flat=True).distinct())


def find(*, flag_id: UUID, tenant_id: UUID) -> Flag:
    flag = Flag.objects.select_related("recommendation").filter(tenant_id=tenant_id, pk=flag_id).first()
    if flag is None:
        raise FlagNotFound
    return flag
