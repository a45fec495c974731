"""The files of one synthetic person: JSON, CSV in sections, and the plain eight-column CSV without ids."""

import json

import polars as pl

from .batch import Batch
from .recipe import Recipe, SignPolicy

# Thirteen decimals, as sums in floating point leave them behind: 935.0000000000001.
_NOISE = "00000000001"


def as_json(batch: Batch, user_id: str) -> bytes:
    person = batch.of(user_id)
    accounts, transactions, liabilities = _accounts(person), _transactions(person), _liabilities(person)
    category = pl.when(pl.col("category_primary").is_not_null()).then(
        pl.struct(primary="category_primary", detailed="category_detailed")
    )
    owed = (
        "apr_percentage",
        "interest_rate",
        "minimum_payment_amount",
        "last_payment_amount",
        "last_statement_balance",
    )
    lists = {
        "accounts": _objects(
            accounts,
            ["account_id", "name", "type", "subtype", "mask", "holder_category", "iso_currency_code"],
            [
                (
                    "balances",
                    pl.concat_str(
                        pl.lit("{"),
                        *_numbers(
                            ("current", pl.col("balance_current")),
                            ("available", pl.col("balance_available")),
                            ("limit", pl.col("balance_limit")),
                        ),
                        pl.lit("}"),
                    ),
                )
            ],
        ),
        "transactions": _objects(
            transactions.with_columns(personal_finance_category=category),
            [
                "transaction_id",
                "account_id",
                "date",
                "merchant_name",
                "merchant_entity_id",
                "payment_channel",
                "personal_finance_category",
                "pending",
                "iso_currency_code",
            ],
            [("amount", pl.col("amount"))],
        ),
        "liabilities": _objects(
            liabilities.rename({"liability_account_id": "account_id"}),
            ["account_id", "apr_type", "last_payment_date", "next_payment_due_date", "is_overdue"],
            [(name, pl.col(name)) for name in owed],
        ),
    }
    head = {"user_id": user_id, "upload_timestamp": f"{batch.recipe.until}T08:00:00Z"}
    body = ",".join(f"{json.dumps(name)}:[{objects}]" for name, objects in lists.items())
    return f"{json.dumps(head)[:-1]},{body}}}".encode()


def as_csv(batch: Batch, user_id: str) -> bytes:
    """Sections A, T and L one after the other; a section without rows is left out."""
    person = batch.of(user_id)
    accounts = _accounts(person).select(
        "account_id",
        pl.col("name").alias("account_name"),
        pl.col("type").alias("account_type"),
        pl.col("subtype").alias("account_subtype"),
        "holder_category",
        "balance_available",
        "balance_current",
        "balance_limit",
        "iso_currency_code",
        "mask",
    )
    sections = (accounts, _transactions(person), _liabilities(person))
    return "".join(section.write_csv() for section in sections if section.height).encode()


def as_plain(batch: Batch, user_id: str) -> bytes:
    category = pl.concat_str("category_primary", "category_detailed", separator="/")
    return (
        _transactions(batch.of(user_id))
        .select(
            "account_id",
            "date",
            "amount",
            "merchant_name",
            "merchant_entity_id",
            "payment_channel",
            personal_finance_category=category,
            pending="pending",
        )
        .write_csv()
        .encode()
    )


def _objects(frame: pl.DataFrame, fields: list[str], numbers: list[tuple[str, pl.Expr]]) -> str:
    """JSON objects whose numbers are the decimal texts of the frame: a float would not be what was meant."""
    if frame.is_empty():
        return ""
    rest = pl.struct(fields).struct.json_encode().str.slice(1)
    return ",".join(frame.select(pl.concat_str(pl.lit("{"), *_numbers(*numbers), pl.lit(","), rest)).to_series())


def _numbers(*numbers: tuple[str, pl.Expr]) -> list[pl.Expr]:
    keys = [("" if place == 0 else ",") + json.dumps(name) + ":" for place, (name, _) in enumerate(numbers)]
    return [
        part for key, (_, text) in zip(keys, numbers, strict=True) for part in (pl.lit(key), text.fill_null("null"))
    ]


def _money(cents: str | pl.Expr) -> pl.Expr:
    cents = pl.col(cents) if isinstance(cents, str) else cents
    sign = pl.when(cents < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    whole, rest = (cents.abs() // 100).cast(pl.String), (cents.abs() % 100).cast(pl.String).str.zfill(2)
    return pl.concat_str(sign, whole, pl.lit("."), rest)


def _amount(recipe: Recipe) -> pl.Expr:
    """The value of the file, from which the loader's sign policy gives back the stored one."""
    cents = pl.col("cents")
    match recipe.sign_policy:
        case SignPolicy.PLAID:
            cents = -cents
        case SignPolicy.UNSIGNED:
            income = pl.col("category_primary").str.to_uppercase().eq("INCOME").fill_null(False)
            cents = pl.when(income).then(cents).otherwise(-cents)
    if not recipe.float_noise:
        return _money(cents)
    noise = pl.when(pl.col("cents") % 3 == 0).then(pl.lit(_NOISE)).otherwise(pl.lit(""))
    return pl.concat_str(_money(cents), noise)


def _accounts(person: Batch) -> pl.DataFrame:
    return person.accounts.select(
        "name",
        "type",
        "holder_category",
        "iso_currency_code",
        "mask",
        account_id="external_id",
        subtype=pl.col("subtype").str.replace_all("_", " "),
        balance_current=_money("balance_cents"),
        balance_available=_money("available_cents"),
        balance_limit=_money("limit_cents"),
    )


def _transactions(person: Batch) -> pl.DataFrame:
    return person.transactions.select(
        transaction_id="external_id",
        account_id="account_external_id",
        date=pl.col("date").cast(pl.String),
        amount=_amount(person.recipe),
        merchant_name="merchant",
        merchant_entity_id="merchant_entity_id",
        payment_channel="payment_channel",
        category_primary="category_primary",
        category_detailed="category_detailed",
        pending="pending",
        iso_currency_code="iso_currency_code",
    )


def _liabilities(person: Batch) -> pl.DataFrame:
    return person.liabilities.select(
        liability_account_id="account_external_id",
        apr_percentage=pl.col("apr_percentage").cast(pl.String),
        apr_type="apr_type",
        minimum_payment_amount=_money("minimum_payment_cents"),
        last_payment_amount=_money("last_payment_cents"),
        last_payment_date=pl.col("last_payment_date").cast(pl.String),
        last_statement_balance=_money("last_statement_cents"),
        is_overdue="is_overdue",
        next_payment_due_date=pl.col("next_payment_due_date").cast(pl.String),
        interest_rate=pl.col("interest_rate").cast(pl.String),
    )
