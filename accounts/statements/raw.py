"""Governs where CSV and JSON meet: a file as string columns, before any cell is judged."""

from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from .problems import Kind


@dataclass(frozen=True)
class Raw:
    """`unreadable` counts rows that fit no column: of another length, or list entries that are no object."""

    frames: dict[Kind, pl.DataFrame]
    detected: dict[str, object]
    from_json: bool
    delimiter: str = ","
    accounts_stated: bool = True
    currency: str | None = None
    unreadable: Counter[Kind] = field(default_factory=Counter)
    upload_timestamp: str | None = None
