"""Governs how a column of written dates is read: one format per column, day or month first decided by
evidence.
"""

from dataclasses import dataclass

import polars as pl

CLOCK = (
    r"(?:[T ]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?"
    r"(?: ?[AaPp][Mm])?(?: ?(?:Z|[+-][0-9]{2}:?[0-9]{2}))?)?$"
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NAMED = (
    r"(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
LONGEST = 40


@dataclass(frozen=True)
class Format:
    name: str
    pattern: str
    order: str | None = None


@dataclass(frozen=True)
class Dates:
    """`values` is null where a cell is blank or unreadable; `ambiguous`: day and month could be either."""

    values: pl.Series
    format: str | None
    order: str | None
    ambiguous: bool = False


def _formats() -> tuple[Format, ...]:
    year, short, part = "(?<y>[0-9]{4})", "(?<y>[0-9]{2})", "[0-9]{1,2}"
    first = [
        Format(f"YYYY{sep}MM{sep}DD", f"^{year}[{sep}](?<m>[0-9]{{2}})[{sep}](?<d>[0-9]{{2}}){CLOCK}") for sep in "-/."
    ]
    compact = Format("YYYYMMDD", rf"^{year}(?<m>[0-9]{{2}})(?<d>[0-9]{{2}})$")
    numeric = [
        Format(f"{a * 2}{sep}{b * 2}{sep}{'YYYY' if y is year else 'YY'}",
               f"^(?<{a.lower()}>{part})[{sep}](?<{b.lower()}>{part})[{sep}]{y}{CLOCK}", order)
        for y in (year, short)
        for sep in "/-."
        for a, b, order in (("D", "M", "dmy"), ("M", "D", "mdy"))
    ]  # fmt: skip
    named = [
        Format("DD Mon YYYY", f"^(?<d>{part}) (?<m>{NAMED}) {year}{CLOCK}"),
        Format("DD-Mon-YYYY", f"^(?<d>{part})-(?<m>{NAMED})-{year}{CLOCK}"),
        Format("DD Mon YY", f"^(?<d>{part})[ -](?<m>{NAMED})[ -]{short}{CLOCK}"),
        Format("Mon DD, YYYY", f"^(?<m>{NAMED}) (?<d>{part}),? {year}{CLOCK}"),
    ]
    return (*first, compact, *numeric, *named)


FORMATS = _formats()


def read(cells: pl.Series, order: str | None) -> Dates:
    written = cells.str.strip_chars(" \t\u00a0")
    distinct = written.to_frame("cell").drop_nulls().group_by("cell", maintain_order=True).len("rows")
    distinct = distinct.filter(pl.col("cell").str.len_bytes() <= LONGEST)
    best, most, readings = None, 0, pl.Series(dtype=pl.Date)
    for form in FORMATS:
        if form.order and order and form.order != order:
            continue
        reading = _read_as(form, distinct["cell"])
        count = int(distinct["rows"].filter(reading.is_not_null()).sum())
        if count > most:
            best, most, readings = form, count, reading
        if count == distinct["rows"].sum():
            break
    if best is None:
        return Dates(pl.Series("date", [None] * cells.len(), dtype=pl.Date), None, None)
    chosen = _column(written, distinct["cell"], readings)
    if best.order == "dmy" and not order and "." not in best.name:
        twin = FORMATS[FORMATS.index(best) + 1]
        swapped = _read_as(twin, distinct["cell"])
        count = int(distinct["rows"].filter(swapped.is_not_null()).sum())
        other = _column(written, distinct["cell"], swapped)
        if count > most:
            return Dates(other, twin.name, twin.order)
        if count == most and not chosen.equals(other, null_equal=True):
            day_first, month_first = _ordered(chosen), _ordered(other)
            if month_first and not day_first:
                return Dates(other, twin.name, twin.order)
            return Dates(chosen, best.name, best.order, ambiguous=day_first == month_first)
    return Dates(chosen, best.name, best.order)


def _column(written: pl.Series, distinct: pl.Series, readings: pl.Series) -> pl.Series:
    known = pl.DataFrame({"cell": distinct, "date": readings})
    return written.to_frame("cell").join(known, on="cell", how="left", maintain_order="left")["date"]


def _read_as(form: Format, cells: pl.Series) -> pl.Series:
    parts = cells.str.extract_groups(form.pattern).struct
    year, month, day = parts.field("y"), parts.field("m"), parts.field("d")
    frame = pl.DataFrame({"y": year, "m": month, "d": day})
    y, m = pl.col("y"), pl.col("m")
    if NAMED in form.pattern:
        number = {name: f"{n:02}" for n, name in enumerate(MONTHS, 1)}
        m = m.str.to_lowercase().str.slice(0, 3).replace_strict(number, default=None, return_dtype=pl.String)
    if form.name.endswith("YY") and not form.name.endswith("YYYY"):
        y = pl.when(y <= "69").then(pl.lit("20") + y).otherwise(pl.lit("19") + y)
    iso = pl.concat_str(y, m.str.zfill(2), pl.col("d").str.zfill(2), separator="-")
    return frame.select(iso.str.to_date("%Y-%m-%d", strict=False)).to_series()


def _ordered(dates: pl.Series) -> bool:
    known = dates.drop_nulls()
    return known.is_sorted() or known.is_sorted(descending=True)
