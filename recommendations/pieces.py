"""A card as the engine reads it, the shelf of a tenant, and why a card cannot be served."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from personas.rules import FALLBACK, InvalidDocument, Persona, read_tree
from personas.rules.document import Node
from recommendations import guardrails
from recommendations.facts import ASKED, VARIABLES
from recommendations.guardrails.disclosure import Disclosed
from recommendations.wording import placeholders

KINDS = {"insight": "education", "company": "partner_offer"}
SURE, UNSAID = 0.5, 0.8  # the least confidence, and what counts where none is said
FRESH = timedelta(days=365)
LONGEST_SUBJECT = 120
PERSONAS = frozenset(persona.value for persona in Persona)


@dataclass(frozen=True)
class Piece:
    """One version of a card."""

    card_id: UUID
    version: int
    content_hash: str
    card_type: str
    title: str
    description: str | None
    tags: tuple[str, ...]
    content: Mapping[str, Any] = field(hash=False)
    made_at: datetime

    @cached_property
    def key(self) -> str | None:
        key = self.content.get("key")
        return key if isinstance(key, str) and key else None

    @cached_property
    def subject(self) -> str:
        return self.key or f"card:{self.card_id}"

    @property
    def kind(self) -> str | None:
        return KINDS.get(self.card_type)

    @property
    def offer(self) -> bool:
        return self.kind == "partner_offer"

    @property
    def partner(self) -> Mapping[str, Any]:
        partner = self.content.get("partner")
        return partner if isinstance(partner, Mapping) else {}

    @property
    def summary(self) -> str:
        return self.text("summary")

    @property
    def body(self) -> str:
        return self.text("body") or self.summary

    def text(self, name: str) -> str:
        value = self.content.get(name)
        return value if isinstance(value, str) else ""

    def listed(self, name: str) -> tuple[str, ...]:
        value = self.content.get(name)
        return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """What a reader sees of the card itself."""
        partner = (str(self.partner.get("name", "")),) if self.offer else ()
        return tuple(
            filter(None, [self.title, self.summary, self.text("body"), *self.listed("partner_checks"), *partner])
        )

    @cached_property
    def own(self) -> tuple[str, ...]:
        """The card's own words, which need no citation in a rationale."""
        return (*self.texts, self.text("rationale_template"), self.text("fallback_rationale"))

    @cached_property
    def triggers(self) -> Node | None:
        return self._tree("triggers")

    @cached_property
    def eligibility(self) -> Node | None:
        return self._tree("eligibility")

    def _tree(self, name: str) -> Node | None:
        tree = self.content.get(name)
        return None if tree is None or tree == {} else read_tree(tree, catalogue=ASKED, path=name)


@dataclass(frozen=True)
class Fault:
    """Why a card cannot be served: a word for programs, a sentence for who mends it."""

    code: str
    sentence: str


@dataclass(frozen=True)
class Shelf:
    """What a tenant has to say: the cards to choose from, who suits what, and the house voice."""

    pieces: tuple[Piece, ...]
    audiences: tuple[Piece, ...] = ()
    voice: Piece | None = None
    lists: int = guardrails.CURRENT  # the version of the guardrails' lists that reads their texts

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Titles and partners of products, to which no text may send anybody's money."""
        found = {name for piece in self.pieces if piece.offer for name in (piece.title, piece.partner.get("name"))}
        return tuple(sorted(name for name in found if isinstance(name, str) and name))

    @cached_property
    def titles(self) -> tuple[str, ...]:
        return tuple(sorted({piece.title for piece in self.pieces}))

    @cached_property
    def forbidden(self) -> tuple[str, ...]:
        return self.voice.listed("forbidden_phrases") if self.voice else ()

    @property
    def note(self) -> str | None:
        """The compliance note of the house voice, added to every disclosure."""
        return (self.voice.text("compliance_notes") or None) if self.voice else None

    @cached_property
    def suits(self) -> Mapping[UUID, frozenset[str]]:
        return {piece.card_id: _suits(piece, self.audiences) for piece in self.pieces}

    @cached_property
    def by_card(self) -> Mapping[UUID, Piece]:
        return {piece.card_id: piece for piece in self.pieces}

    @cached_property
    def by_subject(self) -> Mapping[str, Piece]:
        return {piece.subject: piece for piece in sorted(self.pieces, key=lambda one: str(one.card_id), reverse=True)}

    @cached_property
    def _standing_faults(self) -> Mapping[UUID, tuple[Fault, ...]]:
        return {piece.card_id: tuple(_faults(piece, self)) for piece in self.pieces}

    def always(self, on: date) -> dict[str, int]:
        """How many education cards each persona has whatever the numbers: its own and everybody's, without triggers."""
        told = [
            self.suits[piece.card_id]
            for piece in self.pieces
            if piece.kind == "education" and not self.faults(piece, on) and piece.triggers is None
        ]
        return {slug.value: sum(bool({slug.value, FALLBACK.value} & suits) for suits in told) for slug in Persona}

    def faults(self, piece: Piece, on: date) -> tuple[Fault, ...]:
        """Everything that keeps a card from being served on this day."""
        observed = _observed(piece)
        old = observed is not None and on - observed > FRESH
        late = (Fault("outdated", f"Last observed on {observed}, more than a year before."),) if old else ()
        return (*self._standing_faults[piece.card_id], *late)


