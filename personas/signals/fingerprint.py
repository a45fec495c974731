"""Governs the fingerprint of what a person was measured from: equal data gives an equal fingerprint, anywhere."""

import hashlib
from io import BytesIO

import polars as pl

from accounts.statements.classes import FLOW

from .laid import Laid

# A statement's texts hold no control characters, so nobody can write these.
FIELD, LINE, PART = "\x1f", "\x1e", "\x1d"


def data_fingerprints(laid: Laid) -> pl.DataFrame:
    """person and data_fingerprint: SHA-256 over the canonical lines of everything that `measure` looks at."""
    accounts = laid.accounts.drop("user_id", "account_id").sort("person", "external_id")
    owed = laid.liabilities.drop("user_id", "account_id").join(
        accounts.select("account", "person", "external_id"), on="account"
    )
    parts = [
        _lines(laid.people.drop("user_id", "days_covered")),
        _lines(accounts.drop("account")),
        _lines(owed.drop("account").sort("person", "external_id")),
        _lines(laid.corrections.drop("user_id").sort("person", "correction_id")),
        _lines(_ledger(laid.rows, accounts)),
    ]
    hashed = [
        hashlib.sha256(PART.encode().join(part.get(person, b"") for part in parts)).hexdigest()
        for person in laid.people["person"]
    ]
    return laid.persons.with_columns(data_fingerprint=pl.Series(hashed, dtype=pl.String))


def _ledger(rows: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """The rows as the packed ledger holds them; an account is its place among the person's own, by external id."""
    places = accounts.select("account", place=pl.int_range(pl.len()).over("person")).sort("account")["place"]
    place = pl.lit(places.gather(rows["account"])).fill_null(-1)
    marks = (place * len(FLOW.categories) + pl.col("stated").to_physical()) * 4 + (
        pl.col("interest_code").cast(pl.Int64) * 2 + pl.col("categorised").cast(pl.Int64)
    )
    return rows.select("person", pl.col("posted_on").cast(pl.Int32), "cents", "merchant_key", "merchant", marks=marks)


def _lines(frame: pl.DataFrame) -> dict[int, bytes]:
    """The lines of each person; the frame is ordered by person. Written as one text and cut where persons begin,
    which is several times as fast as joining strings.
    """
    if frame.is_empty():
        return {}
    begins = pl.col("person").ne_missing(pl.col("person").shift())
    text = BytesIO()
    frame.select(
        pl.when(begins).then(pl.lit(PART)).otherwise(pl.lit("")).alias("part"), pl.exclude("person")
    ).write_csv(text, include_header=False, separator=FIELD, line_terminator=LINE, quote_style="never")
    persons = frame.filter(begins)["person"]
    return dict(zip(persons, text.getvalue().split(PART.encode())[1:], strict=True))
