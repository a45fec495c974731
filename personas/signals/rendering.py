"""Governs the object of a measured row: its six keys, and its canonical bytes."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

CATEGORIES = ("credit", "income", "subscriptions", "savings", "spending", "meta")


def as_object(row: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The object of one row of `measure`, as `iter_rows(named=True)` gives it."""
    nested: dict[str, dict[str, Any]] = {category: {} for category in CATEGORIES}
    for path, value in row.items():
        category, dot, name = path.partition(".")
        if dot:
            nested[category][name] = value
    return nested


def canonical(row: Mapping[str, Any]) -> bytes:
    """Equal rows give equal bytes: keys sorted, no spaces, decimals with all their places, days as ISO dates."""
    return exact_json(as_object(row)).encode()


def exact_json(value: Any) -> str:
    """JSON in which a decimal is a number with all its places, which the encoder of the library cannot write."""
    match value:
        case Mapping():
            members = (f"{exact_json(key)}:{exact_json(value[key])}" for key in sorted(value))
            return f"{{{','.join(members)}}}"
        case list() | tuple():
            return f"[{','.join(map(exact_json, value))}]"
        case Decimal():
            return f"{value:f}"
        case date():
            return json.dumps(value.isoformat())
        case _:
            return json.dumps(value, ensure_ascii=False)


def no_signals(row: Mapping[str, Any]) -> bool:
    """Whether there is nothing to say: neither a card nor anything of an income."""
    return not {"credit", "income"} & set(row["meta.categories_present"])
