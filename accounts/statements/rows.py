"""Governs what every row shares, whichever file it came from: its columns, the checks of its cells."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from . import amounts, dates
from .problems import Check, Findings, Severity
from .text import DIRTY, clean

ID_LENGTH = 128
LARGEST_CENTS = 10**12
OLDEST = pl.date(1900, 1, 1)
YES, NO = ("true", "yes", "1"), ("false", "no", "0")


@dataclass(frozen=True)
class Money:
    """How the amounts of one section are written."""

    from_json: bool
    mark: str

    def read(self, cells: pl.Series, places: int = 2) -> pl.DataFrame:
        if cells.null_count() == cells.len():
            return amounts.nothing(cells.len())
        return amounts.read_numbers(cells, places) if self.from_json else amounts.read(cells, self.mark, places)


def complete(frame: pl.DataFrame | None, columns: Iterable[str]) -> pl.DataFrame:
    """The frame with every text column of its kind, cleaned; those it lacks are null."""
    if frame is None:
        frame = pl.DataFrame(schema={"line": pl.Int64})
    missing = [name for name in columns if name not in frame.columns]
    dirty = frame.select(pl.col(pl.String).str.contains(DIRTY).any())
    frame = frame.with_columns(clean(frame[name]) for name in dirty.columns if dirty[name].any())
    return frame.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in missing)


def money_of(
    frame: pl.DataFrame, columns: Iterable[str], *, from_json: bool, mark: str | None, delimiter: str
) -> Money:
    if from_json or mark:
        return Money(from_json, mark or ".")
    return Money(from_json, amounts.decimal_mark([frame[name].rename("cell") for name in columns], delimiter))


def with_units(frame: pl.DataFrame, money: Money, places: dict[str, int]) -> pl.DataFrame:
    """For each column `x` the whole units as `x_units`."""
    return frame.with_columns(
        money.read(frame[name], of)["units"].alias(f"{name}_units") for name, of in places.items()
    )


def with_days(frame: pl.DataFrame, columns: Iterable[str], order: str | None) -> tuple[pl.DataFrame, list[dates.Dates]]:
    """For each column `x` the days as `x_day`."""
    read = {name: dates.read(frame[name], order) for name in columns}
    return frame.with_columns(of.values.alias(f"{name}_day") for name, of in read.items()), list(read.values())


def required(*fields: str) -> list[Check]:
    return [
        Check(
            code="REQUIRED",
            field=field,
            when=pl.col(field).is_null(),
            sentence=f"{field} is missing. Fill it in.",
        )
        for field in fields
    ]


def too_long(limits: dict[str, int]) -> list[Check]:
    return [
        Check(
            code="TEXT_TOO_LONG",
            field=field,
            when=pl.col(field).str.len_chars() > limit,
            sentence=f"{field} is longer than {limit:,} characters. Shorten it.",
            shown=field,
        )
        for field, limit in limits.items()
    ]


def money(field: str, places: int = 2) -> list[Check]:
    units = pl.col(f"{field}_units")
    largest = LARGEST_CENTS if places == 2 else 1000 * 10**places
    return [
        Check(
            code="AMOUNT_INVALID",
            field=field,
            when=pl.col(field).is_not_null() & units.is_null(),
            sentence=f'{field} "{{value}}" is not an amount. Write it like -1234.56.',
            shown=field,
        ),
        Check(
            code="AMOUNT_OUT_OF_RANGE",
            field=field,
            when=units.abs() >= largest,
            sentence=f'{field} "{{value}}" is too large; it must stay below {largest // 10**places:,}.',
            shown=field,
        ),
    ]


def day(field: str) -> list[Check]:
    read = pl.col(f"{field}_day")
    return [
        Check(
            code="DATE_INVALID",
            field=field,
            when=pl.col(field).is_not_null() & read.is_null(),
            sentence=f'{field} "{{value}}" is not a day in the form of its column. Write it like 2025-01-31.',
            shown=field,
        ),
        Check(
            code="DATE_TOO_OLD",
            field=field,
            when=read < OLDEST,
            sentence=f'{field} "{{value}}" lies before 1900-01-01. Correct the year.',
            shown=field,
        ),
    ]


def currency(field: str = "iso_currency_code") -> Check:
    return Check(
        code="CURRENCY",
        field=field,
        when=~pl.col(field).str.contains(r"^[A-Z]{3}$"),
        sentence='currency "{value}" is not an ISO code. Write three capitals such as USD.',
        shown=field,
    )


def one_of(field: str, words: Iterable[str]) -> Check:
    allowed = list(words)
    return Check(
        code="ENUM",
        field=field,
        when=pl.col(field).is_not_null() & ~pl.col(field).str.to_lowercase().is_in(allowed),
        sentence=f'{field} "{{value}}" is not known. Write one of: {", ".join(allowed)}.',
        shown=field,
    )


def once(field: str, what: str) -> Check:
    return Check(
        code="DUPLICATE_ID",
        field=field,
        when=pl.col(field).is_not_null() & ~pl.col(field).is_first_distinct(),
        sentence=f'{what} "{{value}}" stands more than once in the file. Keep one row for it.',
        shown=field,
    )


def known_account(ids: Iterable[str]) -> Check:
    return Check(
        code="UNKNOWN_ACCOUNT",
        field="account_id",
        when=pl.col("account_id").is_not_null() & ~pl.col("account_id").is_in(list(ids)),
        sentence='account "{value}" is not among your accounts. Add it to the file, or correct account_id.',
        shown="account_id",
    )


def large(field: str, units: int, code: str) -> Check:
    return Check(
        code=code,
        field=field,
        when=(pl.col(f"{field}_units").abs() > units * 100) & (pl.col(f"{field}_units").abs() < LARGEST_CENTS),
        sentence=f'{field} "{{value}}" is above {units:,}. Check that it is right.',
        shown=field,
        severity=Severity.WARNING,
    )


def flag(field: str) -> pl.Expr:
    word = pl.col(field).str.to_lowercase()
    return pl.when(word.is_in(list(YES))).then(True).when(word.is_in(list(NO))).then(False)


def sound(frame: pl.DataFrame, refused: set[int]) -> pl.DataFrame:
    return frame.filter(~pl.col("line").is_in(list(refused))) if refused else frame


def ambiguous(findings: Findings, field: str) -> None:
    findings.file(
        "DATE_ORDER_AMBIGUOUS",
        f"The dates in {field} could be day first or month first. Send the option date_order as dmy or mdy.",
        field=field,
    )
