"""Governs what a liability of a file must say."""

from collections.abc import Collection

import polars as pl

from . import rows
from .problems import Check, Findings, Kind, Severity

RATES = ("apr_percentage", "interest_rate")
MONEY = ("minimum_payment_amount", "last_payment_amount", "last_statement_balance")
DAYS = ("last_payment_date", "next_payment_due_date")
COLUMNS = ("account_id", *RATES, "apr_type", "is_overdue", *MONEY, *DAYS)
APR_TYPES = ("purchase", "cash", "balance_transfer")
RATE = pl.Decimal(7, 4)
SCHEMA = pl.Schema(
    {
        "account_external_id": pl.String(),
        "apr_percentage": RATE,
        "interest_rate": RATE,
        "apr_type": pl.String(),
        "is_overdue": pl.Boolean(),
        "minimum_payment_cents": pl.Int64(),
        "last_payment_cents": pl.Int64(),
        "last_statement_cents": pl.Int64(),
        "last_payment_date": pl.Date(),
        "next_payment_due_date": pl.Date(),
    }
)


def read(
    frame: pl.DataFrame, money: rows.Money, accounts: Collection[str], order: str | None, findings: Findings
) -> pl.DataFrame:
    if frame.height == 0:
        return pl.DataFrame(schema=SCHEMA)
    percent = pl.col(RATES).str.strip_suffix("%").str.strip_chars_end(" ")
    frame = frame.with_columns(pl.col("apr_type").str.to_lowercase().str.strip_suffix("_apr"), percent)
    frame = rows.with_units(frame, money, {**dict.fromkeys(RATES, 4), **dict.fromkeys(MONEY, 2)})
    frame, days = rows.with_days(frame, DAYS, order)
    for field, read_days in zip(DAYS, days, strict=True):
        if read_days.ambiguous:
            rows.ambiguous(findings, field)
    frame = frame.with_columns(overdue=rows.flag("is_overdue"))
    findings.judge(Kind.LIABILITY, frame, _checks(accounts))
    frame = rows.sound(frame, findings.refused(Kind.LIABILITY))
    return frame.select(
        account_external_id="account_id",
        **{name: _rate(f"{name}_units") for name in RATES},
        apr_type="apr_type",
        is_overdue="overdue",
        minimum_payment_cents="minimum_payment_amount_units",
        last_payment_cents="last_payment_amount_units",
        last_statement_cents="last_statement_balance_units",
        last_payment_date="last_payment_date_day",
        next_payment_due_date="next_payment_due_date_day",
    ).cast(SCHEMA)


def _rate(units: str) -> pl.Expr:
    size = pl.col(units).abs()
    sign = pl.when(pl.col(units) < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    text = pl.concat_str(sign, size // 10_000, pl.lit("."), (size % 10_000).cast(pl.String).str.zfill(4))
    return text.cast(RATE)


def _checks(accounts: Collection[str]) -> list[Check]:
    return [
        *rows.required("account_id"),
        *rows.too_long({"account_id": rows.ID_LENGTH}),
        rows.known_account(accounts),
        rows.once("account_id", "account"),
        *(check for field in RATES for check in rows.money(field, 4)),
        *(check for field in MONEY for check in rows.money(field)),
        *(check for field in DAYS for check in rows.day(field)),
        rows.one_of("apr_type", APR_TYPES),
        rows.one_of("is_overdue", (*rows.YES, *rows.NO)),
        *(
            Check(
                code="APR_RANGE",
                field=field,
                when=~pl.col(f"{field}_units").is_between(0, 100 * 10_000)
                & (pl.col(f"{field}_units").abs() < 10_000_000),
                sentence=f'{field} "{{value}}" lies outside 0 to 100 percent. Check that it is right.',
                shown=field,
                severity=Severity.WARNING,
            )
            for field in RATES
        ),
    ]
