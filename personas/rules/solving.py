"""Looks for a profile that trees of criteria allow and refuse as asked, among all that a window can show."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import product
from math import prod

from personas.rules.bindings import Binding, bindings
from personas.rules.document import Criterion, Fold, Node, leaves
from personas.rules.goals import Goal, satisfies
from personas.rules.possible import Known, compared_with, values

WIDE = 2_000
Domain = tuple[Known, ...]
Domains = dict[str, Domain]
Profile = dict[str, Known]
Asked = tuple[Node, bool]


class Undecided(Exception):
    """The time was up before the search was over."""


class Space:
    """The profiles of one window, as far as the criteria of one document can tell them apart."""

    def __init__(self, criteria: Iterable[Criterion], window: int, in_time: Callable[[], bool]) -> None:
        self.in_time = in_time
        self.bindings = bindings(window)
        named: dict[str, set[Decimal]] = {}
        for criterion in criteria:
            thresholds = Goal(criterion, met=True).thresholds
            numbers = {Decimal(str(one)) for one in thresholds if not isinstance(one, bool | str)}
            for path in compared_with(criterion.signal.path):
                named.setdefault(path, set()).update(numbers)
        self.thresholds = named
        self.spaces: dict[frozenset[str], tuple[Domains | None, list[Binding]]] = {}
        self.partners: dict[tuple[str, ...], dict[tuple[Domain, ...], tuple[Domain, ...]]] = {}
        self.met: dict[str, frozenset[Known]] = {}

    def find(self, *asked: Asked) -> Profile | None:
        """One profile of the signals asked about that answers every tree as asked, or None without one."""
        named = {one.signal.path for node, _ in asked for one in leaves(node)}
        narrowed, touching = self._all(frozenset(named))
        found = next(self._search(narrowed, asked, touching), None) if narrowed else None
        return None if found is None else {path: found[path] for path in sorted(named)}

    def _all(self, named: frozenset[str]) -> tuple[Domains | None, list[Binding]]:
        """Every profile that the window can show of these signals, before anything is asked of it."""
        if named not in self.spaces:
            paths = self._bound(set(named))
            domains = {path: values(path, self.thresholds.get(path, ())) for path in sorted(paths)}
            touching = [binding for binding in self.bindings if paths.issuperset(binding.signals)]
            self.spaces[named] = self._narrow(domains, touching, touching), touching
        return self.spaces[named]

    def _bound(self, paths: set[str]) -> set[str]:
        """With every signal that a binding ties to one of these, however far."""
        while True:
            touched = [binding.signals for binding in self.bindings if paths.intersection(binding.signals)]
            tied = {path for signals in touched for path in signals}
            if tied <= paths:
                return paths
            paths = paths | tied

    def _search(self, domains: Domains, asked: tuple[Asked, ...], touching: list[Binding]) -> Iterator[Profile]:
        if not self.in_time():
            raise Undecided
        answers = [(node, wanted, self._answer(node, domains)) for node, wanted in asked]
        if any(answer is (not wanted) for _, wanted, answer in answers):
            return
        open_ = next(((node, wanted) for node, wanted, answer in answers if answer is None), None)
        for path, kept in self._choices(domains, open_):
            tied = [binding for binding in touching if path in binding.signals]
            if narrowed := self._narrow({**domains, path: kept}, tied, touching):
                yield from self._search(narrowed, asked, touching)
        if open_ is None and all(len(domain) == 1 for domain in domains.values()):
            yield {path: domain[0] for path, domain in domains.items()}

    def _choices(self, domains: Domains, open_: Asked | None) -> Iterator[tuple[str, Domain]]:
        """Both answers of the first criterion that is open; later one value after another."""
        if open_ is not None:
            node, wanted = open_
            criterion = next(one for one in leaves(node) if self._answer(one, domains) is None)
            domain, met = domains[criterion.signal.path], self._met(criterion)
            for answer in (wanted, not wanted):
                yield criterion.signal.path, tuple(one for one in domain if (one in met) is answer)
            return
        unsettled = [path for path, domain in domains.items() if len(domain) > 1]
        if unsettled:
            path = min(unsettled, key=lambda path: len(domains[path]))
            for value in domains[path]:
                yield path, (value,)

    def _answer(self, node: Node, domains: Mapping[str, Domain]) -> bool | None:
        """Whether the tree holds for all of the remaining profiles, for none, or for some."""
        if isinstance(node, Criterion):
            met = self._met(node)
            found = {one in met for one in domains[node.signal.path]}
            return found.pop() if len(found) == 1 else None
        decisive = node.fold is Fold.ANY
        answers = [self._answer(child, domains) for child in node.children]
        if decisive in answers:
            return decisive
        return None if None in answers else not decisive

    def _met(self, criterion: Criterion) -> frozenset[Known]:
        name, path = str(criterion.id), criterion.signal.path
        if name not in self.met:
            possible = values(path, self.thresholds.get(path, ()))
            met = (one for one in possible if one is not None and satisfies(criterion, one))
            self.met[name] = frozenset(met)
        return self.met[name]

    def _narrow(self, domains: Domains, first: list[Binding], touching: list[Binding]) -> Domains | None:
        """Without the values that a binding leaves no partner for; None when a signal has none left."""
        domains, waiting = dict(domains), list(first)
        while waiting:
            binding = waiting.pop()
            kept = self._partners(binding, tuple(domains[path] for path in binding.signals))
            for path, values_left in zip(binding.signals, kept, strict=True):
                if not values_left:
                    return None
                if len(values_left) < len(domains[path]):
                    domains[path] = values_left
                    waiting += [one for one in touching if path in one.signals and one not in waiting]
        return domains

    def _partners(self, binding: Binding, sides: tuple[Domain, ...]) -> tuple[Domain, ...]:
        """Of each side the values that go with some of the others; all where trying would take too long."""
        known = self.partners.setdefault(binding.signals, {})
        if sides not in known:
            if prod(len(side) for side in sides) > WIDE:
                return sides
            allowed = [combination for combination in product(*sides) if binding.allows(*combination)]
            found = [set(column) for column in zip(*allowed, strict=True)] or [set[Known]()] * len(sides)
            known[sides] = tuple(
                tuple(one for one in side if one in partners) for side, partners in zip(sides, found, strict=True)
            )
        return known[sides]
