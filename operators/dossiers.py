"""The dossier of a person as staff see it: its texts in order, its versions with their lineage, and two compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from accounts.models import User
from operators.wordings import Run, compared
from personas import persons
from personas.models import Person, PortraitVersion, Profile, Submission
from personas.portraits.comparing import Field, differing, fields

ROWS, VERSIONS = 50, 50


@dataclass(frozen=True)
class Text:
    """One submission, with the number by which versions name it."""

    number: int
    row: Submission


@dataclass(frozen=True)
class Version:
    """`new` are the numbers of the submissions that the version before it had not."""

    number: int
    at: datetime
    generator: str
    made_of: int
    new: tuple[int, ...]


@dataclass(frozen=True)
class Changed:
    """A field that two versions say otherwise, word by word."""

    section: str
    label: str
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Dossier:
    person: Person
    texts: list[Text]
    total: int
    versions: list[Version]
    sections: list[tuple[str, list[Field]]]
    profile: Profile | None

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.person.first_name, self.person.last_name) if part)


def of(*, by: User, person_id: UUID, offset: int = 0) -> Dossier:
    person = persons.find(by=by, person_id=person_id)
    rows, total = persons.page(person, limit=ROWS, offset=offset)
    found = list(persons.versions(person)[: VERSIONS + 1])
    return Dossier(
        person=person,
        texts=[Text(number, row) for number, row in enumerate(rows, offset + 1)],
        total=total,
        versions=_versions(found),
        sections=_sections(found[0]) if found else [],
        profile=Profile.objects.filter(user_id=person.user_id).first() if person.user_id else None,
    )


def changes(*, person: Person, before: int, after: int) -> list[Changed]:
    first, second = persons.version(person, before), persons.version(person, after)
    return [
        Changed(one.section, one.label, compared(_lines(one.before), _lines(one.after)))
        for one in differing(first.persona, second.persona)
    ]


def _lines(said: Sequence[str]) -> str:
    """Each ends its line, the last one too, so that it is the same when another follows."""
    return "".join(f"{one}\n" for one in said)


def _versions(found: Sequence[PortraitVersion]) -> list[Version]:
    """Newest first; the last one read only says what the one after it had not."""
    shown = []
    for place, version in enumerate(found[:VERSIONS]):
        before = set(found[place + 1].data_ids) if place + 1 < len(found) else set()
        new = tuple(number for number, one in enumerate(version.data_ids, 1) if one not in before)
        shown.append(Version(version.version, version.created_at, version.generator, len(version.data_ids), new))
    return shown


def _sections(version: PortraitVersion) -> list[tuple[str, list[Field]]]:
    """What is known, under its section."""
    known = (field for field in fields(version.persona) if field.said)
    return [
        (section.capitalize() if section != "meta" else "Person", list(group))
        for section, group in groupby(known, key=lambda field: field.section)
    ]
