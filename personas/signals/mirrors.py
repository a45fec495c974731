"""Governs the mirror rule: which checking outflows only move money to an account of the same person."""

import polars as pl

from .frames import SAVED, Kind

NEAR = 3  # days


def mirrored(rows: pl.DataFrame) -> pl.Series:
    """The places (`at`) of checking outflows that an equal inflow on savings or on a card marks as transfers.

    Inflows choose in the ledger's order, each the nearest outflow that is left. Equal inflows of one day want the
    same outflows, so they choose as one. Rather than one after another, all choose at once and an outflow keeps the
    earliest of those who want it; the others choose again until nobody is refused. That ends with the same choice,
    and takes as many rounds as the longest quarrel, not as there are rows.
    """
    seekers = (
        rows.filter(pl.col("kind").is_in([*SAVED, Kind.CARD.value]), pl.col("cents") > 0)
        .group_by("person", "cents", "age")
        .agg(wanted=pl.len(), turn=pl.col("at").min())
    )
    moved = rows.filter(pl.col("kind") == Kind.CHECKING.value, pl.col("cents") < 0).select(
        "person", "at", cents=-pl.col("cents"), out_age="age"
    )
    wishes = (
        moved.join(seekers, on=["person", "cents"])
        .with_columns(apart=(pl.col("out_age") - pl.col("age")).abs())
        .filter(pl.col("apart") <= NEAR)
        .sort("turn", "apart", "at")
        .select("turn", "at", "wanted")
    )
    while True:
        place = pl.int_range(pl.len())
        begins = pl.when(pl.col("turn").ne_missing(pl.col("turn").shift())).then(place).forward_fill()
        chosen = wishes.filter(place - begins < pl.col("wanted"))
        contested = chosen.filter(pl.col("at").is_duplicated())
        if contested.is_empty():
            return chosen["at"]
        refused = contested.filter(pl.col("turn") > pl.col("turn").min().over("at"))
        wishes = wishes.join(refused, on=["turn", "at"], how="anti", maintain_order="left")
