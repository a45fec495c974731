"""Traces made again: from the inputs a trace names, by today's code, to the same document or to where it differs."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import polars as pl
from django.db.models import CharField, Value
from django.db.models.functions import MD5, Cast, Concat

from accounts.words import Word
from personas import profiles, recalled, rules, rulesets
from personas.models import Source, Window
from personas.recalled import Recalled
from personas.rules import Persona
from personas.rules.document import Document
from personas.signals import ALGORITHM, as_object, measure
from recommendations import citations, versions
from recommendations.assigned import assigned
from recommendations.comparing import Difference, code_changed, differences
from recommendations.considering import Chosen, Considered, consider
from recommendations.facts import Person, Slot
from recommendations.models import Trace
from recommendations.pieces import Piece, Shelf, shelf_of
from recommendations.recalling import person_of
from recommendations.rewriting import Rewrite, Rewrites
from recommendations.tracing import Common, Made, candidate_of, citation_of, plain, trace_of

Stored = Mapping[str, Any]
CONSENT_REVOKED, ERASED = "consent_revoked", "erased"


class Result(Word):
    IDENTICAL = "identical"
    DIFFERENT = "different"
    INPUTS_CHANGED = "inputs_changed"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class Replayed:
    recommendation_id: UUID
    result: Result
    differences: tuple[Difference, ...] = ()
    reason: str | None = None
    engine_changed: bool = False


def recorded(
    *,
    tenant_id: UUID,
    recommendation_id: UUID | None = None,
    user_id: UUID | None = None,
    since: datetime | None = None,
    sample: int | None = None,
    salt: str = "",
) -> list[UUID]:
    """Items whose traces are kept, one run of one person after the other; of a sample, each salt gives another."""
    rows = Trace.objects.filter(tenant_id=tenant_id)
    for name, value in (("recommendation_id", recommendation_id), ("user_id", user_id), ("created_at__gte", since)):
        rows = rows.filter(**{name: value}) if value is not None else rows
    if sample is not None:
        drawn = rows.order_by(MD5(Concat(Cast("recommendation_id", CharField()), Value(salt))))
        rows = Trace.objects.filter(pk__in=drawn.values("pk")[:sample])
    return list(rows.order_by("created_at", "user_id", "pk").values_list("recommendation_id", flat=True))


def replay(*, recommendation_ids: Sequence[UUID], tenant_id: UUID) -> list[Replayed]:
    """In the order asked, with the eyes of whoever asks: a trace that they do not see belongs to nobody who agrees.

    The number of statements is that of one trace, as long as every person is asked about one run.
    """
    rows = Trace.objects.filter(recommendation_id__in=recommendation_ids).order_by("created_at", "id")
    stored: dict[UUID, Stored] = dict(rows.values_list("recommendation_id", "trace_data"))
    done: dict[UUID, Replayed] = {}
    for batch in _batches(stored.values()):
        for one in _Again(batch, tenant_id).replayed():
            done[one.recommendation_id] = one
    unseen = {pk: Replayed(pk, Result.UNAVAILABLE, reason=CONSENT_REVOKED) for pk in recommendation_ids}
    return [done.get(pk) or unseen[pk] for pk in dict.fromkeys(recommendation_ids)]


def _batches(traces: Collection[Stored]) -> Iterator[list[list[Stored]]]:
    """Traces of one run of one person belong together; of each person one run at a time is made again."""
    runs: dict[tuple[str, str], list[Stored]] = {}
    for trace in traces:
        runs.setdefault((trace["user_id"], trace["run_id"]), []).append(trace)
    of_person: dict[str, list[list[Stored]]] = {}
    for (user_id, _), together in runs.items():
        of_person.setdefault(user_id, []).append(together)
    while of_person:
        yield [waiting.pop() for waiting in of_person.values()]
        of_person = {user_id: waiting for user_id, waiting in of_person.items() if waiting}


@dataclass(frozen=True)
class _Run:
    """One run of one person made again, with the traces that came out of it."""

    traces: list[Stored]
    person: Person
    shelf: Shelf
    considered: Considered

    @cached_property
    def common(self) -> Common:
        return Common(self.considered, self.person, self.shelf)

    def chosen(self, trace: Stored) -> Chosen | None:
        return next((one for one in self.considered.chosen if one.piece.subject == trace["subject"]), None)


class _Again:
    """Runs of different people made again together."""

    def __init__(self, runs: list[list[Stored]], tenant_id: UUID) -> None:
        self.runs, self.first = runs, {traces[0]["user_id"]: traces[0] for traces in runs}
        self.measured = measure(
            *recalled.frames([_recalled(one) for one in self.first.values()]), windows=profiles.WINDOWS
        )
        self.documents = _documents(self.first.values(), tenant_id)
        self.pieces = versions.pieces([cited for one in self.first.values() for cited in _cards(one)])
        self.shelves: dict[tuple[Any, ...], Shelf] = {}

    def replayed(self) -> Iterator[Replayed]:
        signals: dict[str, dict[str, Any]] = {}
        for row in self.measured.iter_rows(named=True):
            signals.setdefault(row["user_id"], {})[row["window"]] = as_object(row)
        evaluated = self._evaluated()
        again = []
        for traces in self.runs:
            first, mine = traces[0], signals.get(traces[0]["user_id"], {})
            if gone := _changed(first, mine):
                yield from (replace(gone, recommendation_id=UUID(one["recommendation_id"])) for one in traces)
            else:
                again.append(self._run(traces, mine, evaluated.get(first["user_id"])))
        behind = citations.behind(
            (run.person, slot)
            for run in again
            for trace in run.traces
            if (chosen := run.chosen(trace))
            for slot in chosen.told.worded.used
        )
        for run in again:
            for trace in run.traces:
                yield _compared(trace, run, behind)

    def _run(self, traces: list[Stored], signals: Mapping[str, Any], found: Mapping[str, Any] | None) -> _Run:
        first = traces[0]
        known = {window: signals[window] for window in first["signals"] if window in signals}
        assignment = _assignment(first, known, found, self.documents.get(_rule_set(first)))
        person = person_of(first, signals=known, assignment=assignment)
        shelf = self._shelf(first)
        return _Run(traces, person, shelf, consider(person, shelf, _rewrites(traces)))

    def _shelf(self, trace: Stored) -> Shelf:
        """As it stood; most people of a run found the same."""
        inputs = trace["inputs"]
        voice = _version(inputs["voice_card"])
        wanted = (*sorted(_cards(trace)), voice, inputs["guardrail_lists"])
        if wanted not in self.shelves:
            found = [self.pieces[cited] for cited in _cards(trace) if cited in self.pieces]
            house: Piece | None = self.pieces.get(voice) if voice else None
            self.shelves[wanted] = replace(shelf_of(found), voice=house, lists=inputs["guardrail_lists"])
        return self.shelves[wanted]

    def _evaluated(self) -> dict[str, dict[str, Any]]:
        """What the rules that each trace names say of the window that decided; once for each set of rules."""
        asked = pl.DataFrame(
            [(user_id, one["inputs"]["decision_window"], str(_rule_set(one))) for user_id, one in self.first.items()],
            {"user_id": pl.String, "window": pl.String, "rules": pl.String},
            orient="row",
        )
        rows = self.measured.join(asked, on=["user_id", "window"], how="inner", maintain_order="left")
        found: dict[str, dict[str, Any]] = {}
        for key, document in self.documents.items():
            mine = rows.filter(pl.col("rules") == str(key))
            answers = rules.evaluate(mine, document)
            told = rules.as_text(mine, document, answers)
            kept = answers.select("primary", "strength", "secondary", "all_matches")
            for row in pl.concat([mine.select("user_id"), kept, told], how="horizontal").iter_rows(named=True):
                found[row["user_id"]] = row
        return found


def _compared(trace: Stored, run: _Run, behind: Mapping[tuple[UUID, Slot], citations.Cited]) -> Replayed:
    made = Made(
        UUID(trace["run_id"]),
        UUID(trace["recommendation_id"]),
        UUID(trace["trace_id"]),
        datetime.fromisoformat(trace["generated_at"]),
        trace["generation_time_ms"],
    )
    chosen = run.chosen(trace)
    if chosen is None:
        looked = plain([candidate_of(*one) for one in run.considered.looked])
        mine = next((one for one in looked if one["card_id"] == _card_of(trace)), None)
        found: tuple[Difference, ...] = (Difference("/selection/candidates", trace["subject"], mine),)
        changed = False
    else:
        rows = [(slot, behind[run.person.user_id, slot]) for slot in chosen.told.worded.used]
        cites = [citation_of(slot, one.transactions, one.count) for slot, one in rows]
        again = trace_of(made, chosen, run.common, cites)
        again["inputs"]["algorithm_version"] = ALGORITHM
        found, changed = differences(trace, again), code_changed(trace, again)
    result = Result.DIFFERENT if found else Result.IDENTICAL
    return Replayed(made.recommendation_id, result, found, engine_changed=changed)


def _card_of(trace: Stored) -> str | None:
    return next((one["card_id"] for one in trace["selection"]["candidates"] if one["key"] == trace["subject"]), None)


def _changed(trace: Stored, signals: Mapping[str, Any]) -> Replayed | None:
    """Whether what it was measured from is still there; nothing at all is left of who was erased."""
    inputs = trace["inputs"]
    now = {one["meta"]["data_fingerprint"] for one in signals.values()}
    if now == {inputs["data_fingerprint"]}:
        return None
    left = any(one["spending"]["transaction_count"] or one["credit"]["cards"] for one in signals.values())
    if left or not inputs["transaction_count"]:
        return Replayed(UUID(trace["recommendation_id"]), Result.INPUTS_CHANGED)
    return Replayed(UUID(trace["recommendation_id"]), Result.UNAVAILABLE, reason=ERASED)


def _recalled(trace: Stored) -> Recalled:
    inputs = trace["inputs"]
    return Recalled(
        UUID(trace["user_id"]),
        date.fromisoformat(inputs["as_of"]),
        inputs["currency"],
        inputs["upload_ids"],
        inputs["corrections"],
        [one if one["named"] else {**one, "name": None} for one in inputs["accounts"]],
        inputs["liabilities"],
    )


def _rule_set(trace: Stored) -> tuple[int, str]:
    named = trace["inputs"]["rule_set"]
    return named["version"], named["hash"]


def _documents(traces: Collection[Stored], tenant_id: UUID) -> dict[tuple[int, str], Document]:
    """By version and hash; rules that are not what they were are those that the version holds now."""
    asked = {_rule_set(trace) for trace in traces}
    rows = rulesets.visible(tenant_id=tenant_id).filter(version__in={version for version, _ in asked})
    held = {(row.version, row.hash): row for row in rows}
    by_version = {row.version: row for row in rows}
    return {
        key: rulesets.document_of(row) for key in asked if (row := held.get(key) or by_version.get(key[0])) is not None
    }


def _assignment(
    trace: Stored, signals: Mapping[str, Any], found: Mapping[str, Any] | None, document: Document | None
) -> dict[str, Any]:
    """What the rules say; an operator's word stands for itself, and what came before is history."""
    was = dict(trace["persona_assignment"])
    if was["source"] == Source.OPERATOR or found is None or document is None:
        return was
    return assigned(
        assignment_id=was["assignment_id"],
        persona=Persona(found["primary"]),
        strength=found["strength"],
        secondary=found["secondary"],
        all_matches=found["all_matches"],
        window=was["window"],
        came_from=was["previous_persona"],
        source=was["source"],
        criteria=json.loads(found["criteria"]),
        document=document,
        signals=signals[was["window"]],
        days=Window(was["window"]).days,
    )


def _rewrites(traces: Collection[Stored]) -> Rewrites:
    """What a provider said is not asked again: the stored words stand, as far as the rules let them."""
    return {
        words: Rewrite(trace["rationale"]["text"], trace["llm"]["model"], trace["llm"]["tokens"])
        for trace in traces
        if (words := trace["rationale"].get("rewritten_from"))
    }


def _cards(trace: Stored) -> set[versions.Cited]:
    inputs = trace["inputs"]
    named = [_version(one) for one in (*trace["selection"]["candidates"], *inputs["audience_cards"])]
    others = [one.partition("@") for one in inputs["other_cards"]]
    voice = _version(inputs["voice_card"])
    return {
        *(one for one in named if one),
        *((UUID(card_id), int(version)) for card_id, _, version in others),
        *([voice] if voice else []),
    }


def _version(cited: Mapping[str, Any] | None) -> versions.Cited | None:
    return (UUID(cited["card_id"]), cited["version"]) if cited else None
