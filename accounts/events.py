"""Security events: the one writer of what happened around sign-in, consent and authority."""

from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import SecurityEvent
from accounts.models.access import Kind
from accounts.origin import NOWHERE, Origin

__all__ = ["Kind", "record"]


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
