"""Finds what is wrong with a valid document: what no profile can meet, and what order alone decides."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from time import monotonic
from typing import Any

from personas.rules.bindings import WINDOWS
from personas.rules.document import Branch, Criterion, Document, Fold, Node, PersonaRules, Scalar, Tier, leaves
from personas.rules.possible import Known, values
from personas.rules.solving import Asked, Profile, Space, Undecided


class Kind(StrEnum):
    UNREACHABLE = "unreachable"
    SHADOWED = "shadowed"
    WINDOW_IMPOSSIBLE = "window_impossible"
    TIE = "tie"
    GAP = "gap"


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Finding:
    """`witness` is a profile as nested signals, which anybody can evaluate."""

    kind: Kind
    severity: Severity
    persona: str
    criteria: tuple[str, ...]
    sentence: str
    witness: dict[str, dict[str, Known]] | None

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "severity": self.severity.value,
            "persona": self.persona,
            "criteria": list(self.criteria),
            "sentence": self.sentence,
            "witness": self.witness,
        }


def lint(document: Document, *, seconds: float = 10, clock: Callable[[], float] = monotonic) -> list[Finding]:
    """All findings, in document order; what is open when the time is up says so."""
    end = clock() + seconds
    spaces = {window: Space(document.criteria(), window, lambda: clock() < end) for window in WINDOWS}
    linter = _Linter(document, spaces, seconds)
    return [finding for rules in document.personas for finding in linter.persona(rules)]


Check = tuple[Kind, Node, str, Iterator[Finding]]


@dataclass
class _Linter:
    document: Document
    spaces: dict[int, Space]
    seconds: float

    def persona(self, rules: PersonaRules) -> Iterator[Finding]:
        for kind, node, question, findings in self.checks(rules):
            try:
                yield from findings
            except Undecided:
                said = f"{question} could not be decided within {self.seconds:g} seconds."
                yield _finding(kind, Severity.UNDECIDED, rules, node, said, None)

    def checks(self, rules: PersonaRules) -> Iterator[Check]:
        """What is asked, the words for it, and what it finds when it is run."""
        name, match = rules.persona, rules.match
        above = self.document.personas[: self.document.personas.index(rules)]
        yield Kind.UNREACHABLE, match, f"Whether {name} can be met", self.unreachable(rules)
        yield Kind.SHADOWED, match, f"Whether {name} can be the primary", self.shadowed(rules, above)
        for other in above:
            yield Kind.TIE, match, f"Whether {other.persona} and {name} mean the same", self.tied(rules, other)
        for place, tier in enumerate(rules.tiers):
            said, inside = f"Whether {name} can be {tier.tier}", f"Whether {tier.tier} of {name} lies inside its match"
            yield Kind.SHADOWED, tier.when, said, self.never_said(rules, tier, rules.tiers[:place])
            yield Kind.GAP, tier.when, inside, self.outside(rules, tier)
        for node in (match, *(tier.when for tier in rules.tiers)):
            for criterion in leaves(node):
                question = f"Whether {criterion.id} can be met in every window"
                yield Kind.WINDOW_IMPOSSIBLE, criterion, question, self.impossible(rules, criterion)

    def find(self, *asked: Asked) -> Profile | None:
        """A profile of any window."""
        found = (space.find(*asked) for space in self.spaces.values())
        return next((profile for profile in found if profile is not None), None)

    def unreachable(self, rules: PersonaRules) -> Iterator[Finding]:
        if not self.find((rules.match, True)):
            said = f"No profile meets the match of {rules.persona}; its criteria contradict each other."
            witness = self.nearest(rules.match)
            yield _finding(Kind.UNREACHABLE, Severity.ERROR, rules, rules.match, said, witness)

    def shadowed(self, rules: PersonaRules, above: tuple[PersonaRules, ...]) -> Iterator[Finding]:
        some = self.find((rules.match, True))
        if some and above and not self.find((rules.match, True), *((one.match, False) for one in above)):
            name, others = rules.persona, " or ".join(one.persona for one in above)
            said = f"Every profile that meets {name} meets {others} as well; {name} is never the primary."
            yield _finding(Kind.SHADOWED, Severity.ERROR, rules, rules.match, said, some)

    def tied(self, rules: PersonaRules, other: PersonaRules) -> Iterator[Finding]:
        both = Branch(Fold.ALL, (other.match, rules.match))
        some = self.find((both, True))
        if (
            some
            and not self.find((rules.match, True), (other.match, False))
            and not self.find((other.match, True), (rules.match, False))
        ):
            said = f"{other.persona} and {rules.persona} hold for the same profiles, so their order alone decides."
            yield _finding(Kind.TIE, Severity.WARNING, rules, both, said, some)

    def never_said(self, rules: PersonaRules, tier: Tier, before: tuple[Tier, ...]) -> Iterator[Finding]:
        both = Branch(Fold.ALL, (rules.match, tier.when))
        if not self.find((rules.match, True)) or self.find((both, True), *((one.when, False) for one in before)):
            return
        some = self.find((both, True))
        why = (
            f"every profile that meets it meets {before[0].tier} first"
            if some
            else "no profile meets it together with the match"
        )
        said = f"The tier {tier.tier} of {rules.persona} is never said: {why}."
        yield _finding(Kind.SHADOWED, Severity.WARNING, rules, tier.when, said, some or self.nearest(both))

    def outside(self, rules: PersonaRules, tier: Tier) -> Iterator[Finding]:
        some = self.find((tier.when, True), (rules.match, False))
        if some and self.find((rules.match, True)):
            which = f"the tier {tier.tier} of {rules.persona}"
            said = f"A profile can meet {which} and not its match; the tier says nothing then."
            yield _finding(Kind.GAP, Severity.INFO, rules, tier.when, said, some)

    def impossible(self, rules: PersonaRules, criterion: Criterion) -> Iterator[Finding]:
        closed = [window for window, space in self.spaces.items() if not space.find((criterion, True))]
        if closed:
            path, threshold = criterion.signal.path, criterion.threshold
            wanted = threshold if isinstance(threshold, tuple) else (threshold,)
            possible = [one for one in values(path, map(_number, wanted)) if isinstance(one, Decimal)]
            extreme = min(possible, key=lambda one: min(abs(one - _number(to)) for to in wanted))
            where = " or ".join(f"{window}d" for window in closed)
            asked = f"{path} {criterion.op} {threshold}"
            said = f"No profile of the {where} window meets {asked}; the nearest value is {extreme}."
            yield _finding(Kind.WINDOW_IMPOSSIBLE, Severity.WARNING, rules, criterion, said, {path: extreme})

    def nearest(self, node: Node) -> Profile | None:
        """The profile that meets the most criteria of a tree that nobody meets."""
        try:
            most = self._most([], list(leaves(node)), [])
            return self.find(*((one, True) for one in most)) if most else None
        except Undecided:
            return None

    def _most(self, kept: list[Criterion], rest: list[Criterion], best: list[Criterion]) -> list[Criterion]:
        """The longest list of criteria that one profile meets, the earliest of them where several are as long."""
        if not rest:
            return max(best, kept, key=len)
        first, *others = rest
        if self.find(*((one, True) for one in (*kept, first))):
            best = self._most([*kept, first], others, best)
        if len(kept) + len(others) > len(best):
            best = self._most(kept, others, best)
        return best


def _number(threshold: Scalar) -> Decimal:
    return Decimal(str(threshold))


def _finding(
    kind: Kind, severity: Severity, rules: PersonaRules, node: Node, said: str, profile: Profile | None
) -> Finding:
    ids = tuple(str(one.id) for one in leaves(node))
    witness = None if profile is None else _nested(profile)
    return Finding(kind, severity, rules.persona.value, ids, said, witness)


def _nested(profile: Profile) -> dict[str, dict[str, Known]]:
    witness: dict[str, dict[str, Known]] = {}
    for path, value in profile.items():
        category, _, name = path.partition(".")
        witness.setdefault(category, {})[name] = value
    return witness