def shelf_of(pieces: Iterable[Piece]) -> Shelf:
    """Cards of one tenant, sorted into what they do; the newest default voice applies."""
    of: dict[str, list[Piece]] = {}
    for piece in sorted(pieces, key=lambda one: str(one.card_id)):
        of.setdefault(piece.card_type, []).append(piece)
    voices = [piece for piece in of.get("voice", []) if "default" in piece.tags]
    voice = max(voices, key=lambda one: (one.made_at, str(one.card_id)), default=None)
    return Shelf((*of.get("insight", []), *of.get("company", [])), tuple(of.get("audience", [])), voice)


def _suits(piece: Piece, audiences: Iterable[Piece]) -> frozenset[str]:
    named = {slug for slug in piece.listed("personas") if slug in PERSONAS}
    for audience in audiences:
        match = audience.content.get("match")
        if audience.content.get("primary") in PERSONAS and isinstance(match, Mapping):
            wanted = {name: set(match.get(name) or ()) for name in ("keys", "categories", "tags")}
            if (
                piece.key in wanted["keys"]
                or piece.content.get("category") in wanted["categories"]
                or wanted["tags"] & set(piece.tags)
            ):
                named.add(audience.content["primary"])
    return frozenset(named or {FALLBACK.value})


def _observed(piece: Piece) -> date | None:
    if piece.offer:
        return None
    said = piece.content.get("last_observed_at")
    if said is None:
        return piece.made_at.date()
    try:
        return date.fromisoformat(str(said)[:10])
    except ValueError:
        return date.min


def _faults(piece: Piece, shelf: Shelf) -> Iterable[Fault]:
    if piece.key is None:
        yield Fault("key_missing", "The card has no key.")
    elif len(piece.key) > LONGEST_SUBJECT:
        yield Fault("key_too_long", f"A key has at most {LONGEST_SUBJECT} characters.")
    if not piece.body.strip():
        yield Fault("text_missing", "The card has neither a body nor a summary.")
    yield from _template_faults(piece)
    for name in ("triggers", "eligibility"):
        try:
            getattr(piece, name)
        except InvalidDocument as broken:
            yield Fault("tree_broken", f"The tree of {name} cannot be read: {broken}")
    kind = piece.content.get("disclosure_kind")
    if kind is not None and kind not in Disclosed.values():
        yield Fault("disclosure_unknown", "disclosure_kind is credit, loan, savings, investment or none.")
    confidence = piece.content.get("confidence", UNSAID)
    if not piece.offer and (isinstance(confidence, bool) or not isinstance(confidence, int | float)):
        yield Fault("confidence_low", "confidence is a number from 0 to 1.")
    elif not piece.offer and confidence < SURE:
        yield Fault("confidence_low", f"Its confidence of {confidence} is below {SURE}.")
    if any(guardrails.has_markup(text) for text in piece.own):
        yield Fault("markup", "Texts are plain: there is markup in one of them.")
    spoken = guardrails.spoken(
        piece.texts, names=shelf.names, titles=shelf.titles, forbidden=shelf.forbidden, version=shelf.lists
    )
    for check in spoken:
        if check.status == "fail":
            yield Fault("guardrail_failed", f"{check.category}: {check.detail}")


def _template_faults(piece: Piece) -> Iterable[Fault]:
    template = piece.text("rationale_template")
    if not template.strip():
        yield Fault("template_missing", "The card has no rationale_template.")
    for name in ("rationale_template", "fallback_rationale"):
        unknown = sorted(placeholders(piece.text(name)) - VARIABLES)
        if unknown:
            yield Fault("variable_unknown", f"{name} names unknown variables: {', '.join(unknown) or '{}'}.")
    unknown = sorted(set(piece.listed("variables")) - VARIABLES)
    if unknown:
        yield Fault("variable_unknown", f"variables names unknown ones: {', '.join(unknown)}.")
