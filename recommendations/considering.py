"""One consideration of one person: from a shelf to a handful of items that each say why. The same inputs, the same
items, on every machine; runs, the question "why not" and replay all ask here.
"""

from dataclasses import dataclass, replace
from typing import Any

from personas.rules import Strength
from recommendations import guardrails
from recommendations.eligibility import Screened, screened
from recommendations.facts import Person, Slot
from recommendations.figures import uncited
from recommendations.guardrails import Check
from recommendations.guardrails.checking import NOT_APPLICABLE
from recommendations.matching import ANYBODY, FEWEST, PRIMARY, Candidate, Places, looked_at
from recommendations.pieces import Piece, Shelf
from recommendations.rewriting import NONE, Rewrite, Rewrites, faithful
from recommendations.wording import Worded, worded


@dataclass(frozen=True)
class Told:
    """How a candidate would be put to this person, with every check that was asked."""

    worded: Worded
    checks: tuple[Check, ...]
    disclosure: str
    screened: Screened | None
    rewrite: Rewrite | None = None

    @property
    def text(self) -> str:
        return self.rewrite.text if self.rewrite else self.worded.text

    @property
    def passed(self) -> bool:
        return guardrails.passed(self.checks)


@dataclass(frozen=True)
class Chosen:
    """An item to be: an unpassed one waits for an operator and takes no place."""

    candidate: Candidate
    told: Told
    position: int
    priority: str

    @property
    def piece(self) -> Piece:
        return self.candidate.piece


@dataclass(frozen=True)
class Considered:
    """What comes out: items in order, and of every card looked at what became of it."""

    chosen: tuple[Chosen, ...]
    looked: tuple[tuple[Candidate, str, tuple[str, ...]], ...]  # candidate, outcome, reasons
    enough: bool


def consider(person: Person, shelf: Shelf, rewrites: Rewrites = NONE) -> Considered:
    candidates = [looked_at(piece, person, shelf) for piece in shelf.pieces]
    outcomes: dict[Any, tuple[str, tuple[str, ...]]] = {
        one.piece.card_id: ("refused", (one.refusal,)) for one in candidates if one.refusal
    }
    places, taken = Places(person), list[tuple[Candidate, Told]]()
    for offer in (False, True):
        in_order = sorted(
            (one for one in candidates if not one.refusal and one.piece.offer is offer), key=lambda one: one.order
        )
        for candidate in in_order:
            if not places.free(candidate):
                outcomes[candidate.piece.card_id] = ("not_needed", ())
                continue
            told, refusal = put(candidate.piece, person, shelf, rewrites)
            if told is None:
                outcomes[candidate.piece.card_id] = ("refused", (refusal,))
                continue
            outcomes[candidate.piece.card_id] = ("selected", () if told.passed else ("guardrail_failed",))
            taken.append((candidate, told))
            if told.passed:
                places.take(candidate)
    enough = places.education >= FEWEST
    chosen = tuple(
        Chosen(candidate, told, position, priority(candidate, person))
        for position, (candidate, told) in enumerate(taken, 1)
    )
    return Considered(
        chosen if enough else (),
        tuple((one, *outcomes[one.piece.card_id]) for one in candidates),
        enough,
    )


def put(piece: Piece, person: Person, shelf: Shelf, rewrites: Rewrites = NONE) -> tuple[Told | None, str]:
    """A card in the words it would have for this person, or why it has none."""
    verdict = screened(piece, person) if piece.offer else None
    if verdict and verdict.refusal:
        return None, verdict.refusal
    failed = None
    for fallback in (False, True):
        text = piece.text("fallback_rationale" if fallback else "rationale_template")
        filled = worded(text, person.slots, window=person.decision_window, fallback=fallback) if text else None
        if filled is None:
            continue
        told = Told(
            filled,
            checks(piece, filled.text, filled.used, person, shelf),
            guardrails.disclosure(offer=piece.offer, kind=_disclosed(piece), note=shelf.note),
            verdict,
        )
        if told.passed:
            return _rewritten(told, piece, person, shelf, rewrites.get(filled.text)), ""
        failed = failed or told
    return failed, "rationale_unavailable"


def _rewritten(told: Told, piece: Piece, person: Person, shelf: Shelf, rewrite: Rewrite | None) -> Told:
    """In other words, if they say the same and every guardrail lets them pass; else in those of the template."""
    used = told.worded.used
    if rewrite is None or not faithful(rewrite.text, told.worded.text, [slot.text for slot in used]):
        return told
    other = replace(told, rewrite=rewrite, checks=checks(piece, rewrite.text, used, person, shelf))
    return other if other.passed else told


def checks(
    piece: Piece,
    rationale: str,
    used: tuple[Slot, ...],
    person: Person,
    shelf: Shelf,
    *,
    texts: tuple[str, ...] | None = None,
    disclosure: str | None = None,
) -> tuple[Check, ...]:
    """Every guardrail in order, over an item as it would be read; `texts` are those of an edit."""
    kind = _disclosed(piece)
    shown = guardrails.disclosure(offer=piece.offer, kind=kind, note=shelf.note) if disclosure is None else disclosure
    said = (*(piece.texts if texts is None else texts), rationale)
    spoken = guardrails.spoken(
        said, names=shelf.names, titles=shelf.titles, forbidden=shelf.forbidden, version=shelf.lists
    )
    cited, merchants = [slot.text for slot in used], _merchants(person)
    numbers = uncited(rationale, cited=cited, own=piece.own, merchants=merchants)
    for text in texts or ():  # those of the card itself need no citation
        numbers += uncited(text, cited=cited, own=piece.own, merchants=merchants, names=False)
    whole = guardrails.disclosed(shown, offer=piece.offer, kind=kind, note=shelf.note)
    return (
        _of_consent(piece, person),
        Check("eligibility", "pass") if piece.offer else Check("eligibility", NOT_APPLICABLE),
        *spoken,
        guardrails.figures(numbers),
        Check("disclosure", "pass") if whole else Check("disclosure", "fail", detail="The disclosure is not whole."),
    )


def _of_consent(piece: Piece, person: Person) -> Check:
    needed = ("analysis", "partner_offers") if piece.offer else ("analysis",)
    missing = [purpose for purpose in needed if not person.consents.get(purpose)]
    if not missing:
        return Check("consent", "pass")
    return Check("consent", "fail", "consent", tuple(missing), f"No consent to {' and '.join(missing)}.")


def _disclosed(piece: Piece) -> str | None:
    return piece.text("disclosure_kind") or None


def _merchants(person: Person) -> tuple[str, ...]:
    window = person.signals.get(person.window_of("subscriptions"), {})
    return tuple(one["name"] for one in window.get("subscriptions", {}).get("merchants", ()))


def priority(candidate: Candidate, person: Person) -> str:
    if candidate.rank == ANYBODY:
        return "low"
    strong = person.assignment.get("strength") == Strength.STRONG or candidate.strength >= 1
    return "high" if candidate.rank == PRIMARY and strong else "medium"
