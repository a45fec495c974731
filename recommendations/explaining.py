"""Why an item came: the signals behind it, for a trace and in the reader's words."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from personas.catalogue import Type
from recommendations.considering import Chosen
from recommendations.criteria import answers
from recommendations.facts import ASKED, Person, money, percent


def reasons_of(chosen: Chosen, person: Person) -> tuple[dict[str, Any], ...]:
    """The signals that brought an item: its own triggers, else what made the persona it suits, else its facts."""
    values = person.values
    triggered = [one for one in answers(chosen.piece.triggers, values) if one["met"]]
    listed = triggered or [
        one
        for one in person.assignment.get("criteria", ())
        if one["met"] and one["persona"] == chosen.candidate.matched_persona
    ]
    if not listed:
        listed = [
            {"signal": slot.signal, "op": None, "threshold": None, "value": values.get(slot.signal)}
            for slot in chosen.told.worded.used
            if slot.signal in ASKED
        ]
    seen: dict[str, dict[str, Any]] = {}
    for one in listed:
        path = one["signal"]
        seen.setdefault(
            path,
            {
                "signal": path,
                "label": label(path, person),
                "value": values.get(path),
                "op": one["op"],
                "threshold": one["threshold"],
                "window": person.window_of(path.partition(".")[0]),
            },
        )
    return tuple(seen.values())


def label(path: str, person: Person) -> str:
    """What a value is of: the card by its last digits, else the signal in words."""
    slots = person.slots
    if path == "credit.highest_card_utilization_pct" and "card_name" in slots:
        last4 = slots.get("card_last4")
        return f"{slots['card_name'].text} ending {last4.text}" if last4 else slots["card_name"].text
    return words(path)


def words(path: str) -> str:
    """A signal by its own name."""
    return path.partition(".")[2].removesuffix("_pct").replace("_", " ").capitalize()


def written(path: str, value: Any, currency: str) -> str | None:
    """A value or threshold as a reader sees it."""
    signal = ASKED.get(path)
    if value is None or signal is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(written(path, one, currency)) for one in value)
    if signal.type is Type.MONEY:
        return money(_number(value), currency)
    if signal.type is Type.PERCENT:
        return percent(_number(value))
    return str(value)


def _number(value: Any) -> Decimal:
    return Decimal(str(value))


def why(reasons: Sequence[Mapping[str, Any]], currency: str) -> list[dict[str, Any]]:
    """The reasons as the reader sees them."""
    return [
        {
            "signal": one["signal"],
            "label": one["label"],
            "value": written(one["signal"], one["value"], currency),
            "threshold": written(one["signal"], one["threshold"], currency),
            "window": one["window"],
        }
        for one in reasons
    ]
