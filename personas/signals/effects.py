"""Governs what a correction changes: the same rows measured with it and without it."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from personas.catalogue import CATALOGUE

from .corrected import corrected
from .frames import Frames
from .laid import lay
from .measuring import measure
from .windows import Windows


@dataclass(frozen=True)
class Change:
    """One signal of one window before and after."""

    window: str
    signal: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Effect:
    """How many rows of the look-back a correction names, and every signal that is another one with it."""

    rows: int
    changes: tuple[Change, ...]


def effect(frames: Frames, *, correction_id: str, windows: tuple[int, ...] = (30, 90, 180)) -> Effect:
    """The frames hold one person, with the correction among those in force."""
    is_this = pl.col("correction_id") == correction_id
    without = frames._replace(corrections=frames.corrections.filter(~is_this))
    laid = lay(frames, Windows(windows))
    named = corrected(laid.rows, laid.corrections.filter(is_this))
    before, after = (measure(*given, windows=windows).select("window", *CATALOGUE) for given in (without, frames))
    return Effect(
        rows=sum(int(marks.sum()) for marks in named.values()),
        changes=tuple(
            Change(now["window"], path, was[path], now[path])
            for was, now in zip(before.iter_rows(named=True), after.iter_rows(named=True), strict=True)
            for path in CATALOGUE
            if was[path] != now[path]
        ),
    )
