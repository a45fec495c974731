"""Reads signal objects, as the contract shows them, into the frame that is evaluated."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import polars as pl

from personas.catalogue import CATALOGUE, Signal, Type

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
FARTHEST = 10**100
MERCHANT = pl.List(pl.Struct({"name": pl.String, "active": pl.Boolean}))


def frame_of(objects: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """One row per object, one column per scalar signal, null where the object has no usable value.

    Numbers become the nearest floats and not decimals of some scale: an object from outside may hold more
    places than ours, and none may be rounded over a threshold.
    """
    given = list(objects)
    columns = [
        pl.Series(path, [_value(signal, one) for one in given], dtype=_dtype(signal))
        for path, signal in CATALOGUE.items()
        if signal.type is not Type.DATE
    ]
    merchants = pl.Series("subscriptions.merchants", [_merchants(one) for one in given], dtype=MERCHANT)
    return pl.DataFrame([*columns, merchants])


def at(given: Mapping[str, Any], path: str) -> Any:
    category, _, name = path.partition(".")
    part = given.get(category)
    return part.get(name) if isinstance(part, Mapping) else None


def number(value: object) -> Decimal | None:
    """A number as it is written: also one in a string; nothing else, and nothing endless."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    if (isinstance(value, int) and abs(value) >= FARTHEST) or not NUMBER.fullmatch(text := str(value)):
        return None
    read = Decimal(text)
    return read if abs(read) < FARTHEST else None


def _value(signal: Signal, given: Mapping[str, Any]) -> Any:
    value = at(given, signal.path)
    if signal.type is Type.FLAG:
        return value if isinstance(value, bool) else None
    if signal.type is Type.WORD:
        return value if isinstance(value, str) else None
    read = number(value)
    return None if read is None else float(read)


def _dtype(signal: Signal) -> pl.DataType:
    kinds: dict[Type, pl.DataType] = {Type.FLAG: pl.Boolean(), Type.WORD: pl.String()}
    return kinds.get(signal.type, pl.Float64())


def _merchants(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed = at(given, "subscriptions.merchants")
    return [
        {"name": str(one.get("name")), "active": one.get("active") is True}
        for one in (listed if isinstance(listed, list) else [])
        if isinstance(one, Mapping)
    ]
