"""Security events: the one writer of what happened around sign-in, consent and authority."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.models import SecurityEvent
from accounts.models.access import Kind
from accounts.origin import NOWHERE, Origin

__all__ = ["Kind", "purge", "record"]

KEPT = timedelta(days=90)


def record(
    *,
    kind: Kind,
    tenant_id: UUID,
    user_id: UUID | None,
    now: datetime,
    origin: Origin = NOWHERE,
    detail: dict[str, Any] | None = None,
) -> None:
    """Words and ids only; what a person typed does not belong in the detail."""
    SecurityEvent.objects.create(
        tenant_id=tenant_id,
        user_id=user_id,
        kind=kind,
        at=now,
        ip_address=origin.ip_address,
        user_agent=origin.user_agent,
        detail=detail or {},
    )


def purge(*, now: datetime) -> int:
    """Forget what is older than 90 days, in every institution; for maintenance."""
    return SecurityEvent.objects.filter(at__lt=now - KEPT).delete()[0]
