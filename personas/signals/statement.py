"""Governs how one person's parsed statement becomes the frames that signals are measured from."""

from datetime import date

import polars as pl

from accounts.statements import Statement

from .frames import ACCOUNTS, CORRECTIONS, LIABILITIES, LOOKBACK, PEOPLE, TRANSACTIONS, Frames, kind_of

INTEREST_CODE = "BANK_FEES_INTEREST_CHARGE"


def from_statement(
    statement: Statement, *, today: date, as_of: date | None = None, user_id: str = "statement"
) -> Frames:
    """The frames of one person who holds exactly what the statement says."""
    return from_rows(
        statement.accounts,
        statement.transactions,
        statement.liabilities,
        today=today,
        as_of=as_of,
        user_id=user_id,
    )


def from_rows(
    accounts: pl.DataFrame,
    transactions: pl.DataFrame,
    liabilities: pl.DataFrame,
    *,
    today: date,
    as_of: date | None,
    user_id: str,
) -> Frames:
    """Frames as `accounts.statements` writes them; an account is known by its external id."""
    posted = transactions.filter(~pl.col("pending"))
    day = as_of or posted.filter(pl.col("date") <= today)["date"].max() or today
    currency = _main(posted["iso_currency_code"]) or _main(accounts["iso_currency_code"])
    is_main = pl.col("iso_currency_code") == pl.lit(currency, dtype=pl.String)
    used = posted.filter(pl.col("date") <= day, is_main).sort("date", "external_id")
    own = accounts.filter(is_main)
    since = pl.lit(day) - pl.duration(days=LOOKBACK)
    recent = used.with_columns(ordinal=pl.int_range(pl.len())).filter(pl.col("date") > since)
    who = pl.lit(user_id).alias("user_id")
    categories = ("category_primary", "category_detailed")
    return Frames(
        transactions=recent.select(
            who, "ordinal", "cents", "merchant", "flow",
            account_id="account_external_id",
            posted_on="date",
            merchant_key=pl.coalesce("merchant_entity_id", "merchant_key"),
            interest_code=(pl.col("category_detailed") == INTEREST_CODE).fill_null(False),
            categorised=pl.any_horizontal(pl.col(categories).is_not_null()),
        ).select(TRANSACTIONS.names()).cast(TRANSACTIONS),
        accounts=own.select(
            who, "external_id", "name", "mask", "balance_cents", "limit_cents",
            account_id="external_id",
            kind=kind_of(pl.col("type"), pl.col("subtype")),
            has_ledger=pl.col("external_id").is_in(used["account_external_id"].unique().implode()),
        ).select(ACCOUNTS.names()).cast(ACCOUNTS),
        liabilities=liabilities.filter(pl.col("account_external_id").is_in(own["external_id"].implode())).select(
            who, "is_overdue",
            account_id="account_external_id",
            minimum_cents="minimum_payment_cents",
            last_payment_cents="last_payment_cents",
            statement_cents="last_statement_cents",
            last_payment_on="last_payment_date",
            due_on="next_payment_due_date",
        ).select(LIABILITIES.names()).cast(LIABILITIES),
        corrections=pl.DataFrame(schema=CORRECTIONS),
        people=pl.DataFrame(
            {
                "user_id": [user_id],
                "as_of": [day],
                "first_posted_on": [used["date"].min()],
                "currency": [currency],
                "pending_excluded": [transactions.height - posted.height],
                "future_excluded": [posted.filter(pl.col("date") > day).height],
                "other_currency_excluded": [
                    posted.filter(pl.col("date") <= day, ~is_main).height
                ],
            },
            schema=PEOPLE,
        ),
    )  # fmt: skip


def _main(codes: pl.Series) -> str | None:
    """The currency of most rows, of equals the first in the alphabet."""
    counted = codes.value_counts(name="rows").sort("rows", codes.name, descending=[True, False])
    return None if counted.is_empty() else str(counted[codes.name][0])
