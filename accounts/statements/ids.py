"""Governs the ids of rows that come without one, and what is kept of an account number."""

import hashlib
import hmac

import polars as pl

from .amounts import written

SEPARATOR = "\u001f"


def identified(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with `ordinal`, `derived` and `external_id`; `as_written` is the cents before the sign policy."""
    same = pl.concat_str(
        "account_external_id",
        pl.col("date").dt.strftime("%Y-%m-%d"),
        written(pl.col("as_written")),
        pl.coalesce("merchant_entity_id", "merchant_key"),
        separator=SEPARATOR,
    )
    rows = rows.with_columns(same=same, derived=pl.col("transaction_id").is_null())
    rows = rows.with_columns(ordinal=_ordinals(rows["same"]))
    bare = rows.filter("derived").select(pl.concat_str("same", "ordinal", separator=SEPARATOR)).to_series()
    # hashlib has no vector form.
    derived = ["d_" + hashlib.sha256(text.encode()).hexdigest()[:32] for text in bare]
    places = rows["derived"].arg_true()
    ids = (
        rows["transaction_id"].scatter(places, pl.Series(derived, dtype=pl.String))
        if derived
        else rows["transaction_id"]
    )
    return rows.with_columns(external_id=ids).drop("same")


def _ordinals(same: pl.Series) -> pl.Series:
    """1 for the first of equal values, 2 for the second. Few are equal, and only those are grouped."""
    ones = pl.repeat(1, same.len(), dtype=pl.Int64, eager=True)
    twice = same.is_duplicated()
    if not twice.any():
        return ones
    counted = same.filter(twice).to_frame("same").select(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("same"))
    return ones.scatter(twice.arg_true(), counted.to_series())


def is_number(account: str) -> bool:
    """An IBAN or a value with eight and more digits: never stored whole."""
    return sum(char in "0123456789" for char in account) >= 8


def hidden(account: str, key: bytes) -> tuple[str, str]:
    """The id and the mask that stand for an account number, however it is spaced."""
    bare = "".join(char for char in account.upper() if char.isalnum())
    return "acct_" + hmac.new(key, bare.encode(), hashlib.sha256).hexdigest()[:16], bare[-4:]
