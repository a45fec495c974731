"""Acts on dossiers of people: open, add, portray anew, rename, remove; each seals what staff and services wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from accounts import audit
from accounts.audit import Action, Deed
from accounts.models import User
from accounts.origin import NOWHERE, Origin
from accounts.refusals import Refused, Unacceptable
from personas import holding, keeping, narrator, persons, portraits
from personas.holding import Busy
from personas.keeping import PILES
from personas.models import Notes, Person, Portrait, Submission
from personas.models.dossiers import Beginning
from personas.persons import By
from personas.sittings import Change, Drawn, Sitting, State, Text, by_rules


class PersonExists(Refused):
    code = "PERSON_EXISTS"
    sentence = "This user has a person already."


class SamePerson(Unacceptable):
    code = "SAME_PERSON"
    sentence = "These are the same person. Name two."


class TwoUsers(Refused):
    code = "PERSONS_OF_TWO_USERS"
    sentence = "These persons are two different users; they stay two."


class Moved(Busy):
    """Somebody was quicker while a provider was waited for."""


@dataclass(frozen=True)
class Kept:
    """What a change made: its new submissions, the portrait that stands, and all that it was made of."""

    submissions: list[Submission]
    portrait: Portrait
    sitting: Sitting


@transaction.atomic
def open(
    *,
    by: By,
    user_id: UUID | None = None,
    names: Mapping[str, Any] | None = None,
    now: datetime,
    origin: Origin = NOWHERE,
) -> Person:
    """Of nobody in particular, or of a user who agrees to it; a user has one."""
    if user_id:
        _unknown(by, user_id)
    person = Person.objects.create(
        tenant_id=persons.tenant(by), user_id=user_id, created_at=now, updated_at=now, **(names or {})
    )
    _sealed(by, [_deed(by, person, "open")], now, origin)
    return person


@transaction.atomic
def add(*, by: By, person_id: UUID | None, text: Text, now: datetime, origin: Origin = NOWHERE) -> Submission:
    """One more submission; the portrait stays as it is."""
    person = _held(by, person_id)
    (made,) = keeping.hand_in(by=by, texts=[(person, text)], now=now)
    person.save(update_fields=PILES)
    _sealed(by, [_deed(by, person, "add", data_ids=[str(made.pk)])], now, origin)
    return made


@transaction.atomic
def rename(
    *, by: By, person_id: UUID | None, names: Mapping[str, str | None], now: datetime, origin: Origin = NOWHERE
) -> Person:
    """What the next portrait will be headed with."""
    person = _held(by, person_id)
    for name, value in names.items():
        setattr(person, name, value)
    person.save(update_fields=list(names))
    _sealed(by, [_deed(by, person, "rename", changed=sorted(names))], now, origin)
    return person


@transaction.atomic
def remove(*, by: By, person_id: UUID | None, now: datetime, origin: Origin = NOWHERE) -> None:
    """With everything below."""
    person = _held(by, person_id)
    keeping.clear(person)
    _sealed(by, [_deed(by, person, "remove", Action.PERSON_DELETE)], now, origin)


@transaction.atomic
def withdraw(*, by: By, person_id: UUID, now: datetime, origin: Origin = NOWHERE) -> None:
    """The portrait and its versions, as the former API deletes: people whom it began go with theirs."""
    person = _held(by, person_id)
    if person.origin == Beginning.PERSON:
        keeping.take_down(person)
        person.save(update_fields=PILES)
        _sealed(by, [_deed(by, person, "withdraw")], now, origin)
    else:
        keeping.clear(person)
        _sealed(by, [_deed(by, person, "remove", Action.PERSON_DELETE)], now, origin)


@transaction.atomic
def portray(*, by: By, changes: Sequence[Change], now: datetime, origin: Origin = NOWHERE) -> list[Kept]:
    """By the rules, which wait for nobody: all of it or nothing."""
    held = holding.held(by=by, person_ids=_named(changes))
    drawn = [by_rules(sitting) for sitting in _sittings(changes, held, now)]
    return _kept(by, held, drawn, now, origin)


def sittings(*, by: By, changes: Sequence[Change], now: datetime) -> list[Sitting]:
    """What a provider is to see, and what it noted before; nothing is held while it thinks."""
    named = _named(changes)
    seen = persons.ids(by=by, person_ids=named)
    if len(seen) < len(named):
        persons.refuse(by=by, person_ids=named)
    if isinstance(by, User) and by.is_consumer and any(change.opens for change in changes):
        _unknown(by, by.pk)  # of who does not agree a provider hears nothing
    found = {person.pk: person for person in Person.objects.filter(pk__in=seen)}
    made = _sittings(changes, found, now)
    read = [submission.id for sitting in made for submission in sitting.submissions]
    kept = Notes.objects.filter(person_data_id__in=read, prompt_version=narrator.PROMPT_VERSION)
    notes = dict(kept.values_list("person_data_id", "notes"))
    return [replace(sitting, notes=notes) for sitting in made]


@transaction.atomic
def keep(*, by: By, drawn: Sequence[Drawn], now: datetime, origin: Origin = NOWHERE) -> list[Kept]:
    """What a provider made of sittings that are still as they were."""
    held = holding.held(by=by, person_ids=_named([one.sitting.change for one in drawn]))
    for sitting in (one.sitting for one in drawn):
        if any(_state(held[person_id]) != state for person_id, state in sitting.states.items()):
            raise Moved
    return _kept(by, held, drawn, now, origin)


def viewed(*, by: By, shown: Sequence[Person], section: str, now: datetime, origin: Origin = NOWHERE) -> None:
    """One row for each dossier that staff were shown; called last."""
    if not isinstance(by, User) or by.is_consumer or not shown:
        return
    detail = {"section": section, "operator_role": by.role, "operator_level": by.level}
    deeds = [
        Deed(Action.VIEW_PERSON, "person", str(person.pk), subject=person.user_id, detail=detail) for person in shown
    ]
    _sealed(by, deeds, now, origin)


# -- inside


def _held(by: By, person_id: UUID | None) -> Person:
    (person,) = holding.held(by=by, person_ids=[person_id]).values()
    return person


def _named(changes: Sequence[Change]) -> list[UUID | None]:
    """The dossiers that are there already; nobody is merged with themselves."""
    named = [person_id for change in changes for person_id in change.named]
    if len(set(named)) < len(named):
        raise SamePerson
    return named


def _state(person: Person) -> State:
    return person.revision, portraits.Names(person.first_name, person.last_name, person.gender)


def _sittings(changes: Sequence[Change], known: Mapping[UUID, Person], now: datetime) -> list[Sitting]:
    """`known` are the dossiers that the changes name."""
    return [_sitting(change, _of(change, known), now) for change in changes]


def _of(change: Change, known: Mapping[UUID, Person]) -> list[Person]:
    if change.opens:
        return []
    of = [known[change.person_id] if change.person_id else next(iter(known.values()))]
    if change.absorbs:
        of.append(known[change.absorbs])
        if len({person.user_id for person in of if person.user_id}) > 1:
            raise TwoUsers
    return of


def _sitting(change: Change, of: Sequence[Person], now: datetime) -> Sitting:
    if of:
        others, texts = of[1:], change.texts
        keeping.room(
            of[0],
            submissions=len(texts) + sum(other.person_data_count for other in others),
            characters=sum(len(text.raw) for text in texts) + sum(other.characters for other in others),
        )
    read = [
        portraits.Submission(row.pk, row.raw_text, row.sha256, row.created_at)
        for row in (persons.submissions([person.pk for person in of]) if of else ())
    ]
    new = [portraits.Submission(text.id, text.raw, portraits.sha256(text.raw), now) for text in change.texts]
    return Sitting(
        person_id=of[0].pk if of else uuid4(),
        change=change,
        states={person.pk: _state(person) for person in of},
        names=_state(of[0])[1] if of else portraits.Names(),
        submissions=tuple(sorted([*read, *new], key=lambda submission: submission.at)),
    )


def _kept(by: By, held: Mapping[UUID, Person], drawn: Sequence[Drawn], now: datetime, origin: Origin) -> list[Kept]:
    people = {**held, **_opened(by, [one.sitting for one in drawn], now)}
    of = [(people[one.sitting.person_id], one) for one in drawn]
    for person, one in of:
        if other := one.sitting.change.absorbs:
            keeping.absorb(person, held[other])
    new = keeping.hand_in(
        by=by, texts=[(person, text) for person, one in of for text in one.sitting.change.texts], now=now
    )
    hung = keeping.hang(by=by, drawn=of, now=now)
    Person.objects.bulk_update([person for person, _ in of], [*PILES, "user"])
    kept = [
        Kept([row for row in new if row.person_id == person.pk], hung[person.pk], one.sitting) for person, one in of
    ]
    _sealed(by, [_portrayed(by, person, one) for (person, _), one in zip(of, kept, strict=True)], now, origin)
    return kept


def _opened(by: By, sittings: Sequence[Sitting], now: datetime) -> dict[UUID, Person]:
    """Dossiers that begin as they are portrayed; a consumer's is their own."""
    beginning = [sitting.person_id for sitting in sittings if sitting.change.opens]
    if not beginning:
        return {}
    user_id = by.pk if isinstance(by, User) and by.is_consumer else None
    if user_id:
        _unknown(by, user_id)
        if len(beginning) > 1:
            raise PersonExists
    people = Person.objects.bulk_create(
        Person(
            id=person_id,
            tenant_id=persons.tenant(by),
            user_id=user_id,
            origin=Beginning.LEGACY.value,
            revision=0,
            created_at=now,
            updated_at=now,
        )
        for person_id in beginning
    )
    return {person.pk: person for person in people}


