"""What a rule set is: five personas in order, each with a tree of criteria and tiers of strength."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from accounts.fingerprints import fingerprint
from personas.catalogue import Signal

FORMAT = 1


class Persona(StrEnum):
    """The five words, by priority; the last one is said when nothing matches."""

    HIGH_UTILIZATION = "high_utilization"
    VARIABLE_INCOME_BUDGETER = "variable_income_budgeter"
    SUBSCRIPTION_HEAVY = "subscription_heavy"
    SAVINGS_BUILDER = "savings_builder"
    GENERAL_WELLNESS = "general_wellness"

    @property
    def number(self) -> int:
        return list(Persona).index(self) + 1

    @property
    def title_words(self) -> str:
        return self.value.replace("_", " ").title()


FALLBACK = Persona.GENERAL_WELLNESS


class Strength(StrEnum):
    STRONG = "strong"
    MODERATE = "moderate"
    WEAK = "weak"
    DEFAULT = "default"


class Op(StrEnum):
    AT_LEAST = ">="
    ABOVE = ">"
    AT_MOST = "<="
    BELOW = "<"
    EQUAL = "=="
    IN = "in"


class Fold(StrEnum):
    ALL = "all"
    ANY = "any"


Scalar = bool | int | float | str
Threshold = Scalar | tuple[Scalar, ...]


@dataclass(frozen=True)
class Criterion:
    """One comparison of a signal with a threshold. Those of cards have no id."""

    id: str | None
    signal: Signal
    op: Op
    threshold: Threshold

    def as_json(self) -> dict[str, Any]:
        threshold = list(self.threshold) if isinstance(self.threshold, tuple) else self.threshold
        named = {} if self.id is None else {"id": self.id}
        return named | {"signal": self.signal.path, "op": self.op.value, "threshold": threshold}


@dataclass(frozen=True)
class Branch:
    fold: Fold
    children: tuple["Node", ...]

    def as_json(self) -> dict[str, Any]:
        return {self.fold.value: [child.as_json() for child in self.children]}


Node = Criterion | Branch


def leaves(node: Node) -> Iterator[Criterion]:
    """The criteria of a tree, in document order."""
    if isinstance(node, Criterion):
        yield node
    else:
        for child in node.children:
            yield from leaves(child)


@dataclass(frozen=True)
class Tier:
    tier: Strength
    when: Node

    def as_json(self) -> dict[str, Any]:
        return {"tier": self.tier.value, "when": self.when.as_json()}


@dataclass(frozen=True)
class PersonaRules:
    """What makes this persona hold, and how strongly; weak is what no tier says."""

    persona: Persona
    match: Node
    tiers: tuple[Tier, ...]

    def as_json(self) -> dict[str, Any]:
        tiers = [tier.as_json() for tier in self.tiers]
        return _named(self.persona) | {"match": self.match.as_json(), "strength": tiers}


@dataclass(frozen=True)
class Document:
    """A valid rule set: the four personas that have criteria, in priority order."""

    version: int | None
    name: str
    personas: tuple[PersonaRules, ...]

    def match_criteria(self) -> Iterator[tuple[Persona, Criterion]]:
        for rules in self.personas:
            for criterion in leaves(rules.match):
                yield rules.persona, criterion

    def criteria(self) -> Iterator[Criterion]:
        """Every criterion, those of the tiers too, in document order."""
        for rules in self.personas:
            yield from leaves(rules.match)
            for tier in rules.tiers:
                yield from leaves(tier.when)

    def signals(self) -> frozenset[str]:
        """The paths that evaluating it reads."""
        return frozenset(criterion.signal.path for criterion in self.criteria())

    def as_json(self) -> dict[str, Any]:
        version = {} if self.version is None else {"version": self.version}
        personas = [rules.as_json() for rules in self.personas]
        return {"format": FORMAT} | version | {"name": self.name, "persona": [*personas, _named(FALLBACK)]}

    @cached_property
    def hash(self) -> str:
        return fingerprint(self.as_json())


def _named(persona: Persona) -> dict[str, Any]:
    return {"slug": persona.value, "id": persona.number, "name": persona.title_words}
