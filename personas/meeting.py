"""How many people meet each criterion and each group of them now: what stands beside it while rules are edited."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from personas import population
from personas.models import Window
from personas.rules.document import Node, leaves
from personas.rules.evaluating import fold, meets


@dataclass(frozen=True)
class Meeting:
    """Of so many people who agreed, so many have signals in this window, and so many of these meet each node."""

    users: int
    measured: int
    met: dict[str, int]


def meeting(*, tenant_id: UUID, window: Window, nodes: Mapping[str, Node]) -> Meeting:
    """One statement, whatever is asked; the names of the nodes are the caller's."""
    paths = {criterion.signal.path for node in nodes.values() for criterion in leaves(node)}
    everybody = population.signals(tenant_id=tenant_id, window=window, paths=paths)
    people = everybody.filter(~everybody["no_signals"])
    asked = [fold(node, lambda one: meets(one, people.schema)).sum().alias(name) for name, node in nodes.items()]
    counted = people.select(asked).row(0, named=True) if asked else {}
    return Meeting(everybody.height, people.height, {name: int(count) for name, count in counted.items()})
