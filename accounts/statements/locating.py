"""Governs where the header of a CSV file stands, and the delimiter under which it is one."""

from dataclasses import dataclass

import polars as pl

from .headers import Header, nearly, recognise
from .problems import Findings, shown
from .records import cells_of, records

DELIMITERS = (",", ";", "\t")
HEADER_LINES = 20
COLUMNS = 200
LINE_LENGTH = 300_000


@dataclass(frozen=True)
class Found:
    header: Header
    delimiter: str
    line: int
    preamble: tuple[str, ...]


def find(head: list[str], findings: Findings) -> Found | None:
    wide = any(line.count(delimiter) >= COLUMNS for line in head for delimiter in DELIMITERS)
    head = ["" if len(line) > LINE_LENGTH else line for line in head]
    delimiters: tuple[str, ...] = DELIMITERS
    if head[0].lower().startswith("sep="):
        told = head[0][4:].strip(" ")
        delimiters = (told,) if told in DELIMITERS else DELIMITERS
        head[0] = ""
    best: Found | None = None
    near: tuple[int, list[str], int] = (0, [], 0)
    for delimiter in delimiters:
        above: list[str] = []
        for line, record in records(pl.Series(head, dtype=pl.String), delimiter)[0].iter_rows():
            cells = cells_of(record, delimiter) if record.count(delimiter) < COLUMNS else []
            header = recognise(cells)
            if header:
                if best is None or len(header.columns) > len(best.header.columns):
                    best = Found(header, delimiter, line, tuple(above))
                break
            if len(cells) > 1:
                near = max(near, (*nearly(cells), line), key=lambda seen: seen[0])
            if record.strip():
                above.append(shown(record) or "")
    if best is None:
        _no_header(head, near, wide, findings)
    return best


def _no_header(head: list[str], near: tuple[int, list[str], int], wide: bool, findings: Findings) -> None:
    known, missing, line = near
    if wide:
        findings.file(
            "TOO_MANY_COLUMNS",
            f"A line has more than {COLUMNS} columns. Keep the columns of a bank statement.",
        )
    elif known:
        findings.file(
            "COLUMN_MISSING",
            f"Line {line} looks like the header, but lacks: {', '.join(missing)}. "
            "Add the column, or check how its name is spelled.",
            field=missing[0],
            line=line,
        )
    elif opened := records(pl.Series(head, dtype=pl.String), DELIMITERS[0])[1]:
        findings.file(
            "QUOTE_UNTERMINATED",
            f'Line {opened[0]}: a quote (") opens here and does not close. Close it, or double it in a text.',
            line=opened[0],
        )
    else:
        findings.file(
            "HEADER_NOT_FOUND",
            f"None of the first {HEADER_LINES} lines names the columns. "
            "Add a line such as: date,description,amount. Files without a header are not guessed.",
        )
