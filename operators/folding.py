"""A document as people read it: folded branches, what a search finds in it, and two of them side by side."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Node:
    """A name with a value, or with others beneath it; open where a search leads into it."""

    name: str
    text: str
    children: tuple["Node", ...] = ()
    hit: bool = False
    open: bool = False


@dataclass(frozen=True)
class Pair:
    """What two documents say at the same place."""

    path: str
    left: str
    right: str

    @property
    def differs(self) -> bool:
        return self.left != self.right


def tree(document: Mapping[str, Any], q: str = "") -> tuple[Node, ...]:
    wanted = q.casefold()
    return tuple(_node(name, value, wanted) for name, value in document.items())


def hits(nodes: tuple[Node, ...]) -> int:
    return sum(node.hit + hits(node.children) for node in nodes)


def beside(left: Mapping[str, Any], right: Mapping[str, Any]) -> tuple[Pair, ...]:
    """Every place of either document, in the order of the first and then of the second."""
    one, other = dict(_leaves(left)), dict(_leaves(right))
    return tuple(Pair(path, one.get(path, ""), other.get(path, "")) for path in dict.fromkeys([*one, *other]))


def _node(name: str, value: Any, wanted: str) -> Node:
    inside = _inside(value)
    if inside is None:
        text = json.dumps(value, ensure_ascii=False)
        return Node(name, text, hit=bool(wanted) and wanted in f"{name} {text}".casefold())
    children = tuple(_node(key, one, wanted) for key, one in inside.items())
    hit = bool(wanted) and wanted in name.casefold()
    words = "entry" if len(children) == 1 else "entries"
    return Node(name, f"{len(children)} {words}", children, hit, hit or any(one.hit or one.open for one in children))


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    inside = _inside(value)
    if inside is None:
        yield path, json.dumps(value, ensure_ascii=False)
    for key, one in (inside or {}).items():
        yield from _leaves(one, f"{path}/{key.replace('~', '~0').replace('/', '~1')}")


def _inside(value: Any) -> dict[str, Any] | None:
    """What stands beneath, by its name or its place; an empty one is a value like any other."""
    if isinstance(value, Mapping) and value:
        return dict(value)
    if isinstance(value, list) and value:
        return {str(place): one for place, one in enumerate(value)}
    return None
