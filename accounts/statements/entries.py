"""Governs what a transaction of a file must say, and the stored row it becomes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from . import rows, signs
from .classes import FLOW, Flow, flows, marks
from .dates import Dates
from .ids import identified
from .problems import Check, Findings, Kind, Severity
from .signs import SignPolicy
from .text import MERCHANT_LENGTH, UNKNOWN, merchant_key

IDS = ("transaction_id", "account_id", "merchant_entity_id", "pending_transaction_id")
MONEY = ("amount", "debit", "credit")
COLUMNS = (
    *IDS, "date", *MONEY, "direction", "direction_written", "directed", "merchant", "name", "description",
    "payment_channel", "category", "category_primary", "category_detailed", "pending", "iso_currency_code",
    "account_mask",
)  # fmt: skip
CHANNELS = {
    "online": "online",
    "mobile": "online",
    "in_store": "in_store",
    "contactless": "in_store",
    "ach": "ach",
}
SCHEMA = pl.Schema(
    {
        "line": pl.Int64(),
        "account_external_id": pl.String(),
        "external_id": pl.String(),
        "derived": pl.Boolean(),
        "ordinal": pl.Int64(),
        "pending_external_id": pl.String(),
        "date": pl.Date(),
        "cents": pl.Int64(),
        "merchant": pl.String(),
        "merchant_key": pl.String(),
        "merchant_entity_id": pl.String(),
        "description": pl.String(),
        "category_primary": pl.String(),
        "category_detailed": pl.String(),
        "payment_channel": pl.String(),
        "pending": pl.Boolean(),
        "iso_currency_code": pl.String(),
        "flow": FLOW,
    }
)


@dataclass(frozen=True)
class Entries:
    rows: pl.DataFrame
    signs: signs.Signs | None
    date_format: str | None
    date_order: str | None


def prepared(raw: pl.DataFrame, account_id: str, currency: str | None) -> pl.DataFrame:
    """Every text column, cleaned; categories split, and what the whole file says filled into its rows."""
    one_account = "account_id" not in raw.columns
    frame = rows.complete(raw, COLUMNS)
    merchant = pl.coalesce("merchant", "name")
    path = pl.col("category").str.splitn("/", 2).struct
    frame = frame.with_columns(
        merchant=merchant,
        description=pl.coalesce("description", pl.when(pl.col("name") != merchant).then("name")),
        category_primary=pl.coalesce("category_primary", path.field("field_0").str.strip_chars().replace("", None)),
        category_detailed=pl.coalesce("category_detailed", path.field("field_1").str.strip_chars().replace("", None)),
    )
    if one_account:
        frame = frame.with_columns(account_id=pl.lit(account_id))
    return frame.with_columns(pl.col("iso_currency_code").fill_null(pl.lit(currency, dtype=pl.String)))


def read(
    frame: pl.DataFrame,
    money: rows.Money,
    currencies: Mapping[str, str],
    *,
    order: str | None,
    policy: str,
    today: date,
    findings: Findings,
) -> Entries:
    """`currencies` names every account a row may belong to, and the currency of its rows unless they say
    otherwise.
    """
    if frame.height == 0:
        return Entries(pl.DataFrame(schema=SCHEMA), None, None, None)
    frame, days = _dated(frame, money.from_json, order)
    if days.ambiguous:
        rows.ambiguous(findings, "date")
    frame = _valued(frame, money).with_columns(flag=rows.flag("pending"))
    findings.judge(Kind.TRANSACTION, frame, _checks(currencies, today))
    frame = rows.sound(frame, findings.refused(Kind.TRANSACTION))
    if frame.height == 0:
        return Entries(pl.DataFrame(schema=SCHEMA), None, days.format, days.order)
    frame = _described(frame, currencies)
    directed = frame.select(pl.col("direction", "debit", "credit").is_not_null().any()).row(0)
    marked = marks(frame)
    income = flows(marked, None) == Flow.INCOME.value
    decided = signs.decide(policy, frame["cents"], income, directed=any(directed))
    if decided.guessed:
        _warn_guessed(decided, findings)
    frame = identified(frame.with_columns(as_written="cents"))
    frame = frame.with_columns(cents=signs.stored(decided.policy, income))
    frame = frame.with_columns(flow=flows(marked, frame["cents"]))
    return Entries(frame.select(SCHEMA.names()).cast(SCHEMA), decided, days.format, days.order)


def _dated(frame: pl.DataFrame, from_json: bool, order: str | None) -> tuple[pl.DataFrame, Dates]:
    """With `date_day`. A bank writes `Pending` where the day is not known yet: it takes that of the next
    dated row.
    """
    frame, (days,) = rows.with_days(frame, ["date"], order)
    waiting = (pl.col("date").str.to_lowercase() == "pending").fill_null(False) & (not from_json)
    near = pl.coalesce(pl.col("date_day").backward_fill(), pl.col("date_day").forward_fill())
    return frame.with_columns(
        date_day=pl.when(waiting).then(near).otherwise("date_day"),
        pending=pl.when(waiting).then(pl.lit("true")).otherwise("pending"),
    ), days


def _valued(frame: pl.DataFrame, money: rows.Money) -> pl.DataFrame:
    """With `cents` as the file has them: one signed amount, an amount and its direction, or debit and
    credit.
    """
    amount = money.read(frame["amount"])
    frame = frame.with_columns(amount_units=amount["units"], credited=amount["credited"])
    frame = rows.with_units(frame, money, {"debit": 2, "credit": 2})
    size = pl.col("amount_units").abs()
    signed = pl.when(pl.col("direction") == "out").then(-size).when(pl.col("direction") == "in").then(size)
    split = pl.col("credit_units").abs().fill_null(0) - pl.col("debit_units").abs().fill_null(0)
    halves = pl.any_horizontal(pl.col("debit_units", "credit_units").is_not_null())
    return frame.with_columns(
        cents=pl.coalesce(signed.otherwise("amount_units"), pl.when(halves).then(split)),
        shown_amount=pl.coalesce(MONEY),
    )


def _described(frame: pl.DataFrame, currencies: Mapping[str, str]) -> pl.DataFrame:
    merchant = pl.col("merchant").str.slice(0, MERCHANT_LENGTH).str.strip_chars_end(" ").fill_null(UNKNOWN)
    channel = pl.col("payment_channel").str.to_lowercase().str.replace_all(r"[ \-]", "_")
    usual = pl.col("account_id").replace_strict(dict(currencies), default=None, return_dtype=pl.String)
    frame = frame.with_columns(
        merchant=merchant,
        account_external_id="account_id",
        date="date_day",
        pending=pl.col("flag").fill_null(False),
        pending_external_id="pending_transaction_id",
        payment_channel=pl.when(channel.is_not_null()).then(channel.replace_strict(CHANNELS, default="other")),
        iso_currency_code=pl.coalesce("iso_currency_code", usual),
    )
    return frame.with_columns(merchant_key=merchant_key(frame["merchant"]))


def _warn_guessed(decided: signs.Signs, findings: Findings) -> None:
    if decided.policy is SignPolicy.UNSIGNED:
        how = "No amount is negative, so income was taken as money in and every other row as money out"
    else:
        how = "Negative amounts were taken as money out, and no row of income confirms it"
    findings.file(
        "SIGN_POLICY_GUESSED",
        f"{how}. Look at the first rows; if they are wrong, send the option sign_policy.",
        field="amount",
        severity=Severity.WARNING,
    )


def _checks(accounts: Collection[str], today: date) -> list[Check]:
    cents = pl.col("cents")
    return [
        *rows.required("account_id", "date"),
        Check(
            code="REQUIRED",
            field="amount",
            when=pl.all_horizontal(pl.col(MONEY).is_null()),
            sentence="the amount is missing. Fill it in.",
        ),
        *rows.too_long({
            **dict.fromkeys(IDS, rows.ID_LENGTH),
            "merchant": 1000, "description": 1000, "category_primary": 100, "category_detailed": 100,
        }),
        rows.once("transaction_id", "transaction"),
        rows.known_account(accounts),
        *rows.day("date"),
        *(check for field in MONEY for check in rows.money(field)),
        Check(
            code="BOTH_DEBIT_AND_CREDIT",
            field="amount",
            when=(pl.col("debit_units") != 0) & (pl.col("credit_units") != 0),
            sentence="both debit and credit are filled. A row is one or the other.",
            shown="shown_amount",
        ),
        Check(
            code="ENUM",
            field="type",
            when=pl.col("directed").is_not_null() & pl.col("direction").is_null(),
            sentence='the type "{value}" does not say debit or credit. Write one of them.',
            shown="direction_written",
        ),
        rows.currency(),
        rows.one_of("pending", (*rows.YES, *rows.NO)),
        Check(
            code="AMOUNT_ZERO",
            field="amount",
            when=cents == 0,
            sentence="the amount is zero.",
            shown="shown_amount",
            severity=Severity.WARNING,
        ),
        Check(
            code="AMOUNT_LARGE",
            field="amount",
            when=(cents.abs() > 100_000_000) & (cents.abs() < rows.LARGEST_CENTS),
            sentence='the amount "{value}" is above 1,000,000. Check that it is right.',
            shown="shown_amount",
            severity=Severity.WARNING,
        ),
        Check(
            code="DATE_FUTURE",
            field="date",
            when=pl.col("date_day") > pl.lit(today).dt.offset_by("1y"),
            sentence='the date "{value}" is more than a year ahead; the row waits until then.',
            shown="date",
            severity=Severity.WARNING,
        ),
        Check(
            code="TEXT_TRUNCATED",
            field="merchant",
            when=pl.col("merchant").str.len_chars().is_between(MERCHANT_LENGTH + 1, 1000),
            sentence=f"the merchant was cut to {MERCHANT_LENGTH} characters.",
            shown="merchant",
            severity=Severity.WARNING,
        ),
    ]  # fmt: skip
