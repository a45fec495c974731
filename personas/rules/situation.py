"""One person's signals as a counterfactual reads them, and what it may say about them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from personas.catalogue import CATALOGUE, Type
from personas.rules.goals import Value
from personas.rules.objects import at, number

FARTHEST = 2**40


@dataclass(frozen=True)
class Situation:
    """One person's signals of one window, as the contract's object."""

    signals: Mapping[str, Any]
    window_days: int

    def value(self, path: str) -> Value | None:
        """The value where it is of its signal's type, else None."""
        value, signal = at(self.signals, path), CATALOGUE[path]
        if signal.type is Type.FLAG:
            return value if isinstance(value, bool) else None
        if signal.type is Type.WORD:
            return value if isinstance(value, str) and value in signal.words else None
        return number(value)

    def number(self, path: str) -> Decimal | None:
        value = self.value(path)
        return value if isinstance(value, Decimal) else None

    def day(self, path: str) -> date | None:
        value = at(self.signals, path)
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            return None

    def listed(self, path: str) -> list[Mapping[str, Any]]:
        value = at(self.signals, path)
        return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []

    @property
    def currency(self) -> str:
        return str(at(self.signals, "meta.currency") or "USD")

    @property
    def days(self) -> int:
        """The days that amounts of the window are scaled by."""
        covered = self.number("spending.days_covered")
        return self.window_days if covered is None else min(self.window_days, max(int(covered), 30))

    @property
    def monthly_spend(self) -> Fraction | None:
        total = self.number("spending.spend_total")
        return Fraction(total) * 30 / self.days if total else None

    @property
    def largest_subscription(self) -> tuple[str, Decimal] | None:
        active = [
            (str(one.get("name")), amount)
            for one in self.listed("subscriptions.merchants")
            if one.get("active") is True and (amount := number(one.get("amount"))) is not None
        ]
        return max(active, key=lambda one: one[1], default=None)


@dataclass(frozen=True)
class Remedy:
    sentence: str
    steps: tuple[dict[str, Any], ...] = ()


def smallest(reached: Callable[[int], bool]) -> int | None:
    """The smallest whole amount from which on it is reached, for what only grows truer."""
    high = 1
    while not reached(high):
        if high > FARTHEST:
            return None
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high


def step(account_id: Any, label: str, amount: int | Decimal, before: object, after: object) -> dict[str, Any]:
    exact = Decimal(f"{amount:.2f}")
    return {"account_id": account_id, "label": label, "amount": exact, "from": before, "to": after}


def joined(remedies: list[Remedy]) -> Remedy | None:
    steps = tuple(step for one in remedies for step in one.steps)
    return Remedy(" ".join(one.sentence for one in remedies), steps) if remedies else None
