"""Governs what an account of a file must say, and the accounts that only its rows name."""

from collections.abc import Collection

import polars as pl

from . import rows
from .problems import Check, Findings, Kind, Severity

COLUMNS = (
    "account_id", "type", "subtype", "name", "mask", "holder_category", "iso_currency_code", "current",
    "available", "limit",
)  # fmt: skip
MONEY = ("current", "available", "limit")
SUBTYPES = {
    "depository": (
        "checking", "savings", "high_yield_savings", "money_market", "hsa", "cd", "prepaid",
        "cash_management",
    ),
    "credit": ("credit_card",),
    "loan": ("mortgage", "student", "auto", "personal"),
}  # fmt: skip
UNUSED = ("investment", "other")
TYPES = (*SUBTYPES, *UNUSED)
# Compared without case, low lines, hyphens and spaces.
SUBTYPE = {(of, name.replace("_", "")): name for of, names in SUBTYPES.items() for name in names}
TYPE_OF_SUBTYPE = {squeezed: of for of, squeezed in SUBTYPE}
SCHEMA = pl.Schema(
    {
        "external_id": pl.String(),
        "name": pl.String(),
        "type": pl.String(),
        "subtype": pl.String(),
        "mask": pl.String(),
        "balance_cents": pl.Int64(),
        "available_cents": pl.Int64(),
        "limit_cents": pl.Int64(),
        "holder_category": pl.String(),
        "iso_currency_code": pl.String(),
        "created": pl.Boolean(),
    }
)


def squeeze(subtype: str) -> str:
    return subtype.lower().replace("_", "").replace("-", "").replace(" ", "")


def stated(frame: pl.DataFrame, money: rows.Money, findings: Findings) -> pl.DataFrame:
    """The accounts the file lists."""
    if frame.height == 0:
        return pl.DataFrame(schema=SCHEMA)
    frame = rows.with_units(frame, money, dict.fromkeys(MONEY, 2))
    frame = frame.with_columns(
        type_word=pl.col("type").str.to_lowercase(),
        squeezed=pl.col("subtype").str.to_lowercase().str.replace_all(r"[_\- ]", ""),
    )
    kinds = frame.select("type_word", "squeezed").iter_rows()
    frame = frame.with_columns(known=pl.Series([SUBTYPE.get(pair) for pair in kinds], dtype=pl.String))
    findings.judge(Kind.ACCOUNT, frame, _checks())
    frame = rows.sound(frame, findings.refused(Kind.ACCOUNT))
    owed = pl.col("type_word").is_in(["credit", "loan"])
    plain = pl.col("subtype").str.to_lowercase().str.replace_all(r"[\- ]", "_")
    return frame.select(
        external_id="account_id",
        name="name",
        type="type_word",
        subtype=pl.coalesce("known", plain),
        mask=pl.col("mask").str.tail(4),
        balance_cents=pl.when(owed).then(pl.col("current_units").abs()).otherwise("current_units"),
        available_cents="available_units",
        limit_cents="limit_units",
        holder_category=pl.col("holder_category").str.to_lowercase(),
        iso_currency_code="iso_currency_code",
        created=pl.lit(False),
    ).cast(SCHEMA)


def _checks() -> list[Check]:
    used = ~pl.col("type_word").is_in(UNUSED)
    known_type = pl.col("type_word").is_in(TYPES)
    return [
        *rows.required("account_id", "type", "subtype", "current", "iso_currency_code"),
        rows.one_of("type", TYPES),
        Check(
            code="ENUM",
            field="subtype",
            when=pl.col("subtype").is_not_null() & used & known_type & pl.col("known").is_null(),
            sentence='subtype "{value}" is none of this type. Write for example checking or credit card.',
            shown="subtype",
        ),
        *rows.too_long({"account_id": rows.ID_LENGTH, "name": 255, "subtype": 24, "mask": 255}),
        rows.once("account_id", "account"),
        *(check for field in MONEY for check in rows.money(field)),
        rows.currency(),
        Check(
            code="HOLDER",
            field="holder_category",
            when=pl.col("holder_category").str.to_lowercase() != "individual",
            sentence='holder_category "{value}" is not accepted. Only accounts of an individual are read.',
            shown="holder_category",
        ),
        *(rows.large(field, 10_000_000, "BALANCE_LARGE") for field in MONEY),
        Check(
            code="ACCOUNT_UNUSED",
            field="type",
            when=~used,
            sentence='an account of type "{value}" is stored but not used for signals.',
            shown="type",
            severity=Severity.WARNING,
        ),
    ]


def created(
    entries: pl.DataFrame, known: Collection[str], subtype: str, currency: str, findings: Findings
) -> pl.DataFrame:
    """Accounts that only transactions name: one each, in the order they appear."""
    new = entries.filter(pl.col("account_id").is_not_null() & ~pl.col("account_id").is_in(list(known)))
    first = new.group_by("account_id", maintain_order=True).agg(
        pl.col("line").first(),
        pl.col("account_mask").first(),
        pl.col("iso_currency_code").drop_nulls().first(),
    )
    squeezed = squeeze(subtype)
    of = TYPE_OF_SUBTYPE.get(squeezed)
    if of is None and first.height:
        findings.file(
            "ENUM",
            f'The option account_subtype "{subtype}" is not known. Write for example savings.',
            field="account_subtype",
            value=subtype,
        )
        return pl.DataFrame(schema=SCHEMA)
    unsaid = pl.col("iso_currency_code").is_null()
    findings.judge(
        Kind.ACCOUNT,
        first,
        [
            Check(
                code="ACCOUNT_CREATED",
                field="account_id",
                when=when,
                sentence=f'account "{{value}}" is new and was added as {subtype}{taken}, with no balance.',
                shown="account_id",
                severity=Severity.WARNING,
            )
            for when, taken in ((~unsaid, ""), (unsaid, f" in {currency}, as the file names no currency"))
        ],
    )
    return first.select(
        external_id="account_id",
        name=pl.lit(None, dtype=pl.String),
        type=pl.lit(of),
        subtype=pl.lit(SUBTYPE.get((of or "", squeezed))),
        mask="account_mask",
        balance_cents=pl.lit(None, dtype=pl.Int64),
        available_cents=pl.lit(None, dtype=pl.Int64),
        limit_cents=pl.lit(None, dtype=pl.Int64),
        holder_category=pl.lit(None, dtype=pl.String),
        iso_currency_code=pl.col("iso_currency_code").fill_null(currency),
        created=pl.lit(True),
    ).cast(SCHEMA)
