"""What a run leaves behind: gathered person by person, then written table by table; the only writer of these rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db.backends.utils import CursorWrapper

from personas import binary
from recommendations import citations, proposals, uses
from recommendations.considering import Chosen
from recommendations.lifecycle import Status, Verb, Withdrawal
from recommendations.models import Outcome
from recommendations.tracing import ENGINE, Common, Made, citation_of, encoded, own_text, presentation_of

SYSTEM_FLAG = "The guardrails refuse this rationale; it waits for an edit that passes."
ORDER = ("considerations", "recommendations", "recommendation_moves", "recommendation_flags")

# What the traces of a person say alike is sent and read once; each row of them is whole.
TRACES = """
    WITH alike AS MATERIALIZED (
        SELECT user_id, document::jsonb AS document, candidates::jsonb AS candidates
          FROM unnest(%(users)b::uuid[], %(documents)b::text[], %(candidates)b::text[])
               AS given (user_id, document, candidates)),
    own AS MATERIALIZED (
        SELECT id, user_id, item_id, own::jsonb AS own
          FROM unnest(%(ids)b::uuid[], %(of)b::uuid[], %(items)b::uuid[], %(own)b::text[])
               AS given (id, user_id, item_id, own))
    INSERT INTO decision_traces (id, tenant_id, user_id, recommendation_id, created_at, trace_data)
    SELECT id, %(tenant)b, user_id, item_id, %(now)b, document || (own || jsonb_build_object(
           'selection', own -> 'selection' || jsonb_build_object('candidates', candidates)))
      FROM own JOIN alike USING (user_id)
"""


@dataclass
class Record:
    """One run over a batch of people of an institution."""

    run_id: UUID
    tenant_id: UUID
    now: datetime
    gone: list[tuple[UUID, Withdrawal]] = field(default_factory=list)
    new: list[tuple[Chosen, Common, int]] = field(default_factory=list)
    rows: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def withdrawn(self, ends: Iterable[tuple[UUID, Withdrawal]]) -> None:
        self.gone += ends

    def considered(
        self, user_id: UUID, outcome: Outcome, common: Common | None = None, took: int = 0, **counts: int
    ) -> None:
        person = common.person if common else None
        self._add(
            "considerations",
            id=uuid4(),
            tenant_id=self.tenant_id,
            user_id=user_id,
            run_id=self.run_id,
            assignment_id=person.assignment["assignment_id"] if person else None,
            snapshot_id=person.inputs["snapshot_id"] if person else None,
            as_of=person.as_of if person else None,
            outcome=outcome.value,
            counts=counts,
            text={"candidates": common.looked if common else "[]"},
            duration_ms=took,
            engine_version=ENGINE,
            created_at=self.now,
        )

    def proposed(self, items: Iterable[Chosen], common: Common, took: int) -> None:
        self.new += [(one, common, took) for one in items]

    def store(self) -> None:
        """A number of statements that grows neither with people nor with items."""
        proposals.withdraw(reasons=self.gone, now=self.now)
        made = [Made(self.run_id, uuid4(), uuid4(), self.now, took) for _, _, took in self.new]
        for one, (chosen, common, _) in zip(made, self.new, strict=True):
            self._item(one, chosen, common)
        with binary.cursor() as cursor:
            for table in ORDER:
                self._insert(cursor, table)
            if self.new:
                self._insert_traces(cursor, made)
        used = [(chosen.piece.card_id, chosen.piece.version) for chosen, *_ in self.new]
        uses.use_in_run(tenant_id=self.tenant_id, run_id=self.run_id, cards=used, now=self.now)

    def _item(self, made: Made, chosen: Chosen, common: Common) -> None:
        piece, told, person = chosen.piece, chosen.told, common.person
        beside: dict[str, Any] = {
            "tenant_id": self.tenant_id,
            "user_id": person.user_id,
            "recommendation_id": made.recommendation_id,
        }
        self._add(
            "recommendations",
            id=made.recommendation_id,
            tenant_id=self.tenant_id,
            user_id=person.user_id,
            run_id=self.run_id,
            assignment_id=person.assignment["assignment_id"],
            card_id=piece.card_id,
            card_version=piece.version,
            card_content_hash=piece.content_hash,
            subject=piece.subject,
            type=piece.kind,
            title=piece.title,
            content=piece.body,
            rationale=told.text,
            disclosure=told.disclosure,
            presentation=presentation_of(chosen, person),
            status=Status.PENDING.value,
            priority=chosen.priority,
            position=chosen.position,
            persona=person.primary,
            matched_persona=chosen.candidate.matched_persona,
            partner_checks=told.screened.partner_checks if told.screened else (),
            guardrails_passed=told.passed,
            flagged=not told.passed,
            as_of=person.as_of,
            clicked=False,
            revision=1,
            created_at=self.now,
        )
        self._add(
            "recommendation_moves",
            id=uuid4(),
            **beside,
            verb=Verb.PROPOSE.value,
            from_status=None,
            to_status=Status.PENDING.value,
            at=self.now,
            created_at=self.now,
        )
        if not told.passed:
            self._add(
                "recommendation_flags",
                id=uuid4(),
                **beside,
                flagged_by=None,
                flag_reason=SYSTEM_FLAG,
                flagged_at=self.now,
                resolved=False,
            )

    def _add(self, table: str, *, text: Mapping[str, str] | None = None, **row: Any) -> None:
        """`text` columns are JSON already."""
        given = dict(text or {})
        self.columns.setdefault(table, (*row, *given))
        whole = "".join(f',"{name}":{value}' for name, value in given.items())
        self.rows[table].append(f"{encoded(row)[:-1]}{whole}}}")

    def _insert(self, cursor: CursorWrapper, table: str) -> None:
        """They travel as they are, and each is read by itself."""
        if rows := self.rows.get(table):
            columns = ", ".join(self.columns[table])
            cursor.execute(
                f"INSERT INTO {table} ({columns}) SELECT {columns} FROM unnest(%(rows)b::text[]) AS given,"
                f" LATERAL json_populate_record(NULL::{table}, given::json) ON CONFLICT DO NOTHING",
                {"rows": rows},
            )

    def _insert_traces(self, cursor: CursorWrapper, made: Sequence[Made]) -> None:
        alike = {common.person.user_id: common for _, common, _ in self.new}
        behind = citations.behind(
            (common.person, slot) for chosen, common, _ in self.new for slot in chosen.told.worded.used
        )
        own = []
        for one, (chosen, common, _) in zip(made, self.new, strict=True):
            rows = [(slot, behind[common.person.user_id, slot]) for slot in chosen.told.worded.used]
            cites = [citation_of(slot, cited.transactions, cited.count) for slot, cited in rows]
            own.append(own_text(one, chosen, common.person, cites))
        cursor.execute(
            TRACES,
            {
                "tenant": self.tenant_id,
                "now": self.now,
                "users": list(alike),
                "documents": [common.document for common in alike.values()],
                "candidates": [common.candidates for common in alike.values()],
                "ids": [one.trace_id for one in made],
                "of": [common.person.user_id for _, common, _ in self.new],
                "items": [one.recommendation_id for one in made],
                "own": own,
            },
        )
