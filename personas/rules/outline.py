"""What an editor of rules shows: a section for each persona, and beside each place all that is known about it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from personas.catalogue import CATALOGUE, Type
from personas.rules.document import Persona, Strength
from personas.rules.editing import EDITED, FLAGS, PARTS, Place, places
from personas.rules.errors import Error
from personas.rules.linting import Finding

TITLES = {"match": "Matches when", Strength.STRONG.value: "Strong when", Strength.MODERATE.value: "Moderate when"}


@dataclass(frozen=True)
class Leaf:
    """A criterion as it is typed."""

    at: str
    id: str
    signal: str
    op: str
    value: str
    hint: str
    choices: tuple[str, ...]
    met: int | None
    errors: list[str]
    findings: list[Finding]


@dataclass(frozen=True)
class Group:
    at: str
    fold: str
    children: list["Leaf | Group"]
    met: int | None
    errors: list[str]


@dataclass(frozen=True)
class Part:
    """What makes a persona hold, or a tier of it; without a tree nothing is asked."""

    at: str
    name: str
    tree: Leaf | Group | None
    findings: list[Finding]

    @property
    def title(self) -> str:
        return TITLES[self.name]


@dataclass(frozen=True)
class Section:
    persona: Persona
    parts: list[Part]


@dataclass(frozen=True)
class _Beside:
    """What stands beside the nodes: how many people, what is wrong, and what the linter found."""

    met: Mapping[str, int]
    errors: Sequence[Error]
    findings: Collection[Finding]

    def wrong(self, place: Place) -> list[str]:
        """What is wrong anywhere in a criterion; of a group, what is wrong with the group itself."""
        own = {place.path, f"{place.path}.{place.fold}"}
        inside = "\0" if place.fold else f"{place.path}."
        return [one["sentence"] for one in self.errors if one["path"] in own or one["path"].startswith(inside)]


def outline(
    document: Mapping[str, Any],
    *,
    met: Mapping[str, int],
    errors: Sequence[Error] = (),
    findings: Collection[Finding] = (),
) -> list[Section]:
    """The form: a section for each persona that has criteria, with everything that is known about each place."""
    beside, known = _Beside(met, errors, findings), {place.at: place for place in places(document)}
    return [
        Section(persona, [_part(f"{number}.{part}", part, persona, known, beside) for part in PARTS])
        for number, persona in enumerate(EDITED)
    ]


# -- inside


def _typed(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_typed, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _part(at: str, name: str, persona: Persona, known: Mapping[str, Place], beside: _Beside) -> Part:
    place = known.get(at)
    if place is None:
        return Part(at, name, None, [])
    ids = {str(one.node["id"]) for one in known.values() if not one.fold and f"{one.at}.".startswith(f"{at}.")}
    about = [
        one
        for one in beside.findings
        if one.persona == persona and len(one.criteria) > 1 and ids and ids <= set(one.criteria)
    ]
    return Part(at, name, _shown(place, known, beside), about)


def _shown(place: Place, known: Mapping[str, Place], beside: _Beside) -> Leaf | Group:
    met, wrong = beside.met.get(place.at), beside.wrong(place)
    if place.fold:
        children = [known[f"{place.at}.{nr}"] for nr in range(len(place.node[place.fold]))]
        return Group(place.at, place.fold, [_shown(child, known, beside) for child in children], met, wrong)
    node = place.node
    about = [one for one in beside.findings if one.criteria == (str(node["id"]),)]
    signal = CATALOGUE.get(node["signal"])
    return Leaf(
        at=place.at,
        id=str(node["id"]),
        signal=node["signal"],
        op=node["op"],
        value=_typed(node["threshold"]),
        hint=signal.unit if signal else "",
        choices=(tuple(FLAGS) if signal.type is Type.FLAG else signal.words) if signal else (),
        met=met,
        errors=wrong,
        findings=about,
    )
