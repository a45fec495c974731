"""Reads trees of criteria, those of rule sets and those of cards alike."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from personas.catalogue import Signal, Type
from personas.rules.document import Branch, Criterion, Fold, Node, Op, Scalar, Threshold
from personas.rules.errors import Errors, at, listed, shown

MAX_DEPTH, MAX_CHILDREN, MAX_CRITERIA = 6, 20, 100
FARTHEST = 10**12
ID = re.compile(r"[a-z0-9_]{1,40}", re.ASCII)
ANSWERS = frozenset({"user_id", "primary", "strength", "secondary", "all_matches"})
EXPECTED = {Type.FLAG: "true or false", Type.WORD: "one of its words"}
EXPECTED_NUMBER = f"a number of at most {FARTHEST:,}"


@dataclass
class Trees:
    """Reads nodes over one catalogue; `ids` says whether criteria are named, as columns of an answer."""

    catalogue: Mapping[str, Signal]
    errors: Errors
    ids: bool
    _criteria: int = 0
    _taken: dict[str, str] = field(default_factory=dict)

    def node(self, value: object, path: str, *, depth: int) -> Node | None:
        if depth > MAX_DEPTH:
            self.errors.add(path, "TOO_DEEP", f"A tree has at most {MAX_DEPTH} levels.")
            return None
        if isinstance(value, Mapping) and ("all" in value or "any" in value):
            return self._branch(value, path, depth)
        return self._criterion(value, path)

    def _branch(self, value: Mapping[str, Any], path: str, depth: int) -> Branch | None:
        if len(value) != 1:
            said = "A node is a criterion, or exactly one of all and any with nothing beside it."
            self.errors.add(path, "NODE_INVALID", said)
            return None
        fold, given = next(iter(value.items()))
        here = at(path, fold)
        if not isinstance(given, list) or not 1 <= len(given) <= MAX_CHILDREN:
            self.errors.add(here, "CHILDREN_INVALID", f"{fold} is a list of 1 to {MAX_CHILDREN} nodes.")
            return None
        children = [self.node(child, at(here, position), depth=depth + 1) for position, child in enumerate(given)]
        return Branch(Fold(fold), tuple(child for child in children if child is not None))

    def _criterion(self, value: object, path: str) -> Criterion | None:
        fields = {"signal", "op", "threshold"} | ({"id"} if self.ids else set())
        content = self.errors.record(value, path, fields, "A criterion")
        if content is None:
            return None
        self._criteria += 1
        if self._criteria > MAX_CRITERIA:
            if self._criteria == MAX_CRITERIA + 1:
                said = f"This criterion is one too many; {MAX_CRITERIA} may stand in all trees together."
                self.errors.add(path, "TOO_MANY_CRITERIA", said)
            return None
        before = len(self.errors.found)
        name = self._id(content.get("id"), path) if self.ids else None
        signal = self._signal(content.get("signal"), at(path, "signal"))
        op = content.get("op")
        if not isinstance(op, str) or op not in set(Op):
            self.errors.add(at(path, "op"), "OP_UNKNOWN", f"op is one of {listed(list(Op))}.")
        elif signal and signal.type in EXPECTED and op not in (Op.EQUAL, Op.IN):
            self.errors.add(at(path, "op"), "OP_NOT_FOR_TYPE", f"{signal.path} is compared by == or in only.")
        elif signal:
            threshold = self._threshold(signal, Op(op), content.get("threshold"), at(path, "threshold"))
            if threshold is not None and len(self.errors.found) == before:
                return Criterion(name, signal, Op(op), threshold)
        return None

    def _id(self, value: object, path: str) -> str | None:
        here = at(path, "id")
        if not isinstance(value, str) or not ID.fullmatch(value):
            self.errors.add(here, "ID_INVALID", "id is 1 to 40 of the characters a-z, 0-9 and _.")
        elif value in ANSWERS or value.startswith("matched_"):
            self.errors.add(here, "ID_RESERVED", f"{value} is a name of the answer; another id is needed.")
        elif value in self._taken:
            self.errors.add(here, "ID_TWICE", f"The id {value} already stands at {self._taken[value]}.")
        else:
            self._taken[value] = path
            return value
        return None

    def _signal(self, value: object, path: str) -> Signal | None:
        signal = self.catalogue.get(value) if isinstance(value, str) else None
        if signal is None:
            self.errors.add(path, "SIGNAL_UNKNOWN", f"The catalogue has no signal {shown(value)}.")
        elif signal.type is Type.DATE:
            said = f"{signal.path} is a date; rules read numbers, flags and words."
            self.errors.add(path, "SIGNAL_NOT_FOR_RULES", said)
            return None
        return signal

    def _threshold(self, signal: Signal, op: Op, value: object, path: str) -> Threshold | None:
        if op is not Op.IN:
            return self._scalar(signal, value, path)
        if not isinstance(value, list) or not 1 <= len(value) <= MAX_CHILDREN:
            self.errors.add(path, "THRESHOLD_INVALID", f"in takes a list of 1 to {MAX_CHILDREN} values.")
            return None
        found = [self._scalar(signal, one, at(path, position)) for position, one in enumerate(value)]
        return tuple(one for one in found if one is not None)

    def _scalar(self, signal: Signal, value: object, path: str) -> Scalar | None:
        if signal.type is Type.FLAG and isinstance(value, bool):
            return value
        if signal.type is Type.WORD and isinstance(value, str) and value in signal.words:
            return value
        if signal.type not in EXPECTED and _is_near_number(value):
            return int(value) if value == int(value) else value
        expected = listed(signal.words) if signal.words else EXPECTED.get(signal.type, EXPECTED_NUMBER)
        said = f"{signal.path} is compared with {expected}, not {shown(value)}."
        self.errors.add(path, "THRESHOLD_INVALID", said)
        return None


def _is_near_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= FARTHEST
