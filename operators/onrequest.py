"""Acts an admin does for somebody who asked: erase them, or have their own data made ready for them."""

from datetime import datetime
from uuid import UUID

from accounts import audit, erasure, rowsecurity, takeout
from accounts.models import Export, User
from accounts.models.leaving import Scope
from accounts.origin import NOWHERE, Origin
from accounts.refusals import NotThere


class UserNotFound(NotThere):
    code = "USER_NOT_FOUND"
    sentence = "There is no such user."


def erase(
    *, user_id: UUID, scope: Scope, reason: str, by: User, now: datetime, origin: Origin = NOWHERE
) -> erasure.Erased:
    """The receipt is for the person; its audit row names the admin and the reason."""
    person = _person(user_id, by)
    return erasure.erase(user=person, scope=scope, now=now, by=by.pk, reason=reason, origin=origin)


def export(*, user_id: UUID, reason: str, by: User, now: datetime, origin: Origin = NOWHERE) -> Export:
    """Made ready for the person, who alone can fetch it."""
    with rowsecurity.viewing(rowsecurity.of(by)):
        person = _person(user_id, by)
        export = takeout.request(user=person, now=now, origin=NOWHERE)  # the address is the admin's, not the person's
        audit.record(
            action=audit.Action.EXPORT,
            tenant_id=by.tenant_id,
            operator_id=by.pk,
            now=now,
            object_type="user",
            subject=person.pk,
            detail={"reason": reason, "export_id": str(export.pk)},
            origin=origin,
        )
        return export


def _person(user_id: UUID, by: User) -> User:
    """A consumer of the admin's own institution; staff are not erased, they leave."""
    with rowsecurity.viewing(rowsecurity.of(by)):
        person = User.objects.consumers().filter(pk=user_id, tenant_id=by.tenant_id).first()
    if person is None:
        raise UserNotFound
    return person
