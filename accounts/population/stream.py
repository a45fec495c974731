"""The form of a stream: what goes where, how often, how much, and for whom."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

MONTHLY = 0  # a step of 0 days: the same day of each month
FIRST, LAST = 4, 22  # days before `until` on which a monthly stream was last seen
TAKE_TURNS = 0

Active = Callable[[str], pl.Expr]  # asked with "" for today's traits and "_before" for the earlier ones


@dataclass(frozen=True, kw_only=True)
class Stream:
    name: str
    pool: str
    account: str | pl.Expr
    cents: pl.Expr  # magnitude of one occurrence
    inflow: bool = False
    active: Active = lambda at: pl.lit(True)
    step: int | pl.Expr = MONTHLY
    offset: pl.Expr | None = None  # days before `until` of the newest occurrence
    ended: int | pl.Expr = 0  # nothing happens in the last `ended` days
    spread: int = 0  # basis points around the amount
    swing: int | pl.Expr = 0  # basis points: newest above, the one before below, the third as it is
    jitter: int = 0  # days that an occurrence may lie earlier
    among: int = 1  # how many merchants of the pool are visited, or TAKE_TURNS
    rhythm: str | None = None  # the stream whose dates and amounts this one repeats on another account


def when(trait: str, *values: str) -> Active:
    return lambda at: pl.col(f"{trait}{at}").is_in(values)


def wherever(condition: pl.Expr) -> Active:
    return lambda at: condition


# The account that everyday spending goes to.
CARD = pl.when("has_card").then(pl.lit("card")).otherwise(pl.lit("checking"))
SECOND_CARD = pl.when("second_card").then(pl.lit("card2")).otherwise(pl.lit("checking"))
