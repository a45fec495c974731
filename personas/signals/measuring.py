"""Governs the measurement: five frames in, one row for each person and window out."""

from collections.abc import Iterable

import polars as pl

from .credit import credit
from .fingerprint import data_fingerprints
from .frames import Frames
from .income import income
from .laid import lay
from .meta import meta
from .savings import savings
from .spending import spending
from .subscriptions import subscriptions
from .windows import Windows


def measure(
    transactions: pl.DataFrame,
    accounts: pl.DataFrame,
    liabilities: pl.DataFrame,
    corrections: pl.DataFrame,
    people: pl.DataFrame,
    *,
    windows: tuple[int, ...] = (30, 90, 180),
) -> pl.DataFrame:
    """user_id, window, as_of and one column a signal, named by its path; people in their order, then windows."""
    laid = lay(Frames(transactions, accounts, liabilities, corrections, people), Windows(windows))
    spend = spending(laid)
    spent = spend.select("person", "window", "spend", "quarter_spend", "quarter_divided")
    parts = (spend, credit(laid), income(laid, spent), subscriptions(laid, spent), savings(laid, spent))
    measured = _beside(parts)
    whole = _beside((measured, meta(laid, measured, data_fingerprints(laid))))
    ids = laid.each.select("person", "as_of").join(
        laid.people.select("person", "user_id"), on="person", maintain_order="left"
    )
    asked = pl.concat([ids.select("user_id", "as_of"), whole], how="horizontal")
    if len(windows) < len(laid.windows.bounds):
        asked = asked.filter(pl.col("window").is_in(windows))
    signals = [name for name in asked.columns if "." in name]
    return asked.select("user_id", pl.col("meta.window").alias("window"), "as_of", *signals)


def _beside(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Frames that all stand in the order of `Laid.each`: a join would copy every card and merchant again."""
    first, *others = parts
    return pl.concat([first, *(part.drop("person", "window") for part in others)], how="horizontal")
