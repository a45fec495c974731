"""Everything needed to decide about one item, read in a number of statements that nothing raises."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist

from accounts.models import AuditEntry, Transaction, User
from accounts.pseudonyms import subject_ref
from operators.models import Note, Tag
from operators.wordings import Run, compared
from personas.catalogue import Type
from personas.signals import stale
from recommendations import edits, explaining, items
from recommendations.facts import ASKED
from recommendations.guardrails import Check
from recommendations.items import RecommendationNotFound
from recommendations.lifecycle import DECISIONS, OPEN, Status
from recommendations.models import Card, Flag, Recommendation, RecordedMove
from recommendations.reviewing import UNDOABLE

LISTED = 50
OPS = {">=": "at least", ">": "above", "<=": "at most", "<": "below", "==": "is", "in": "one of"}
COUNTED = {Type.MONTHS: "months", Type.DAYS: "days"}
SYSTEM, LEFT = "the system", "somebody who has left"
VERDICTS = {"pass": True, "fail": False, "not_applicable": None}


@dataclass(frozen=True)
class Cited:
    """A fact of the rationale, and the person's own rows that it stands on."""

    slot: str
    text: str
    signal: str
    accounts: tuple[Mapping[str, Any], ...]
    transactions: tuple[Mapping[str, Any], ...]
    count: int

    @property
    def name(self) -> str:
        return words(self.slot)


@dataclass(frozen=True)
class Spoken:
    """A row of what staff or the system did, with the name of who did it."""

    row: Any
    who: str
    changes: tuple[tuple[str, tuple[Run, ...]], ...] = ()  # of an edit, by field