def _unknown(by: By, user_id: UUID) -> None:
    holding.agreeing(by=by, user_ids=[user_id])
    if Person.objects.filter(user_id=user_id).exists():
        raise PersonExists


def _deed(by: By, person: Person, did: str, action: Action = Action.PERSON_WRITE, **detail: Any) -> Deed:
    """Ids and words only."""
    told = {"by": by.actor, "did": did, **detail}
    return Deed(action, "person", str(person.pk), subject=person.user_id, detail=told)


def _portrayed(by: By, person: Person, kept: Kept) -> Deed:
    detail: dict[str, Any] = {
        "data_ids": [str(row.pk) for row in kept.submissions],
        "version": kept.portrait.version,
    }
    if kept.sitting.change.absorbs:
        detail["absorbed"] = str(kept.sitting.change.absorbs)
    return _deed(by, person, "portray", **detail)


def _sealed(by: By, deeds: Sequence[Deed], now: datetime, origin: Origin) -> None:
    """The chain holds what staff and services do; what people do with their own dossier is theirs."""
    if by.is_consumer:
        return
    audit.record_all(
        deeds=deeds,
        tenant_id=persons.tenant(by),
        operator_id=by.pk if isinstance(by, User) else None,
        now=now,
        batch_id=uuid4() if len(deeds) > 1 else None,
        origin=origin,
    )
