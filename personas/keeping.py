"""The rows of dossiers that pile up: what was handed in, and what was made of it. Written here and nowhere else."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID, uuid4

from django.db import connection

from accounts import rowsecurity
from accounts.models import User
from accounts.refusals import Refused
from personas import portraits
from personas.models import Notes, Person, Portrait, PortraitSource, PortraitVersion, Submission
from personas.models.dossiers import CHARACTERS, SUBMISSIONS
from personas.persons import By
from personas.sittings import Drawn, Text

PILES = ["revision", "person_data_count", "characters"]
# What was answered to people who wrote is kept for a day; it goes with the person before.
ANSWERED = """
    DELETE FROM idempotency_store
     WHERE tenant_id = %(tenant)s AND position(%(person)s IN coalesce(response_payload, '')) > 0
"""


class PersonFull(Refused):
    code = "PERSON_FULL"
    sentence = f"A person holds {SUBMISSIONS:,} submissions and {CHARACTERS:,} characters at most."


def room(person: Person, *, submissions: int, characters: int) -> None:
    if person.person_data_count + submissions > SUBMISSIONS or person.characters + characters > CHARACTERS:
        raise PersonFull


def hand_in(*, by: By, texts: Sequence[tuple[Person, Text]], now: datetime) -> list[Submission]:
    """The people are held and know in the end how much there is of each; saving them is the caller's."""
    for person, text in texts:
        room(person, submissions=1, characters=len(text.raw))
        person.revision += 1
        person.person_data_count += 1
        person.characters += len(text.raw)
    return Submission.objects.bulk_create(
        Submission(
            id=text.id,
            tenant_id=person.tenant_id,
            person=person,
            raw_text=text.raw,
            source=text.source,
            sha256=sha256(text.raw.encode()).hexdigest(),
            author_id=by.pk if isinstance(by, User) else None,
            created_at=now,
        )
        for person, text in texts
    )


def absorb(person: Person, other: Person) -> None:
    """All that was handed in about the other is now about this one, who becomes the user that the other was."""
    room(person, submissions=other.person_data_count, characters=other.characters)
    person.revision += other.person_data_count
    person.person_data_count += other.person_data_count
    person.characters += other.characters
    Submission.objects.filter(person=other).update(person=person)
    Person.objects.filter(pk=other.pk).delete()
    person.user_id = person.user_id or other.user_id


def hang(*, by: By, drawn: Sequence[tuple[Person, Drawn]], now: datetime) -> dict[UUID, Portrait]:
    """The next version of each, with what it was made of. Six statements, however many."""
    standing = {row.person_id: row for row in Portrait.objects.filter(person__in=[person for person, _ in drawn])}
    made: dict[UUID, Portrait] = {}
    for person, one in drawn:
        person.revision += 1
        portrait = standing.get(person.pk) or Portrait(
            id=uuid4(), tenant_id=person.tenant_id, person=person, version=0, created_at=now
        )
        portrait.persona, portrait.updated_at = one.portrait.document, now
        portrait.version += 1
        portrait.computed_from_data_ids = [submission.id for submission in one.sitting.submissions]
        made[person.pk] = portrait
    Portrait.objects.bulk_create(row for person_id, row in made.items() if person_id not in standing)
    fields = ["persona", "computed_from_data_ids", "version", "updated_at"]
    Portrait.objects.bulk_update(standing.values(), fields)
    versions = [_version(by, made[person.pk], one, now) for person, one in drawn]
    PortraitVersion.objects.bulk_create(versions)
    PortraitSource.objects.bulk_create(
        PortraitSource(persona_version=version, person_data_id=data_id, position=place)
        for version in versions
        for place, data_id in enumerate(version.data_ids)
    )
    _noted(drawn, now)
    return made


def take_down(person: Person) -> None:
    """The portrait goes with its versions; what it was made of stays."""
    Portrait.objects.filter(person=person).delete()
    person.revision += 1


def clear(person: Person) -> None:
    with rowsecurity.viewing(rowsecurity.MAINTENANCE), connection.cursor() as cursor:
        cursor.execute(ANSWERED, {"tenant": person.tenant_id, "person": str(person.pk)})
    Person.objects.filter(pk=person.pk).delete()


def _version(by: By, portrait: Portrait, one: Drawn, now: datetime) -> PortraitVersion:
    made, sitting = one.portrait, one.sitting
    return PortraitVersion(
        id=uuid4(),
        tenant_id=portrait.tenant_id,
        person_id=portrait.person_id,
        portrait=portrait,
        version=portrait.version,
        persona=portrait.persona,
        data_ids=portrait.computed_from_data_ids,
        input_hash=portraits.input_hash(sitting.submissions, sitting.names, made.generator, made.prompt_version),
        generator=made.generator,
        prompt_version=made.prompt_version,
        tokens_in=made.tokens_in,
        tokens_out=made.tokens_out,
        latency_ms=one.latency_ms,
        created_by=by.pk if isinstance(by, User) else None,
        created_at=now,
    )


def _noted(drawn: Sequence[tuple[Person, Drawn]], now: datetime) -> None:
    rows = [
        Notes(
            person_data_id=data_id,
            prompt_version=one.portrait.prompt_version,
            notes=kept.text,
            model=kept.model,
            tokens=kept.tokens,
            created_at=now,
        )
        for _, one in drawn
        for data_id, kept in one.notes.items()
    ]
    if rows:
        Notes.objects.bulk_create(rows, ignore_conflicts=True)
