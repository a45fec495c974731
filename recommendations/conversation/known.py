"""What is known for one answer: the person as a run finds them, what they spent in the days meant, their items."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from recommendations.conversation.periods import Period
from recommendations.facts import Person


@dataclass(frozen=True)
class Fact:
    """A figure or name as it is written in an answer, with what it was read from."""

    data_point: str
    label: str
    value: str
    window: str
    as_of: date

    def as_json(self) -> dict[str, Any]:
        return {
            "data_point": self.data_point,
            "label": self.label,
            "value": self.value,
            "window": self.window,
            "as_of": self.as_of.isoformat(),
        }


@dataclass(frozen=True)
class Sum:
    name: str
    amount: Decimal
    count: int


@dataclass(frozen=True)
class Paid:
    merchant: str
    amount: Decimal
    on: date


@dataclass(frozen=True)
class Spent:
    """Of the days that a question means; no period where they are not at hand."""

    period: Period | None
    first: date
    total: Decimal = Decimal(0)
    count: int = 0
    by_category: tuple[Sum, ...] = ()
    by_merchant: tuple[Sum, ...] = ()
    largest: tuple[Paid, ...] = ()


@dataclass(frozen=True)
class Known:
    person: Person
    stale: bool
    spent: Spent | None = None
    titles: tuple[str, ...] = ()

    @property
    def of_rows(self) -> Spent:
        """Read for every question about rows."""
        if self.spent is None:
            raise LookupError("A question about rows is answered from rows.")
        return self.spent
