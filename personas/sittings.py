"""A sitting: everything that a portrait is to be made of, seen at one moment, and the portrait that came of it."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from personas import narrator, portraits
from personas.narrator import Notes

AT_ONCE = 4
State = tuple[int, portraits.Names]  # the revision of a dossier, and the names it is under


@dataclass(frozen=True)
class Text:
    """One text that is handed in; it has its id before it is stored, so that it can be read before."""

    raw: str
    source: str = "api"
    id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True)
class Change:
    """What comes to a dossier before it is portrayed anew: texts, and everything of another one.

    One that `opens` begins with it; `None` is the caller's own.
    """

    person_id: UUID | None
    texts: tuple[Text, ...] = ()
    absorbs: UUID | None = None
    opens: bool = False

    @property
    def named(self) -> list[UUID | None]:
        """The dossiers that are there already."""
        return [] if self.opens else [self.person_id, *([self.absorbs] if self.absorbs else [])]


@dataclass(frozen=True)
class Sitting:
    """`states` are those of the dossiers it was read from: where one has moved since, it is over."""

    person_id: UUID
    change: Change
    states: Mapping[UUID, State]
    names: portraits.Names
    submissions: tuple[portraits.Submission, ...]
    notes: Mapping[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Drawn:
    """A portrait, and what had to be noted for it."""

    sitting: Sitting
    portrait: portraits.Portrait
    latency_ms: int
    notes: Mapping[UUID, Notes] = field(default_factory=dict)


def by_rules(sitting: Sitting) -> Drawn:
    began = time.perf_counter()
    portrait = portraits.of(sitting.submissions, sitting.names)
    return Drawn(sitting, portrait, _ms(began))


def by_provider(sittings: Sequence[Sitting], noted: Mapping[UUID, Notes], *, seconds: float) -> list[Drawn]:
    """Some at once, all within the same time; what was `noted` in an earlier sitting is not asked again."""

    def draw(sitting: Sitting) -> Drawn:
        began = time.perf_counter()
        known = {one.id: noted[one.id] for one in sitting.submissions if one.id in noted}
        notes = {**sitting.notes, **{data_id: note.text for data_id, note in known.items()}}
        portrait, new = narrator.portrait(sitting.submissions, sitting.names, notes, seconds=seconds)
        return Drawn(sitting, portrait, _ms(began), {**known, **new})

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="sitting") as pool:
        return list(pool.map(draw, sittings))


def _ms(began: float) -> int:
    return round((time.perf_counter() - began) * 1000)
