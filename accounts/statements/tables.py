"""Governs which lines below a header are its rows: blank lines, footers, and rows of another length."""

import polars as pl

from .headers import Header
from .problems import Check, Findings, Kind, Severity
from .records import cells_of, widths

FOOTERS = 5


def table(
    body: pl.DataFrame, header: Header, delimiter: str, kind: Kind, findings: Findings, *, quoted: bool
) -> tuple[pl.DataFrame, int]:
    """The section as columns c0, c1, … and the number of rows that do not fit its header."""
    body = _without_blanks(body, delimiter, kind, findings)
    body = _without_footers(body, header, delimiter, findings)
    cells = len(header.columns)
    body = body.with_columns(cells=widths(body["record"], delimiter, quoted=quoted))
    if body.height and not (body["cells"] == cells).all():
        body = _fitted(body, header.named, cells, delimiter, quoted)
    fits = body["cells"] == cells
    sentence = (
        f'the row has {{value}} cells and its header {cells}. Look for a missing or an extra "{delimiter}"; '
        "a text that holds one belongs in quotes."
    )
    misfits = body.filter(~fits).select("line", cells=pl.col("cells").cast(pl.String))
    length = Check(code="ROW_LENGTH", field="row", when=pl.lit(True), sentence=sentence, shown="cells")
    findings.judge(kind, misfits, [length])
    body = body.filter(fits)
    names = {f"c{n}": pl.String for n in range(cells)}
    if body.height == 0:
        return pl.DataFrame(schema={**names, "line": pl.Int64}), misfits.height
    columns = pl.read_csv(
        body["record"].str.join("\n").item().encode(),
        has_header=False,
        schema=names,
        separator=delimiter,
        quote_char='"' if quoted else None,
    )
    return columns.with_columns(line=body["line"]), misfits.height


def _without_blanks(body: pl.DataFrame, delimiter: str, kind: Kind, findings: Findings) -> pl.DataFrame:
    """Blank lines are skipped; those below the last row are part of how files end and not worth a word."""
    blank = body["record"].str.strip_chars(f' \t\u00a0"{delimiter}') == ""
    if not blank.any():
        return body
    kept = body.filter(~blank)
    inner = body.filter(blank & (body["line"] < kept["line"].max())) if kept.height else kept
    skipped = Check(
        code="ROW_BLANK",
        field="row",
        when=pl.lit(True),
        sentence="the line is blank and was skipped.",
        severity=Severity.WARNING,
    )
    findings.judge(kind, inner, [skipped])
    return kept


def _fitted(body: pl.DataFrame, least: int, cells: int, delimiter: str, quoted: bool) -> pl.DataFrame:
    """Empty cells at the end may be too many, or missing under empty header cells."""
    trimmed = body["record"].str.replace(rf"(?:{delimiter} *)+$", "")
    width = widths(trimmed, delimiter, quoted=quoted)
    elastic = (width <= cells) & ((body["cells"] > cells) | (body["cells"] >= least))
    filled = pl.col("trimmed") + pl.lit(delimiter).repeat_by((cells - pl.col("width")).clip(lower_bound=0)).list.join(
        ""
    )
    frame = body.with_columns(trimmed=trimmed, width=width, elastic=elastic)
    return frame.select(
        "line",
        record=pl.when("elastic").then(filled).otherwise("record"),
        cells=pl.when("elastic").then(pl.lit(cells, dtype=pl.Int64)).otherwise("cells"),
    )


def _without_footers(body: pl.DataFrame, header: Header, delimiter: str, findings: Findings) -> pl.DataFrame:
    if "date" not in header.columns:
        return body
    date = header.columns.index("date")
    count = 0
    for _, record in body.tail(FOOTERS).reverse().iter_rows():
        cells = cells_of(record, delimiter)
        cell = cells[date] if date < len(cells) else ""
        if any(char.isdigit() for char in cell) or cell.strip().lower() == "pending":
            break
        count += 1
    if count == body.height:
        return body
    for line, record in body.tail(count).iter_rows():
        findings.file(
            "FOOTER_SKIPPED",
            f"Line {line}: the line has no date and stands at the end; it was skipped as a total or a note.",
            value=record,
            line=line,
            severity=Severity.WARNING,
        )
    return body.head(body.height - count)
