"""What sets two documents apart, criterion by criterion, in document order."""

from typing import Any

from personas.rules.document import Criterion, Document, Node, PersonaRules, leaves

Trees = dict[tuple[str, str], Node]


def diff(before: Document, after: Document) -> list[dict[str, Any]]:
    """Each criterion added, removed or changed, and each tree that stands otherwise; empty when both mean the same."""
    old, new = _trees(before), _trees(after)
    found = [] if before.name == after.name else [_entry(("", "name"), "changed", None, before.name, after.name)]
    for place in (*new, *(place for place in old if place not in new)):
        found += _tree(place, old.get(place), new.get(place))
    return found


def _trees(document: Document) -> Trees:
    return {(rules.persona.value, part): tree for rules in document.personas for part, tree in _parts(rules)}


def _parts(rules: PersonaRules) -> list[tuple[str, Node]]:
    return [("match", rules.match), *((tier.tier.value, tier.when) for tier in rules.tiers)]


def _tree(place: tuple[str, str], old: Node | None, new: Node | None) -> list[dict[str, Any]]:
    was, now = _criteria(old), _criteria(new)
    found = []
    for name in (*now, *(name for name in was if name not in now)):
        if was.get(name) != now.get(name):
            change = "added" if name not in was else "removed" if name not in now else "changed"
            found.append(_entry(place, change, name, was.get(name), now.get(name)))
    shared = was.keys() & now.keys()
    if old and new and _shape(old, shared) != _shape(new, shared):
        found.append(_entry(place, "rearranged", None, old.as_json(), new.as_json()))
    return found


def _criteria(tree: Node | None) -> dict[str, dict[str, Any]]:
    return {str(one.id): one.as_json() for one in leaves(tree)} if tree else {}


def _shape(node: Node, kept: set[str]) -> Any:
    """The tree of those ids alone, so that an addition is not told a second time as another order."""
    if isinstance(node, Criterion):
        return node.id if node.id in kept else None
    inside = [shape for child in node.children if (shape := _shape(child, kept)) is not None]
    return (node.fold, *inside) if inside else None


def _entry(place: tuple[str, str], change: str, name: str | None, before: Any, after: Any) -> dict[str, Any]:
    persona, part = place
    return {
        "persona": persona or None,
        "part": part,
        "change": change,
        "id": name,
        "before": before,
        "after": after,
    }
