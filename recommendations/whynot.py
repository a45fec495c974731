"""Why a reader was not offered something: a dry run for them by the run's own functions, of which nothing stays."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from accounts import rowsecurity
from accounts.models import User
from personas.history import PersonaNotFound
from personas.profiles import NoSignals
from personas.signals import stale
from recommendations import remaining, standing, unmet
from recommendations.considering import Considered, consider, put
from recommendations.criteria import answers
from recommendations.eligibility import screened
from recommendations.facts import Person
from recommendations.feed import RecommendationNotFound
from recommendations.lifecycle import Status
from recommendations.matching import MOST, OFFERS, looked_at
from recommendations.models import Outcome
from recommendations.pieces import Piece, Shelf
from recommendations.shelf import shelf
from recommendations.tracing import plain
from recommendations.uses import CardNotFound


@dataclass(frozen=True)
class WhyNot:
    key: str
    title: str
    type: str | None
    outcome: str
    as_of: date
    stale: bool
    sentence: str
    checks: list[dict[str, Any]]
    rank: int | None


def why_not(*, user: User, key: str, now: datetime) -> WhyNot:
    """A number of statements that grows with nothing; those about cards and open items with the pipeline's eyes."""
    if not user.consent_status:
        raise RecommendationNotFound
    with rowsecurity.viewing(rowsecurity.pipeline(user.tenant_id)):
        on_shelf = shelf(tenant_id=user.tenant_id)
        items, rejected = remaining.items([user.pk])[user.pk], remaining.rejected([user.pk], now)[user.pk]
    piece = on_shelf.by_subject.get(key)
    if piece is None or piece.key != key:
        raise CardNotFound
    people, silent = standing.persons(user_ids=[user.pk], shelf=on_shelf)
    if user.pk not in people:
        raise PersonaNotFound if silent[user.pk] is Outcome.NO_ASSIGNMENT else NoSignals(user.pk)
    person = people[user.pk]
    person = remaining.with_these(person, items, remaining.ended(items, person, on_shelf, now), rejected)
    waits = any(item.subject == piece.subject and item.status == Status.PENDING for item in items)
    outcome, sentence, checks, rank = _answer(piece, person, on_shelf, waits)
    return WhyNot(
        key,
        piece.title,
        piece.kind,
        outcome,
        person.as_of,
        stale(person.as_of, now.date()),
        sentence,
        plain(checks),
        rank,
    )


_Answer = tuple[str, str, tuple[dict[str, Any], ...], int | None]


def _answer(piece: Piece, person: Person, on_shelf: Shelf, waits: bool) -> _Answer:
    """The first that holds, in the order of section 11."""
    candidate = looked_at(piece, person, on_shelf)
    triggers = () if candidate.refusal == "not_servable" else answers(piece.triggers, person.values)
    if piece.subject in {live.subject for live in person.live}:
        return "live", unmet.OUTCOMES["live"], triggers, None
    if waits:
        return "waiting", unmet.OUTCOMES["waiting"], triggers, None
    if candidate.refusal == "persona_mismatch":
        return candidate.refusal, unmet.of_persona(on_shelf.suits[piece.card_id], person.primary), triggers, None
    if candidate.refusal == "trigger_not_met":
        return candidate.refusal, unmet.of_criteria(triggers, person.currency), triggers, None
    if candidate.refusal:
        return candidate.refusal, unmet.OUTCOMES[candidate.refusal], triggers, None
    told, refusal = put(piece, person, on_shelf)
    if told is None:
        return _refused(piece, person, refusal, triggers)
    if not told.passed:
        return "guardrail_failed", unmet.OUTCOMES["guardrail_failed"], triggers, None
    return _ranked(piece, consider(person, on_shelf), triggers)


def _refused(piece: Piece, person: Person, refusal: str, triggers: tuple[dict[str, Any], ...]) -> _Answer:
    checks = screened(piece, person).criteria if piece.offer else triggers
    if refusal == "criteria_not_met" and any(not one["met"] for one in checks):
        return refusal, unmet.of_criteria(checks, person.currency), checks, None
    if refusal == "overdue_or_unknown":
        return refusal, unmet.of_overdue(person.values["credit.any_overdue"]), checks, None
    return refusal, unmet.OUTCOMES.get(refusal, unmet.OUTCOMES["not_servable"]), checks, None


def _ranked(piece: Piece, found: Considered, triggers: tuple[dict[str, Any], ...]) -> _Answer:
    """Its place among those of its kind that could be said to this person, whatever became of them."""
    rivals = sorted(
        (one for one, _, _ in found.looked if not one.refusal and one.piece.offer is piece.offer),
        key=lambda one: one.order,
    )
    place = next(n for n, one in enumerate(rivals, 1) if one.piece.card_id == piece.card_id)
    if any(one.piece.card_id == piece.card_id for one in found.chosen):
        return "offered", unmet.OUTCOMES["offered"], triggers, place
    if not found.enough:
        return "not_needed", unmet.OUTCOMES["too_few"], triggers, place
    most = OFFERS if piece.offer else MOST
    return "not_needed", unmet.of_order(place, len(rivals), most), triggers, place
