"""Acts that bring former personas over in chunks, and take back what one run brought."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from accounts.refusals import NotThere, Refused
from personas.legacy.rows import Reason, Row, Sound, judged, kept
from personas.models import LegacyRow, LegacyRun, Person, Portrait
from personas.models.dossiers import Beginning
from personas.models.legacy import Mode, Outcome, State
from personas.portraits import Names, Submission, input_hash

GENERATOR = "migration"  # of a document that was written elsewhere


class UnknownRun(NotThere):
    code = "RUN_NOT_FOUND"
    sentence = "There is no such run of this institution."


class NotLive(Refused):
    code = "RUN_WROTE_NOTHING"
    sentence = "That run only compared; there is nothing to take back."


class AnotherIsAtWork(Refused):
    code = "RUN_IN_PROGRESS"
    sentence = "Another command is bringing these rows over. Run this one again when it has ended."


@dataclass(frozen=True)
class Judged:
    """A row, under the key it is recorded by, and what becomes of it."""

    row: Row
    key: str
    outcome: Outcome
    reason: Reason | None = None


@transaction.atomic
def begin(*, tenant_id: UUID, source: str, mode: Mode, now: datetime) -> LegacyRun:
    """The run that was stopped, or a new one."""
    run, _ = LegacyRun.objects.get_or_create(
        tenant_id=tenant_id, source=source, mode=mode, status=State.RUNNING, defaults={"started_at": now}
    )
    return run


@transaction.atomic
def move(*, run_id: UUID, given: Sequence[Mapping[str, Any]], first: int) -> list[Judged]:
    """One chunk, whole or not at all; it begins where the last one of this run ended."""
    by_key()
    run = LegacyRun.objects.select_for_update().get(pk=run_id)
    if run.read != first or run.status != State.RUNNING:
        raise AnotherIsAtWork
    rows = [judged(one, place) for place, one in enumerate(given, first + 1)]
    known = set(
        LegacyRow.objects.filter(run=run, old_id__in=[row.key for row in rows]).values_list("old_id", flat=True)
    )
    found = outcomes(tenant_id=run.tenant_id, rows=rows, known=known, first=first)
    _write(run, found)
    run.read += len(found)
    run.migrated += sum(one.outcome == Outcome.MIGRATED for one in found)
    run.already_present += sum(one.outcome == Outcome.ALREADY_PRESENT for one in found)
    run.quarantined += sum(one.outcome == Outcome.QUARANTINED for one in found)
    run.save(update_fields=["read", "migrated", "already_present", "quarantined"])
    return found


def outcomes(*, tenant_id: UUID, rows: Sequence[Row], known: Collection[str] = (), first: int = 0) -> list[Judged]:
    """What becomes of these rows now; a key that is known already is told apart by the place of its row."""
    ids = [row.found.id for row in rows if isinstance(row.found, Sound)]
    moved = recorded(tenant_id=tenant_id, ids=ids)
    # An id may be anybody's: the former product knew nothing of institutions.
    taken = set(Portrait.objects.filter(pk__in=ids).values_list("pk", flat=True)) - moved.keys()
    keys, found = set(known), []
    for place, row in enumerate(rows, first + 1):
        outcome, reason = _outcome(row, moved, taken)
        if isinstance(row.found, Sound) and outcome == Outcome.MIGRATED:
            moved[row.found.id] = row.found.hashes
        key = row.key if row.key not in keys else f"{row.key} row {place}"
        keys.add(key)
        found.append(Judged(row, key, outcome, reason))
    return found


def by_key() -> None:
    """A table that is filling looks small to the planner; its rows are looked up by key until the chunk is written."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")


def recorded(*, tenant_id: UUID, ids: Collection[UUID]) -> dict[UUID, tuple[str | None, str | None]]:
    """What was brought over under these ids and not taken back, by the hashes of text and document.

    Also where the person was deleted since: nobody who has left is brought back by a second run.
    """
    rows = LegacyRow.objects.filter(run__tenant_id=tenant_id, persona_id__in=ids, outcome=Outcome.MIGRATED)
    return {
        persona_id: (text, persona)
        for persona_id, text, persona in rows.values_list("persona_id", "raw_text_sha256", "persona_sha256")
        if persona_id is not None
    }


@transaction.atomic
def finish(*, run: LegacyRun, report: Mapping[str, Any], now: datetime) -> None:
    LegacyRun.objects.filter(pk=run.pk).update(
        status=State.COMPLETED, finished_at=now, read=report["read"], report=report
    )


def find(*, tenant_id: UUID, run_id: UUID) -> LegacyRun:
    run = LegacyRun.objects.filter(pk=run_id, tenant_id=tenant_id).first()
    if run is None:
        raise UnknownRun
    if run.mode != Mode.LIVE:
        raise NotLive
    return run


@transaction.atomic
def take_back(*, run: LegacyRun, after: str, most: int) -> tuple[int, list[str], str | None]:
    """Of the next rows the persons nobody has added to since: how many went, which stay, and where this ended."""
    moved = run.rows.filter(outcome=Outcome.MIGRATED, old_id__gt=after).order_by("old_id")[:most]
    rows = [(old_id, person_id) for old_id, person_id in moved.values_list("old_id", "person_id") if person_id]
    people = [person_id for _, person_id in rows]
    list(Person.objects.select_for_update().filter(pk__in=people).order_by("pk").values_list("pk"))
    there = {
        person_id: version == 1 and count == 1 and user_id is None
        for person_id, version, count, user_id in Person.objects.filter(pk__in=people).values_list(
            "pk", "portrait__version", "person_data_count", "user_id"
        )
    }
    untouched = [person_id for person_id, is_untouched in there.items() if is_untouched]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM persons WHERE id = ANY(%s)", [untouched])
    left = [old_id for old_id, person_id in rows if not there.get(person_id, True)]
    run.rows.filter(old_id__in=[old_id for old_id, _ in rows if old_id not in set(left)]).update(
        outcome=Outcome.ROLLED_BACK
    )
    return len(untouched), left, rows[-1][0] if rows else None


