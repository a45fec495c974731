"""A rule document as the rows of a form, and the rows that come back as a document; what is half written stays."""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from personas.catalogue import CATALOGUE, Type
from personas.rules.document import FALLBACK, FORMAT, Fold, Node, Op, Persona, Strength
from personas.rules.errors import InvalidDocument
from personas.rules.reading import read_tree
from personas.rules.trees import MAX_DEPTH

Json = dict[str, Any]
PARTS = ("match", Strength.STRONG.value, Strength.MODERATE.value)
EDITED = tuple(persona for persona in Persona if persona is not FALLBACK)
CHOICES = tuple(path for path, signal in CATALOGUE.items() if signal.type is not Type.DATE)
FLAGS = {"true": True, "false": False}
NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)
# A field is called after the place of its node and what it holds: `2.match.0.1:signal`.
FIELD = re.compile(
    rf"([0-3])\.({'|'.join(PARTS)})((?:\.\d{{1,2}}){{0,{MAX_DEPTH}}}):(fold|id|signal|op|value)", re.ASCII
)


@dataclass(frozen=True)
class Place:
    """A node of a document: its name in the form, its path in the JSON, and what holds it."""

    at: str
    path: str
    node: Json
    holder: Any
    key: Any

    @property
    def fold(self) -> str | None:
        return next((fold.value for fold in Fold if fold.value in self.node), None)


def parse(sent: Mapping[str, str]) -> Json:
    """The document that a form says, valid or not; a field that no form of ours has says nothing."""
    nodes: dict[str, dict[str, str]] = {}
    for name, value in sent.items():
        if known := FIELD.fullmatch(name):
            persona, part, steps, what = known.groups()
            nodes.setdefault(f"{persona}.{part}{steps}", {})[what] = value
    personas = []
    for number, persona in enumerate(EDITED):
        entry = _named(persona) | {"match": _tree(f"{number}.match", nodes) or {Fold.ALL.value: []}}
        tiers = [{"tier": part, "when": when} for part in PARTS[1:] if (when := _tree(f"{number}.{part}", nodes))]
        personas.append(entry | {"strength": tiers})
    return {"format": FORMAT, "name": sent.get("name", "").strip(), "persona": [*personas, _named(FALLBACK)]}


def edited(document: Mapping[str, Any], deed: str) -> Json:
    """The document after one button of the form; a place that is not there changes nothing.

    `add` puts a criterion at the end of a group, `wrap` makes a group of one node, `dissolve` a group's nodes its
    holder's, `remove` takes a node away, `tier` begins a tier.
    """
    changed: Json = copy.deepcopy(dict(document))
    verb, _, at = deed.partition(":")
    if verb == "tier":
        return _with_tier(changed, at)
    place = next((one for one in places(changed) if one.at == at), None)
    if place is None:
        return changed
    if verb == "add" and place.fold:
        place.node[place.fold].append(_new(changed, int(at[0])))
    elif verb == "wrap":
        place.holder[place.key] = {Fold.ANY.value: [place.node]}
    elif verb == "dissolve" and place.fold and isinstance(place.holder, list):
        place.holder[place.key : place.key + 1] = place.node[place.fold]
    elif verb == "remove" and isinstance(place.holder, list):
        del place.holder[place.key]
    elif verb == "remove" and place.key == "when":
        entry = changed["persona"][int(at[0])]
        entry["strength"] = [tier for tier in entry["strength"] if tier is not place.holder]
    elif verb == "remove":
        place.holder[place.key] = {Fold.ALL.value: []}
    return changed


def places(document: Mapping[str, Any]) -> Iterator[Place]:
    """Every node, in document order."""
    for number, entry in enumerate(document["persona"][: len(EDITED)]):
        path = f"persona.{number}"
        yield from _under(Place(f"{number}.match", f"{path}.match", entry["match"], entry, "match"))
        for nr, tier in enumerate(entry["strength"]):
            here = f"{path}.strength.{nr}.when"
            yield from _under(Place(f"{number}.{tier['tier']}", here, tier["when"], tier, "when"))


def nodes(document: Mapping[str, Any]) -> dict[str, Node]:
    """The nodes that can be evaluated as they are, by their names in the form."""
    found = {}
    for place in places(document):
        try:
            found[place.at] = read_tree(_nameless(place.node))
        except InvalidDocument:
            continue
    return found


# -- inside


def _tree(at: str, nodes: Mapping[str, Mapping[str, str]]) -> Json | None:
    given = nodes.get(at)
    if given is None:
        return None
    if "fold" in given:
        fold = given["fold"] if given["fold"] in set(Fold) else Fold.ALL.value
        children = (_tree(f"{at}.{nr}", nodes) for nr in range(100))
        return {fold: [child for child in children if child is not None]}
    signal, op = given.get("signal", ""), given.get("op", "")
    threshold: Any = _scalar(given.get("value", ""), signal)
    if op == Op.IN.value:
        threshold = [_scalar(one, signal) for one in given.get("value", "").split(",")]
    return {"id": given.get("id", "").strip(), "signal": signal, "op": op, "threshold": threshold}


def _scalar(text: str, path: str) -> Any:
    said, signal = text.strip(), CATALOGUE.get(path)
    if signal is None or signal.type is Type.WORD:
        return said
    if signal.type is Type.FLAG:
        return FLAGS.get(said.lower(), said)
    if not NUMBER.fullmatch(said):
        return said
    return float(said) if "." in said else int(said)


def _under(place: Place) -> Iterator[Place]:
    yield place
    if place.fold:
        held = place.node[place.fold]
        for nr, child in enumerate(held):
            yield from _under(Place(f"{place.at}.{nr}", f"{place.path}.{place.fold}.{nr}", child, held, nr))


def _nameless(node: Json) -> Json:
    fold = next((one.value for one in Fold if one.value in node), None)
    if fold:
        return {fold: [_nameless(child) for child in node[fold]]}
    return {name: value for name, value in node.items() if name != "id"}


def _named(persona: Persona) -> Json:
    return {"slug": persona.value, "id": persona.number, "name": persona.title_words}


def _new(document: Json, number: int) -> Json:
    """A criterion to fill in, with an id that no other has."""
    taken = {place.node.get("id") for place in places(document)}
    initials = "".join(word[0] for word in EDITED[number].value.split("_"))
    free = next(f"{initials}_{nr}" for nr in range(1, len(taken) + 2) if f"{initials}_{nr}" not in taken)
    return {"id": free, "signal": CHOICES[0], "op": Op.AT_LEAST.value, "threshold": ""}


def _with_tier(document: Json, at: str) -> Json:
    number, _, tier = at.partition(".")
    if number not in map(str, range(len(EDITED))) or tier not in PARTS[1:]:
        return document
    strength = document["persona"][int(number)]["strength"]
    if tier not in [one["tier"] for one in strength]:
        strength.append({"tier": tier, "when": {Fold.ALL.value: [_new(document, int(number))]}})
        strength.sort(key=lambda one: PARTS.index(one["tier"]))
    return document
