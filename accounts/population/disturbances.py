"""What an awkward person's case does to the rows and accounts of an ordinary statement."""

import polars as pl

from .awkward import Awkward
from .streams import codes_of
from .subscribing import PRICES

# Added to the ordinal of a row that is written a second time, beyond any stream's own count.
AGAIN = 500
AHEAD = 20  # days
# Two of the last three monthly charges are at the old price.
PRICE_ROSE_AGO = 40


def disturb_rows(rows: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Adds `pending` and `iso_currency_code` for everybody, and what the awkward person's case asks for."""
    rows = rows.with_columns(pending=pl.lit(False), iso_currency_code=pl.lit("USD"))
    known = people.filter(pl.col("awkward").is_not_null()).select("number", "awkward")
    if known.is_empty():
        return rows
    odd = rows.join(known, on="number")
    kind, ago = pl.col("awkward"), pl.col("ago")
    rose = (kind == Awkward.PRICE_RISES) & pl.col("stream").is_in(codes_of(*PRICES, "weekly")) & (ago >= PRICE_ROSE_AGO)
    ahead = odd.filter(kind == Awkward.FUTURE_ROWS, ago < AHEAD).with_columns(
        k=pl.col("k") + AGAIN, ago=ago - AHEAD, day=pl.col("day").dt.offset_by(f"{AHEAD}d")
    )
    foreign = odd.filter(kind == Awkward.OTHER_CURRENCY, pl.col("stream").is_in(codes_of("dining"))).with_columns(
        k=pl.col("k") + AGAIN, account=pl.lit("abroad"), iso_currency_code=pl.lit("EUR")
    )
    odd = (
        pl.concat([odd, ahead, foreign])
        .filter(kind != Awkward.ACCOUNTS_ONLY)
        .with_columns(
            pending=(kind == Awkward.PENDING_ROWS) & ago.is_between(0, 2),
            cents=pl.when(rose).then(pl.col("cents") * 85 // 100).otherwise("cents"),
        )
    )
    return pl.concat([rows.join(known, on="number", how="anti"), odd.drop("awkward")])


def disturb_accounts(accounts: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Takes and gives `number` and `place`, the order of a person's accounts, beside their own columns."""
    accounts = accounts.join(people.select("number", "awkward"), on="number", maintain_order="left")
    kind, is_card = pl.col("awkward"), pl.col("type") == "credit"
    no_limit = is_card & (kind == Awkward.NO_LIMIT)
    over = is_card & (kind == Awkward.OVER_LIMIT)
    negative = (kind == Awkward.NEGATIVE_CHECKING) & (pl.col("subtype") == "checking")
    owed = -(pl.col("balance_cents") % 30_000) - 1
    extra = accounts.filter(kind == Awkward.SEVERAL_CARDS, pl.col("external_id").str.ends_with("-card"))
    foreign = accounts.filter(kind == Awkward.OTHER_CURRENCY, pl.col("subtype") == "checking").with_columns(
        _again("abroad"), place=pl.lit(9), name=pl.lit("Travel Account"), iso_currency_code=pl.lit("EUR")
    )
    more = [
        extra.with_columns(
            _again(f"card{n}"),
            place=pl.lit(2 + n),
            name=pl.lit(f"Store Card {n - 2}"),
            balance_cents=pl.col("limit_cents") // (n * 20),
        )
        for n in (3, 4, 5)
    ]
    changed = accounts.with_columns(
        limit_cents=pl.when(~no_limit.fill_null(False)).then("limit_cents"),
        available_cents=pl.when(no_limit)
        .then(None)
        .when(over)
        .then(0)
        .when(negative)
        .then(owed)
        .otherwise("available_cents"),
        balance_cents=pl.when(over)
        .then(pl.col("limit_cents") * 115 // 100)
        .when(negative)
        .then(owed)
        .otherwise("balance_cents"),
    )
    return pl.concat([changed, foreign, *more]).drop("awkward")


def _again(role: str) -> pl.Expr:
    return pl.col("external_id").str.replace(r"-\w+$", f"-{role}").alias("external_id")
