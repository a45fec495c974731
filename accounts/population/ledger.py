"""The transactions frame: what a bank would say about every dated row of a batch."""

import polars as pl

from .merchants import directory
from .streams import STREAMS, codes_of

# Rows that are no spending although money leaves an account.
NO_SPENDING = ("card_payment", "to_savings")


def transactions(rows: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """The rows by person and day; within a day in the order of the streams."""
    order = ((pl.col("number") * 1024 - pl.col("ago")) * 128 + pl.col("stream")) * 1024 + pl.col("k")
    rows = rows.with_columns(order=order).sort("order")
    whose = people["number"].search_sorted(rows["number"])
    person = people["number_text"].gather(whose)
    stream = pl.Series([stream.name for stream in STREAMS]).gather(rows["stream"])
    where = directory().drop("pool")[rows["place"]]
    return rows.select(
        user_id=people["user_id"].gather(whose),
        account_external_id=pl.concat_str(person, pl.lit("-"), "account"),
        external_id=pl.concat_str(person, pl.lit("-"), stream, pl.lit("-"), pl.col("k").cast(pl.String)),
        date="day",
        cents="cents",
        merchant=where["merchant"],
        merchant_key=where["merchant_key"],
        merchant_entity_id=where["merchant_entity_id"],
        description=pl.lit(None, dtype=pl.String),
        category_primary=where["category_primary"],
        category_detailed=where["category_detailed"],
        payment_channel=where["payment_channel"],
        pending="pending",
        iso_currency_code="iso_currency_code",
    )


def monthly_spending(rows: pl.DataFrame, days: int, since: int = 0) -> pl.DataFrame:
    """number, and spending a month over the `days` that end `since` days ago; at least one cent."""
    transfers = codes_of(*NO_SPENDING)
    ago = pl.col("ago") - since
    covered = pl.max_horizontal(ago.max() + 1, pl.lit(30))
    spent = -pl.col("cents").filter(ago < days, pl.col("cents") < 0, ~pl.col("stream").is_in(transfers)).sum()
    return (
        rows.filter(ago >= 0)
        .group_by("number", maintain_order=True)
        .agg(monthly=pl.max_horizontal(spent * 30 // pl.min_horizontal(pl.lit(days), covered), pl.lit(1)))
    )
