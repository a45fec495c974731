"""Reads of dossiers: people of an institution, what was handed in about them, and the portraits made of it."""

from collections.abc import Collection
from typing import NoReturn
from uuid import UUID

from django.db.models import F, QuerySet

from accounts import rowsecurity
from accounts.keys import Service
from accounts.models import User
from accounts.refusals import ConsentRequired, NotThere
from personas.models import Person, Portrait, PortraitVersion, Submission

By = User | Service  # whose eyes; what they may see of it is row security's to say


class PersonNotFound(NotThere):
    code = "PERSON_NOT_FOUND"
    sentence = "There is no such person."


class PersonaNotFound(NotThere):
    code = "PERSONA_NOT_FOUND"
    sentence = "No persona has been computed for this person yet."


class VersionNotFound(NotThere):
    code = "PERSONA_NOT_FOUND"
    sentence = "This person's persona has no such version."


def newest(by: By) -> QuerySet[Person]:
    return _of(by).annotate(latest_persona_version=F("portrait__version")).order_by("-created_at", "-id")


def find(*, by: By, person_id: UUID | None) -> Person:
    """`None` is the caller's own."""
    person = _named(newest(by), by, [person_id]).first()
    if person is None:
        raise PersonNotFound
    return person


def ids(*, by: By, person_ids: Collection[UUID | None]) -> dict[UUID, UUID | None]:
    """The people that the caller sees of these, each with the user they are."""
    return dict(_named(_of(by), by, person_ids).values_list("pk", "user_id"))


def of_user(*, by: By, user_id: UUID) -> Person:
    person = _of(by).filter(user_id=user_id).first()
    if person is None:
        raise PersonNotFound
    return person


def refuse(*, by: By, person_ids: Collection[UUID | None]) -> NoReturn:
    """Why these are not all seen: who is there has not agreed, and whoever writes is told so."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        mine = _of(by).filter(user_id=by.pk) if isinstance(by, User) and by.is_consumer else _of(by)
        known = _named(mine, by, person_ids).count()
    raise ConsentRequired if known == len(person_ids) else PersonNotFound


def submissions(person_ids: Collection[UUID]) -> QuerySet[Submission]:
    """Oldest first."""
    return Submission.objects.filter(person_id__in=person_ids).order_by("created_at", "seq")


def page(person: Person, *, limit: int, offset: int) -> tuple[list[Submission], int]:
    """Some of what was handed in, and how many there are at the same moment."""
    rows = list(submissions([person.pk]).select_related("person")[offset : offset + limit])
    return rows, (rows[0].person if rows else person).person_data_count


def portrait(person: Person) -> Portrait:
    found = Portrait.objects.filter(person_id=person.pk).first()
    if found is None:
        raise PersonaNotFound
    return found


def sources(portrait: Portrait) -> list[Submission]:
    """Exactly what a portrait was made of, oldest first."""
    return list(submissions([portrait.person_id]).filter(pk__in=portrait.computed_from_data_ids))


def versions(person: Person) -> QuerySet[PortraitVersion]:
    """Newest first."""
    return PortraitVersion.objects.filter(person_id=person.pk).order_by("-version")


def version(person: Person, number: int) -> PortraitVersion:
    found = versions(person).filter(version=number).first()
    if found is None:
        raise VersionNotFound
    return found


def tenant(by: By) -> UUID:
    """A key of the platform names no institution: it sees nobody, and the door says so."""
    if by.tenant_id is None:
        raise PersonNotFound
    return by.tenant_id


def _of(by: By) -> QuerySet[Person]:
    return Person.objects.filter(tenant_id=tenant(by))


def _named(rows: QuerySet[Person], by: By, person_ids: Collection[UUID | None]) -> QuerySet[Person]:
    wanted = [person_id for person_id in person_ids if person_id]
    if len(wanted) == len(person_ids):
        return rows.filter(pk__in=wanted)
    if not (isinstance(by, User) and by.is_consumer):
        raise PersonNotFound
    return rows.filter(user_id=by.pk)
