"""The trees of cards over one person's values; what is missing never satisfies."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from personas.rules.document import Criterion, Fold, Node, leaves
from personas.rules.goals import satisfies

Values = Mapping[str, Any]
STRONGEST = Decimal(10)


def holds(node: Node, values: Values) -> bool:
    if isinstance(node, Criterion):
        return met(node, values)
    fold = all if node.fold is Fold.ALL else any
    return fold(holds(child, values) for child in node.children)


def met(criterion: Criterion, values: Values) -> bool:
    value = _comparable(values.get(criterion.signal.path))
    return value is not None and satisfies(criterion, value)


def answers(node: Node | None, values: Values) -> tuple[dict[str, Any], ...]:
    """Each criterion of a tree with the value that meets it or does not."""
    return tuple(
        one.as_json() | {"value": values.get(one.signal.path), "met": met(one, values)}
        for one in (leaves(node) if node else ())
    )


def strength(node: Node | None, values: Values) -> Decimal:
    """How far beyond its threshold the farthest met criterion is; nothing without a tree."""
    return max((_distance(one, values) for one in _met(node, values)), default=Decimal(0))


def _met(node: Node | None, values: Values) -> Iterator[Criterion]:
    return (one for one in leaves(node) if met(one, values)) if node else iter(())


def _distance(criterion: Criterion, values: Values) -> Decimal:
    value, threshold = _comparable(values[criterion.signal.path]), criterion.threshold
    if not isinstance(value, Decimal) or isinstance(threshold, tuple | bool | str):
        return Decimal(1)
    bound = Decimal(str(threshold))
    return min(abs(value - bound) / max(abs(bound), Decimal(1)), STRONGEST)


def _comparable(value: Any) -> Any:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