@transaction.atomic
def end_taking_back(*, run: LegacyRun, removed: int, left: Sequence[str], now: datetime) -> None:
    """Of a run that is taken back again, for what was left, the report counts both times."""
    before = (run.report or {}).get("rollback", {}).get("removed", 0)
    told = {"removed": before + removed, "left": list(left), "at": now.isoformat()}
    report = {**(run.report or {}), "rollback": told}
    LegacyRun.objects.filter(pk=run.pk).update(status=State.ROLLED_BACK, finished_at=now, report=report)


def _outcome(
    row: Row, moved: Mapping[UUID, tuple[str | None, str | None]], taken: Collection[UUID]
) -> tuple[Outcome, Reason | None]:
    if not isinstance(row.found, Sound):
        return Outcome.QUARANTINED, row.found
    before = moved.get(row.found.id)
    if before == row.found.hashes:
        return Outcome.ALREADY_PRESENT, None
    if before is not None or row.found.id in taken:
        return Outcome.QUARANTINED, Reason.ID_IN_USE
    return Outcome.MIGRATED, None


@dataclass(frozen=True)
class New:
    """A sound row with the ids of what is made of it."""

    sound: Sound
    person_id: UUID
    data_id: UUID
    version_id: UUID

    @property
    def input_hash(self) -> str:
        row = self.sound
        return input_hash([Submission(self.data_id, row.text, row.text_hash, row.created_at)], Names(), GENERATOR)


def _write(run: LegacyRun, found: Sequence[Judged]) -> None:
    new = {
        one.key: New(one.row.found, uuid4(), uuid4(), uuid4())
        for one in found
        if one.outcome == Outcome.MIGRATED and isinstance(one.row.found, Sound)
    }
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, {"tenant": run.tenant_id, **_columns(list(new.values()))})
        cursor.execute(_RECORDED, {"run": run.pk, **_records(found, new)})


def _records(found: Sequence[Judged], new: Mapping[str, New]) -> dict[str, list[Any]]:
    made = [new.get(one.key) for one in found]
    sound = [one.row.found if isinstance(one.row.found, Sound) else None for one in found]
    return {
        "key": [one.key for one in found],
        "person": [one and one.person_id for one in made],
        "data": [one and one.data_id for one in made],
        "persona": [one and one.id for one in sound],
        "text_hash": [one and one.text_hash for one in sound],
        "persona_hash": [one and one.persona_hash for one in sound],
        "outcome": [str(one.outcome) for one in found],
        "reason": [one.reason and str(one.reason) for one in found],
        "raw": [Jsonb(kept(one.row.given)) if one.outcome == Outcome.QUARANTINED else None for one in found],
    }


def _columns(new: Sequence[New]) -> dict[str, list[Any]]:
    return {
        "person": [one.person_id for one in new],
        "data": [one.data_id for one in new],
        "version": [one.version_id for one in new],
        "persona": [one.sound.id for one in new],
        "text": [one.sound.text for one in new],
        "text_hash": [one.sound.text_hash for one in new],
        "document": [one.sound.persona for one in new],
        "input": [one.input_hash for one in new],
        "created": [one.sound.created_at for one in new],
        "updated": [one.sound.updated_at for one in new],
    }


# Keys are checked at the end of a statement, so all the tables of a chunk are written by one.
_MOVED = f"""
    WITH given AS (
        SELECT * FROM unnest(
            %(person)s::uuid[], %(data)s::uuid[], %(version)s::uuid[], %(persona)s::uuid[], %(text)s::text[],
            %(text_hash)s::text[], %(document)s::text[]::jsonb[], %(input)s::text[], %(created)s::timestamptz[],
            %(updated)s::timestamptz[]
        ) AS row (person, data, version, persona, text, text_hash, document, input, created, updated)
    ), people AS (
        INSERT INTO persons (id, tenant_id, origin, revision, person_data_count, characters, created_at, updated_at)
        SELECT person, %(tenant)s, '{Beginning.MIGRATION}', 1, 1, char_length(text), created, updated FROM given
    ), texts AS (
        INSERT INTO person_data (id, tenant_id, person_id, raw_text, source, sha256, created_at)
        SELECT data, %(tenant)s, person, text, 'migration', text_hash, created FROM given
    ), documents AS (
        INSERT INTO personas
               (id, tenant_id, person_id, persona, computed_from_data_ids, version, created_at, updated_at)
        SELECT persona, %(tenant)s, person, document, ARRAY[data], 1, created, updated FROM given
    ), versions AS (
        INSERT INTO persona_versions
               (id, tenant_id, person_id, persona_id, version, persona, data_ids, input_hash, generator, created_at)
        SELECT version, %(tenant)s, person, persona, 1, document, ARRAY[data], input, '{GENERATOR}', updated FROM given
    )
    INSERT INTO persona_version_sources (persona_version_id, person_data_id, position)
    SELECT version, data, 0 FROM given
"""
_RECORDED = """
    INSERT INTO persona_migration_rows
           (run_id, old_id, person_id, person_data_id, persona_id, raw_text_sha256, persona_sha256, outcome, reason,
            raw)
    SELECT %(run)s, * FROM unnest(
        %(key)s::text[], %(person)s::uuid[], %(data)s::uuid[], %(persona)s::uuid[], %(text_hash)s::text[],
        %(persona_hash)s::text[], %(outcome)s::text[], %(reason)s::text[], %(raw)s::jsonb[])
"""
