"""Which cards suit a person, in which order, and how many of them are taken."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from personas.rules import FALLBACK
from recommendations.criteria import holds, strength
from recommendations.facts import Live, Person
from recommendations.pieces import Piece, Shelf

FEWEST, MOST, OFFERS = 3, 5, 3
FROM_SECONDARY = 2
PRIMARY, SECONDARY, ANYBODY = 0, 1, 2


@dataclass(frozen=True)
class Candidate:
    """A card looked at for one person: its place in the order, or why it is out."""

    piece: Piece
    rank: int | None
    matched_persona: str | None
    strength: Decimal = Decimal(0)
    refusal: str | None = None

    @property
    def order(self) -> tuple[int, Decimal, str, str]:
        return (
            ANYBODY + 1 if self.rank is None else self.rank,
            -self.strength,
            self.piece.key or "",
            str(self.piece.card_id),
        )


def looked_at(piece: Piece, person: Person, shelf: Shelf) -> Candidate:
    """Whether this card is a candidate: servable, new, suiting, triggered; asked in this order."""
    rank, matched = suited(shelf.suits[piece.card_id], person)
    if shelf.faults(piece, person.as_of):
        return Candidate(piece, rank, matched, refusal="not_servable")
    if piece.subject in {live.subject for live in person.live}:
        return Candidate(piece, rank, matched, refusal="live")
    if piece.subject in person.rejected:
        return Candidate(piece, rank, matched, refusal="rejected_recently")
    if rank is None:
        return Candidate(piece, None, None, refusal="persona_mismatch")
    if piece.triggers is not None and not holds(piece.triggers, person.values):
        return Candidate(piece, rank, matched, refusal="trigger_not_met")
    return Candidate(piece, rank, matched, strength(piece.triggers, person.values))


def suited(personas: Iterable[str], person: Person) -> tuple[int | None, str | None]:
    suits = frozenset(personas)
    if person.primary in suits:
        return PRIMARY, person.primary
    for slug in person.secondary:
        if slug in suits:
            return SECONDARY, slug
    return (ANYBODY, FALLBACK.value) if FALLBACK.value in suits else (None, None)


def live_rank(live: Live, person: Person) -> int:
    rank, _ = suited([live.matched_persona], person)
    return ANYBODY if rank is None else rank


class Places:
    """How many items there are and may be; live ones already sit."""

    def __init__(self, person: Person) -> None:
        education = [live for live in person.live if live.kind == "education"]
        self.education = len(education)
        self.from_secondary = sum(live_rank(live, person) == SECONDARY for live in education)
        self.offers = len(person.live) - len(education)

    def free(self, candidate: Candidate) -> bool:
        if candidate.piece.offer:
            return self.offers < OFFERS
        if candidate.rank == ANYBODY:
            return self.education < FEWEST
        full = candidate.rank == SECONDARY and self.from_secondary >= FROM_SECONDARY
        return self.education < MOST and not full

    def take(self, candidate: Candidate) -> None:
        if candidate.piece.offer:
            self.offers += 1
        else:
            self.education += 1
            self.from_secondary += candidate.rank == SECONDARY
