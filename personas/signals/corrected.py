"""Governs what a person's corrections change about their rows."""

import polars as pl

from .frames import Correction

ROW = ["person", "account_id", "posted_on", "cents"]


def corrected(rows: pl.DataFrame, corrections: pl.DataFrame) -> dict[Correction, pl.Series]:
    """For each kind one flag a row: whether a correction of that kind names it.

    Takes corrections with their `person`; the rows stand in the ledger's order.
    """
    flags = {kind: pl.repeat(False, rows.height, dtype=pl.Boolean, eager=True) for kind in Correction}
    if corrections.is_empty():
        return flags
    found = _named(rows, corrections)
    return {
        kind: marked.scatter(found.filter(pl.col("mistake") == kind.value)["at"], True)
        for kind, marked in flags.items()
    }


def _named(rows: pl.DataFrame, corrections: pl.DataFrame) -> pl.DataFrame:
    """The places (`at`) of the rows that a correction names, and its kind as `mistake`."""
    named = corrections.rename({"kind": "mistake"}).with_columns(
        pl.col(name).cast(rows.schema[name], strict=False) for name in ("merchant_key", "account_id")
    )
    own = rows.filter(pl.col("person").is_in(named["person"].unique().implode()))
    merchants = named.filter(pl.col("posted_on").is_null()).select("person", "merchant_key", "mistake")
    single = named.filter(pl.col("posted_on").is_not_null()).select(*ROW, "mistake", meant="merchant_key")
    of_rows = (
        own.join(single.with_row_index("nth"), on=ROW)
        .filter(pl.col("meant").is_null() | (pl.col("meant") == pl.col("merchant_key")))
        .group_by("nth", "mistake")
        .agg(pl.col("at").min())
    )
    of_merchants = own.join(merchants, on=["person", "merchant_key"])
    return pl.concat([found.select("at", "mistake") for found in (of_merchants, of_rows)])
