"""What leaves the console as a file leaves a row of who took it."""

from datetime import datetime
from typing import Any

from accounts import audit
from accounts.models import User
from accounts.origin import NOWHERE, Origin


def taken(*, what: str, by: User, now: datetime, origin: Origin = NOWHERE, **detail: Any) -> None:
    """`what` is the page it was taken from, `detail` what it was narrowed to; called last."""
    audit.record(
        action=audit.Action.EXPORT,
        tenant_id=by.tenant_id,
        operator_id=by.pk,
        now=now,
        object_type=what,
        detail={name: str(value) for name, value in detail.items() if value is not None},
        origin=origin,
    )
