"""What staff have made again of people on request: their signals and personas, and what is proposed to them."""

from datetime import date, datetime

from django.db import transaction

from accounts import audit, authority
from accounts.models import User
from accounts.origin import NOWHERE, Origin
from accounts.refusals import ConsentRequired, Unacceptable
from personas import profiles

PERMISSION = "personas.refresh"


class DayInvalid(Unacceptable):
    sentence = "as_of is a day of the past, or today."


@transaction.atomic
def refresh(
    *, user: User, by: User, now: datetime, as_of: date | None = None, origin: Origin = NOWHERE
) -> profiles.Refreshed:
    """Measure one person now. A day of the past is stored as history and says nothing new of where they stand."""
    if as_of and as_of > now.date():
        raise DayInvalid
    authority.still(by=by, permission=PERMISSION)
    if not profiles.locked(user_ids=[user.pk]):
        raise ConsentRequired
    done = profiles.refresh(user_ids=[user.pk], tenant_id=user.tenant_id, now=now, as_of=as_of)
    audit.record(
        action=audit.Action.REFRESH,
        tenant_id=by.tenant_id,
        operator_id=by.pk,
        now=now,
        object_type="user",
        subject=user.pk,
        detail={"as_of": as_of.isoformat() if as_of else None, "stored": done.stored, "appended": done.appended},
        origin=origin,
    )
    return done