@dataclass(frozen=True)
class Evidence:
    item: Recommendation
    trace: Mapping[str, Any]  # empty where the item has none
    moves: list[RecordedMove]
    notes: list[Note]
    tags: list[Tag]
    flags: list[Flag]
    beside: list[Recommendation]
    cited: tuple[Cited, ...]
    checks: tuple[Check, ...]
    staff: Mapping[UUID, str]  # who is named above, by id
    today: date

    @property
    def card(self) -> Card:
        return self.item.card

    @property
    def currency(self) -> str:
        return str(self._inputs.get("currency") or "USD")

    @property
    def _inputs(self) -> Mapping[str, Any]:
        return self.trace.get("inputs") or {}

    @property
    def stale(self) -> bool:
        return stale(self.item.as_of, self.today)

    @property
    def newer_card(self) -> bool:
        return self.card.version > self.item.card_version

    @property
    def flag(self) -> Flag | None:
        return next((flag for flag in self.flags if not flag.resolved), None)

    @cached_property
    def used(self) -> list[dict[str, Any]]:
        """The facts behind the item, as people read them."""
        return self._written(self.trace.get("signals_used") or ())

    @cached_property
    def criteria(self) -> list[tuple[str, list[dict[str, Any]]]]:
        """What each persona asks for and what is so, the item's own persona first."""
        by_persona: dict[str, list[dict[str, Any]]] = {self.item.persona: []}
        for one in self._written(self.assignment.get("criteria") or ()):
            by_persona.setdefault(one["persona"], []).append(one)
        return [(words(slug), listed) for slug, listed in by_persona.items() if listed]

    @cached_property
    def eligibility(self) -> Mapping[str, Any]:
        found = self.trace.get("eligibility") or {}
        held = [words(one) for one in found.get("held_products") or ()]
        return {**found, "criteria": self._written(found.get("criteria") or ()), "held_products": held}

    @property
    def assignment(self) -> Mapping[str, Any]:
        return self.trace.get("persona_assignment") or {}

    @property
    def persona_name(self) -> str:
        slug = self.item.persona
        named: str = self.assignment.get("persona_name") or slug.replace("_", " ").capitalize()
        return named

    @property
    def counterfactual(self) -> Mapping[str, Any] | None:
        change: Mapping[str, Any] | None = self.item.presentation.get("counterfactual")
        return change

    @property
    def passes(self) -> bool:
        return all(check.status != "fail" for check in self.checks)

    def name(self, operator_id: UUID | None) -> str:
        return SYSTEM if operator_id is None else self.staff.get(operator_id, LEFT)

    @property
    def decided_by(self) -> str:
        return self.name(self.item.approved_by if self.item.status == Status.APPROVED else self.item.rejected_by)

    @property
    def open_flag_by(self) -> str:
        return self.name(self.flag.flagged_by) if self.flag else ""

    @property
    def told(self) -> list[Spoken]:
        """The moves, newest first."""
        return [Spoken(move, self.name(move.actor_id), _changes(move)) for move in reversed(self.moves)]

    @property
    def said(self) -> list[Spoken]:
        return [Spoken(note, self.name(note.operator_id)) for note in self.notes]

    @property
    def doubts(self) -> list[Spoken]:
        return [Spoken(flag, self.name(flag.flagged_by)) for flag in self.flags]

    def undo_until(self, by: User, now: datetime) -> datetime | None:
        """Until when this person may undo the last decision, if at all."""
        last = self.moves[-1] if self.moves else None
        return until(last, self.item, by, now)

    @property
    def secondary(self) -> list[str]:
        return [words(slug) for slug in self.assignment.get("secondary_personas") or ()]

    @property
    def suits(self) -> str:
        return words(self.item.matched_persona)

    @property
    def then(self) -> str:
        return words((self.counterfactual or {}).get("then") or "")

    def _text(self, path: str, value: Any) -> str | None:
        text = explaining.written(path, value, self.currency)
        signal = ASKED.get(path)
        unit = COUNTED.get(signal.type) if signal and text else None
        return f"{value:g} {unit}" if unit else text

    def _written(self, criteria: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [
            {
                **one,
                "label": one.get("label") or explaining.words(one["signal"]),
                "value_text": self._text(one["signal"], one["value"]),
                "threshold_text": self._text(one["signal"], one["threshold"]),
                "op_text": OPS.get(one["op"], ""),
            }
            for one in criteria
        ]


def words(slug: str) -> str:
    return slug.replace("_", " ")


def of(*, item_id: UUID, today: date) -> Evidence:
    """As whoever looks may see it: an item without consent is not there."""
    item = Recommendation.objects.select_related("user", "card", "trace").filter(pk=item_id).first()
    if item is None:
        raise RecommendationNotFound
    trace = _trace(item)
    moves = list(RecordedMove.objects.filter(recommendation_id=item.pk).order_by("revision", "at", "id"))
    notes = list(Note.objects.filter(recommendation_id=item.pk, deleted_at=None).order_by("created_at", "id"))
    tags = list(Tag.objects.filter(recommendation_id=item.pk).order_by("tagged_at", "id"))
    flags = list(Flag.objects.filter(recommendation_id=item.pk).order_by("-flagged_at", "id"))
    beside = Recommendation.objects.filter(user_id=item.user_id, status__in=OPEN).exclude(pk=item.pk)
    return Evidence(
        item,
        trace,
        moves,
        notes,
        tags,
        flags,
        list(beside.only("id", "title", "type", "status", "flagged", "position").order_by("status", "position", "id")),
        _cited(item, trace),
        _checks(item, trace),
        staff_of(_named(moves, notes, tags, flags)),
        today,
    )


def until(last: RecordedMove | None, item: Recommendation, by: User, now: datetime) -> datetime | None:
    """When the time to undo this move runs out for this person; None where there is nothing they may undo."""
    if last is None or last.verb not in DECISIONS or item.shown_at or item.status == Status.WITHDRAWN:
        return None
    if last.actor_id != by.pk and not by.has_perm("operators.undo_others"):
        return None
    ends = last.at + UNDOABLE
    return ends if ends > now else None


def verdicts(checks: Iterable[Check]) -> dict[str, bool | None]:
    """Each guardrail in a word: passed, failed, or not asked."""
    found: dict[str, bool | None] = {one.name: VERDICTS[one.status] for one in checks}
    return {"passed": False not in found.values(), **found}


def modifications(item: Recommendation) -> dict[str, dict[str, Any]]:
    """What the last edit changed."""
    last = items.latest_move(item)
    before, after = (last.before or {}, last.after or {}) if last else ({}, {})
    return {name: {"before": before[name], "after": after[name]} for name in edits.EDITABLE if name in before}


def staff_of(ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Who these are: staff go by their e-mail."""
    wanted = {one for one in ids if one}
    rows = User.objects.filter(pk__in=wanted).values_list("pk", "email") if wanted else ()
    return {pk: email or "somebody" for pk, email in rows}


def recorded(item: Recommendation, *, by: User) -> list[Spoken]:
    """Rows of the audit about an item, newest first: all of them, or one's own, as one's level allows."""
    of_person = AuditEntry.objects.filter(subject_ref=subject_ref(item.user_id))  # few, and found by an index
    rows = of_person.filter(tenant_id=by.tenant_id, recommendation_id=item.pk)
    if not by.has_perm("accounts.see_audit"):
        rows = rows.filter(operator_id=by.pk)
    found = list(rows.order_by("-seq")[:LISTED])
    names = staff_of({row.operator_id for row in found} - {by.pk}) | {by.pk: by.email or ""}
    return [Spoken(row, names.get(row.operator_id, LEFT) if row.operator_id else SYSTEM) for row in found]


def _trace(item: Recommendation) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = item.trace.trace_data
    except ObjectDoesNotExist:
        return {}
    return found


def _checks(item: Recommendation, trace: Mapping[str, Any]) -> tuple[Check, ...]:
    """Asked again of what is open or was edited, with today's lists and consents; else as they were when it came."""
    if not trace:
        return ()
    if item.status in OPEN or item.modified_at:
        return edits.checked(item, {}, trace=trace)
    return tuple(Check(**{**one, "matched": tuple(one["matched"])}) for one in trace["guardrails"]["checks"])


def _cited(item: Recommendation, trace: Mapping[str, Any]) -> tuple[Cited, ...]:
    listed = (trace.get("rationale") or {}).get("citations") or ()
    accounts = {one["account_id"]: one for one in (trace.get("inputs") or {}).get("accounts") or ()}
    ids = {pk for one in listed for pk in one["transactions"]}
    found = {
        str(row["id"]): {**row, "last4": accounts.get(str(row["account_id"]), {}).get("last4")}
        for row in (_rows(item, ids) if ids else ())
    }
    return tuple(
        Cited(
            one["slot"],
            one["text"],
            one["signal"],
            tuple(accounts[pk] for pk in one["accounts"] if pk in accounts),
            tuple(found[pk] for pk in one["transactions"] if pk in found),
            one["count"],
        )
        for one in listed
    )


def _rows(item: Recommendation, ids: Iterable[str]) -> Iterable[Mapping[str, Any]]:
    rows = Transaction.objects.filter(user_id=item.user_id, id__in=ids)
    return rows.values("id", "date", "merchant", "amount", "iso_currency_code", "category", "account_id")


def _changes(move: RecordedMove) -> tuple[tuple[str, tuple[Run, ...]], ...]:
    before, after = move.before or {}, move.after or {}
    edited = [name for name in edits.EDITABLE if name in before and name in after]
    return tuple((name, compared(before[name], after[name])) for name in edited)


def _named(
    moves: Iterable[RecordedMove], notes: Iterable[Note], tags: Iterable[Tag], flags: Iterable[Flag]
) -> set[UUID | None]:
    by_flags = {one for flag in flags for one in (flag.flagged_by, flag.resolved_by)}
    return (
        {move.actor_id for move in moves}
        | {note.operator_id for note in notes}
        | {tag.tagged_by for tag in tags}
        | by_flags
    )
