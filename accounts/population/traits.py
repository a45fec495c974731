"""Choosing an amount by a trait or a case of the person."""

from collections.abc import Mapping
from typing import TypeVar

import polars as pl

from .awkward import Awkward

Trait = TypeVar("Trait", bound=str)


def by_trait(trait: str, amounts: Mapping[Trait, pl.Expr], default: pl.Expr) -> pl.Expr:
    chosen = default
    for value, amount in amounts.items():
        chosen = pl.when(pl.col(trait) == value).then(amount).otherwise(chosen)
    return chosen


def is_awkward(kind: Awkward) -> pl.Expr:
    return (pl.col("awkward") == kind).fill_null(False)
