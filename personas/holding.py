"""What a writer of dossiers holds until it is done: the users they are of, who may be revoking, then the dossiers."""

from collections.abc import Collection
from uuid import UUID

from accounts import rowsecurity
from accounts.models import ConsentRecord, User
from accounts.purposes import Purpose
from accounts.refusals import ConsentRequired, Refused
from personas import persons
from personas.models import Person
from personas.persons import By
from personas.profiles import UserNotFound


class Busy(Refused):
    code = "PERSON_BUSY"
    sentence = "Others are writing to this person. Try again in a moment."

    def __init__(self) -> None:
        super().__init__(retry_after=5)


def held(*, by: By, person_ids: Collection[UUID | None]) -> dict[UUID, Person]:
    """In the order in which a revocation takes them, so that nobody waits for anybody in a circle."""
    links = persons.ids(by=by, person_ids=person_ids)
    if len(links) < len(person_ids):
        persons.refuse(by=by, person_ids=person_ids)
    if users := {user_id for user_id in links.values() if user_id}:
        agreeing(by=by, user_ids=users)
    rows = Person.objects.select_for_update().filter(pk__in=links).order_by("pk")
    found = {person.pk: person for person in rows}
    if {person.pk: person.user_id for person in found.values()} != links:
        raise Busy  # removed or merged since
    return found


def agreeing(*, by: By, user_ids: Collection[UUID]) -> None:
    """Their rows are locked: a revocation that has begun is waited for, and one that comes later finds what is new."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        consumers = User.objects.consumers().filter(pk__in=user_ids, tenant_id=persons.tenant(by))
        there = set(consumers.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
        standing = ConsentRecord.objects.filter(user_id__in=user_ids, purpose=Purpose.NOTES, revoked_at=None)
        agreed = set(standing.values_list("user_id", flat=True))
    for user_id in user_ids:
        if user_id not in there:
            raise UserNotFound(user_id)
        if user_id not in agreed:
            raise ConsentRequired
