"""An answer in the making: to write a figure is to cite it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from recommendations.conversation.known import Fact, Known
from recommendations.explaining import label, written
from recommendations.facts import day, money
from recommendations.guardrails import has_markup, passed, spoken

LISTED = 5
LONGEST_NAME = 60
UNSAID = "a name that we do not repeat"


@dataclass
class Draft:
    """What is known, and what of it has been written."""

    known: Known
    facts: list[Fact] = field(default_factory=list)

    def cite(self, point: str, label: str, value: str, window: str = "") -> str:
        window = window or self.known.person.decision_window
        self.facts.append(Fact(point, label, value, window, self.known.person.as_of))
        return value

    def money(self, point: str, label: str, amount: object, window: str = "") -> str:
        return self.cite(point, label, money(decimal(amount), self.known.person.currency), window)

    def signal(self, path: str, value: object | None = None) -> str | None:
        """A signal as the reader sees it, cited; None where it is missing."""
        person = self.known.person
        value = person.values.get(path) if value is None else value
        said = written(path, value, person.currency)
        if said is None:
            return None
        return self.cite(path, label(path, person), said, person.window_of(path.partition(".")[0]))


def back(draft: Draft, window: str) -> str:
    days = window.removesuffix("d")
    return draft.cite("period", "Days meant", f"in the {days} days to {day(draft.known.person.as_of)}", window)


def named(text: str) -> str:
    """A merchant's or account's own name, unless it says what we say to nobody."""
    plain = " ".join(text.split())[:LONGEST_NAME]
    return plain if plain and passed(spoken((plain,))) and not has_markup(plain) else UNSAID


def listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def decimal(value: object) -> Decimal:
    return Decimal(str(value))
