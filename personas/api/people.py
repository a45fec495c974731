"""Whom a path names: oneself for a person, a person of the institution for staff."""

from uuid import UUID

from rest_framework.request import Request

from accounts import rowsecurity
from accounts.api.authentication import caller
from accounts.models import User
from personas.profiles import UserNotFound

ME = "me"


def person(request: Request, named: str) -> User:
    """The user of `{user_id}`; no statement for oneself, one for staff. Consent is asked by whoever reads."""
    user = caller(request)
    if user.is_consumer:
        if named == ME or _uuid(named) == user.pk:
            return user
        raise UserNotFound(named)
    theirs = User.objects.consumers().filter(tenant_id=user.tenant_id, pk=_uuid(named))
    found = rowsecurity.opening(theirs).first()
    if found is None:
        raise UserNotFound(named)
    return found


def _uuid(named: str) -> UUID | None:
    try:
        return UUID(named)
    except ValueError:
        return None
