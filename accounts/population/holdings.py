"""The accounts of a batch, with the balances that a bank states on a day."""

import polars as pl

from .chance import between
from .disturbances import disturb_accounts
from .ledger import monthly_spending
from .stories import Cushion, Saving


def _checking(people: pl.DataFrame, rows: pl.DataFrame, since: int, at: str) -> pl.DataFrame:
    """The balance that gives the story's cushion in months of spending, over 30 and over 180 days alike."""
    month, half_year = (monthly_spending(rows, days, since) for days in (30, 180))
    lower, upper = pl.min_horizontal("month", "half_year"), pl.max_horizontal("month", "half_year")
    cushion = pl.col(f"cushion{at}")
    known = people.join(month.rename({"monthly": "month"}), on="number", how="left", maintain_order="left").join(
        half_year.rename({"monthly": "half_year"}), on="number", how="left", maintain_order="left"
    )
    return known.with_columns(pl.col("month", "half_year").fill_null(100_000)).with_columns(
        checking=pl.when(cushion == Cushion.THIN)
        .then(lower * between("cushion", 80, 420) // 1000)
        .when(cushion == Cushion.TIGHT)
        .then(lower * 97 // 100)
        .when(cushion == Cushion.ROOMY)
        .then(upper * between("cushion", 1150, 3000) // 1000)
        .otherwise(lower * between("cushion", 150, 2500) // 1000)
    )


def accounts(people: pl.DataFrame, rows: pl.DataFrame, since: int = 0, at: str = "") -> pl.DataFrame:
    """Accounts as uploaded `since` days before the last one, with the traits of then (`at`)."""
    people = _checking(people, rows, since, at)
    nothing, always = pl.lit(None, dtype=pl.Int64), pl.lit(True)
    kinds = [
        _account(
            people,
            "checking",
            always,
            "Everyday Checking",
            "depository",
            pl.lit("checking"),
            pl.col("checking"),
            pl.col("checking"),
            nothing,
        ),
        _account(
            people,
            "savings",
            pl.col("saving") != Saving.NONE,
            "Savings",
            "depository",
            _savings_subtype(),
            pl.col("held"),
            pl.col("held"),
            nothing,
        ),
        *(
            _account(
                people,
                f"card{card}",
                held,
                name,
                "credit",
                pl.lit("credit_card"),
                pl.col(f"owed{card}{at}"),
                pl.max_horizontal(pl.lit(0), pl.col(f"limit{card}") - pl.col(f"owed{card}{at}")),
                pl.col(f"limit{card}"),
            )
            for card, held, name in (
                ("", pl.col("has_card"), "Everyday Card"),
                ("2", pl.col("second_card"), "Travel Card"),
            )
        ),
        _account(
            people,
            "loan",
            pl.col("loan") > 0,
            "Student Loan",
            "loan",
            pl.lit("student"),
            pl.col("loan") * 97,
            nothing,
            nothing,
        ),
    ]
    return disturb_accounts(pl.concat(kinds), people).sort("number", "place").drop("number", "place")


def _savings_subtype() -> pl.Expr:
    return between("savings subtype", 0, 2).replace_strict(
        [0, 1, 2], ["savings", "high_yield_savings", "money_market"], return_dtype=pl.String
    )


def _account(
    people: pl.DataFrame,
    role: str,
    held: pl.Expr,
    name: str,
    kind: str,
    subtype: pl.Expr,
    balance: pl.Expr,
    available: pl.Expr,
    limit: pl.Expr,
) -> pl.DataFrame:
    places = ["checking", "savings", "card", "card2", "loan"]
    return people.filter(held).select(
        "number",
        place=pl.lit(places.index(role)),
        user_id="user_id",
        external_id=pl.concat_str("number_text", pl.lit(f"-{role}")),
        name=pl.lit(name),
        type=pl.lit(kind),
        subtype=subtype,
        mask=between(f"mask {role}", 0, 9999).cast(pl.String).str.zfill(4),
        balance_cents=balance.cast(pl.Int64),
        available_cents=available.cast(pl.Int64),
        limit_cents=limit.cast(pl.Int64),
        holder_category=pl.lit("individual"),
        iso_currency_code=pl.lit("USD"),
    )
