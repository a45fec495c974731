"""Reads that compare a source with what was brought over from it, row by row and by counts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.fingerprints import fingerprint
from accounts.words import Word
from personas.legacy.moving import by_key, recorded
from personas.legacy.rows import Reason, Row, Sound, judged, parsed
from personas.models import LegacyRow, LegacyRun
from personas.models.legacy import Mode, Outcome, State

SHOWN = 100


class Finding(Word):
    MATCHED = "matched"
    GONE = "gone"  # deleted since, with its person
    KEPT_ASIDE = "kept_aside"
    NOT_MIGRATED = "not_migrated"
    NOT_KEPT = "not_kept"
    TEXT_DIFFERS = "text_differs"
    PERSONA_DIFFERS = "persona_differs"
    LINEAGE_BROKEN = "lineage_broken"


AS_IT_SHOULD_BE = (Finding.MATCHED, Finding.GONE, Finding.KEPT_ASIDE)


@dataclass
class Comparison:
    """What was found of how many rows, and the first that are not as they should be."""

    found: Counter[Finding] = field(default_factory=Counter)
    reasons: Counter[Reason] = field(default_factory=Counter)
    wrong: list[dict[str, str]] = field(default_factory=list)
    incomplete: int = 0
    counts_agree: bool = True

    @property
    def mismatches(self) -> int:
        wrong = sum(count for finding, count in self.found.items() if finding not in AS_IT_SHOULD_BE)
        return wrong + self.incomplete + (not self.counts_agree)

    def as_json(self) -> dict[str, Any]:
        return {
            "read": sum(self.found.values()),
            "found": {str(finding): count for finding, count in sorted(self.found.items())},
            "quarantined": {str(reason): count for reason, count in sorted(self.reasons.items())},
            "persons_without_submission_or_persona": self.incomplete,
            "counts_agree": self.counts_agree,
            "mismatches": self.mismatches,
            "first": self.wrong,
        }


def newest(*, tenant_id: UUID, source: str) -> LegacyRun | None:
    """The run that a source can be compared with."""
    runs = LegacyRun.objects.filter(tenant_id=tenant_id, source=source, mode=Mode.LIVE)
    return runs.exclude(status=State.ROLLED_BACK).order_by("-started_at", "-pk").first()


def compare(comparison: Comparison, *, tenant_id: UUID, given: Sequence[Mapping[str, Any]], first: int) -> None:
    by_key()
    rows = [judged(one, place) for place, one in enumerate(given, first + 1)]
    ids = [row.found.id for row in rows if isinstance(row.found, Sound)]
    moved, stored, aside = recorded(tenant_id=tenant_id, ids=ids), _stored(ids), _aside(tenant_id, rows, first)
    for place, row in enumerate(rows, first + 1):
        is_aside = row.key in aside or f"{row.key} row {place}" in aside
        finding = _finding(row, moved, stored, is_aside=is_aside)
        comparison.found[finding] += 1
        if isinstance(row.found, Reason):
            comparison.reasons[row.found] += 1
        elif finding == Finding.KEPT_ASIDE:
            comparison.reasons[Reason.ID_IN_USE] += 1
        if finding not in AS_IT_SHOULD_BE and len(comparison.wrong) < SHOWN:
            comparison.wrong.append({"id": row.key, "finding": finding})


def close(comparison: Comparison, run: LegacyRun) -> None:
    """What only the whole says: the run's counts, and that every person has a text and a document."""
    run.refresh_from_db()
    counted = run.migrated + run.already_present + run.quarantined
    comparison.counts_agree = run.read == counted == sum(comparison.found.values()) == run.rows.count()
    with connection.cursor() as cursor:
        cursor.execute(_INCOMPLETE, [run.pk])
        comparison.incomplete = cursor.fetchone()[0]


def _finding(
    row: Row, moved: Mapping[UUID, tuple[str | None, str | None]], stored: Mapping[UUID, "Stored"], *, is_aside: bool
) -> Finding:
    if not isinstance(row.found, Sound):
        return Finding.KEPT_ASIDE if is_aside else Finding.NOT_KEPT
    if moved.get(row.found.id) != row.found.hashes:  # nothing, or something else, stands under this id
        return Finding.KEPT_ASIDE if is_aside else Finding.NOT_MIGRATED
    there = stored.get(row.found.id)
    if there is None:
        return Finding.GONE
    if there.texts != [row.found.text_hash]:
        return Finding.TEXT_DIFFERS if len(there.texts) == 1 else Finding.LINEAGE_BROKEN
    return Finding.MATCHED if there.persona_hash == row.found.persona_hash else Finding.PERSONA_DIFFERS


@dataclass(frozen=True)
class Stored:
    """The first version of a persona as it stands, with the hashes of the texts it names."""

    persona_hash: str
    texts: list[str]


def _stored(ids: list[UUID]) -> dict[UUID, Stored]:
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_VERSIONS, [ids])
        return {
            persona_id: Stored(fingerprint(parsed(persona)), texts or [])
            for persona_id, persona, texts in cursor.fetchall()
        }


def _aside(tenant_id: UUID, rows: Sequence[Row], first: int) -> set[str]:
    keys = [key for place, row in enumerate(rows, first + 1) for key in (row.key, f"{row.key} row {place}")]
    aside = LegacyRow.objects.filter(run__tenant_id=tenant_id, old_id__in=keys, outcome=Outcome.QUARANTINED)
    return set(aside.values_list("old_id", flat=True))


_FIRST_VERSIONS = """
    SELECT v.persona_id, v.persona::text,
           (SELECT array_agg(d.sha256::text ORDER BY s.position)
              FROM persona_version_sources s JOIN person_data d ON d.id = s.person_data_id
             WHERE s.persona_version_id = v.id)
      FROM personas p JOIN persona_versions v ON v.person_id = p.person_id AND v.version = 1
     WHERE p.id = ANY(%s)
"""
_INCOMPLETE = """
    SELECT count(*) FROM persona_migration_rows r JOIN persons p ON p.id = r.person_id
     WHERE r.run_id = %s AND r.outcome = 'migrated'
       AND NOT (EXISTS (SELECT FROM person_data d WHERE d.person_id = p.id)
                AND EXISTS (SELECT FROM personas o WHERE o.person_id = p.id))
"""
