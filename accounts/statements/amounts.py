"""Governs how written amounts become whole units (cents, or ten-thousandths of a rate), exactly."""

import re
from collections.abc import Sequence
from decimal import Decimal

import polars as pl

SPACES = " \t\u00a0\u202f"
GAP = r"[ \u{00A0}\u{202F}]*"
LONGEST_CELL = 64
LONGEST_NUMBER = 32
LARGEST_EXPONENT, SMALLEST_EXPONENT = 9, -20
OUT_OF_RANGE = 10**18

PLAIN = r"^-?[0-9]{1,10}(?:\.[0-9]{1,20})?$"
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE]([+-]?[0-9]+))?")
TAIL = r"(?:[0-9]{1,2}|[0-9]{4,})[^0-9.,]*$"
LEADING_CURRENCY = rf"^([(+\-\u{{2212}}]?{GAP})(?:[A-Z]{{3}}|\p{{Sc}}){GAP}"
TRAILING_CURRENCY = rf"{GAP}(?:[A-Z]{{3}}|\p{{Sc}}){GAP}((?:[)\-\u{{2212}}]|(?i:CR|DR))?)$"


def decimal_mark(columns: Sequence[pl.Series], delimiter: str) -> str:
    """The mark for which the cells speak: both marks in a cell first, then 1, 2 or 4 and more digits after
    one.
    """
    cells = pl.concat(columns).drop_nulls()
    if not cells.str.contains(",", literal=True).any() and not cells.str.contains(r"\..*\.").any():
        return "." if delimiter != ";" or _votes(cells, rf"\.{TAIL}", ",")[0] else ","
    both = _votes(cells, r",.*\.[^,]*$", r"\..*,[^.]*$")
    single = _votes(cells, rf"\.{TAIL}|,[0-9]{{3}},", rf",{TAIL}|\.[0-9]{{3}}\.")
    for point, comma in (both, single):
        if point or comma:
            return "," if comma > point else "."
    return "," if delimiter == ";" else "."


def _votes(cells: pl.Series, point: str, comma: str) -> tuple[int, int]:
    return int(cells.str.contains(point).sum()), int(cells.str.contains(comma).sum())


def nothing(rows: int) -> pl.DataFrame:
    """What `read` says of blank cells."""
    return pl.DataFrame({"units": pl.Series([None] * rows, dtype=pl.Int64), "credited": [False] * rows})


def read(cells: pl.Series, mark: str, places: int = 2) -> pl.DataFrame:
    """`units` (null where unreadable, from OUT_OF_RANGE where too large) and `credited`: a written `+` or
    `CR`.
    """
    if mark == "." and cells.drop_nulls().str.contains(PLAIN).all():
        return pl.DataFrame({"units": _units(cells, places), "credited": [False] * cells.len()})
    other = "," if mark == "." else r"\."
    point = r"\." if mark == "." else ","
    whole = rf"[0-9]+|[0-9]{{1,3}}(?:[{other}'\u{{2019}} \u{{00A0}}\u{{202F}}][0-9]{{3}})+"
    grammar = (
        rf"^(?<open>\()?{GAP}(?<sign>[+\-\u{{2212}}])?{GAP}(?:(?<whole>{whole})(?:{point}(?<part>[0-9]+))?"
        rf"|{point}(?<bare>[0-9]+)){GAP}(?<trail>[)\-\u{{2212}}]|(?i:CR|DR))?$"
    )
    cell = pl.col("cell")
    leading = cell.str.contains(LEADING_CURRENCY)
    frame = (
        cells.str.strip_chars(SPACES)
        .to_frame("cell")
        .with_columns(pl.when(cell.str.len_bytes() <= LONGEST_CELL).then(cell))
        .with_columns(
            pl.when(leading)
            .then(cell.str.replace(LEADING_CURRENCY, "${1}"))
            .otherwise(cell.str.replace(TRAILING_CURRENCY, "${1}"))
        )
        .select(cell.str.extract_groups(grammar).struct.unnest())
    )
    closed = (pl.col("trail") == ")").fill_null(False)
    once = (pl.col("open").is_not_null() == closed) & pl.any_horizontal(pl.col("sign", "trail").is_null())
    trail = pl.col("trail").str.to_uppercase()
    minus = pl.col("sign").is_in(["-", "\u2212"]) | trail.is_in([")", "-", "\u2212", "DR"])
    plus = (pl.col("sign") == "+") | (trail == "CR")
    digits = pl.col("whole").str.replace_all(r"[^0-9]", "").fill_null("0")
    part = pl.coalesce("part", "bare", pl.lit("0"))
    minus_sign = pl.when(minus.fill_null(False)).then(pl.lit("-")).otherwise(pl.lit(""))
    plain = pl.concat_str(minus_sign, digits, pl.lit("."), part)
    written = pl.col("whole").is_not_null() | pl.col("bare").is_not_null()
    frame = frame.select(
        plain=pl.when(written & once).then(plain),
        credited=plus.fill_null(False),
    )
    return pl.DataFrame({"units": _units(frame["plain"], places), "credited": frame["credited"]})


def read_numbers(cells: pl.Series, places: int = 2) -> pl.DataFrame:
    """The same for JSON, whose numbers have one grammar; exponents are unfolded one by one, after a check of
    length.
    """
    written = cells.str.strip_chars(SPACES)
    simple = written.str.contains(r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$") & (written.str.len_bytes() <= LONGEST_NUMBER)
    frame = pl.DataFrame({"cell": written, "simple": simple.fill_null(False)})
    rest = frame.filter(~pl.col("simple") & pl.col("cell").is_not_null())["cell"].unique()
    unfolded = {cell: _unfold(cell) for cell in rest}
    others = pl.col("cell").replace_strict(unfolded, default=None, return_dtype=pl.String)
    plain = pl.when("simple").then("cell").otherwise(others if unfolded else None)
    units = _units(frame.select(plain.alias("plain"))["plain"], places)
    return pl.DataFrame({"units": units, "credited": [False] * cells.len()})


def _unfold(cell: str) -> str | None:
    number = NUMBER.fullmatch(cell) if len(cell) <= LONGEST_NUMBER else None
    if number is None or not SMALLEST_EXPONENT <= int(number[1] or 0) <= LARGEST_EXPONENT:
        return None
    return format(Decimal(cell), "f")


def _units(plain: pl.Series, places: int) -> pl.Series:
    """`-12.345` at two places is -1235: half of a unit and more goes away from zero."""
    # Digits after the sixth cannot change a result that is rounded at the fifth place or before.
    short = plain.str.replace(r"(\.[0-9]{6})[0-9]+$", "${1}")
    fine = short.cast(pl.Decimal(38, 6), strict=False).to_physical().to_frame("fine")
    unit = 10 ** (6 - places)
    size = (pl.col("fine").abs() + unit // 2) // unit
    sized = fine.select((size.clip(upper_bound=OUT_OF_RANGE) * pl.col("fine").sign()).cast(pl.Int64)).to_series()
    too_long = plain.is_not_null() & sized.is_null()
    return sized.set(too_long, OUT_OF_RANGE) if too_long.any() else sized


def written(cents: pl.Expr) -> pl.Expr:
    """Cents as `-12.34`."""
    size = cents.abs()
    sign = pl.when(cents < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return pl.concat_str(sign, size // 100, pl.lit("."), (size % 100).cast(pl.String).str.zfill(2))
