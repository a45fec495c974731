"""Governs how the text of a CSV file becomes string columns, section by section."""

from collections import Counter
from collections.abc import Iterator

import polars as pl

from . import bank
from .headers import REQUIRED, Header, Layout, recognise
from .locating import COLUMNS, HEADER_LINES, LINE_LENGTH, Found, find
from .problems import Findings, Kind, Severity, shown, without_numbers
from .raw import Raw
from .records import cells_of, records
from .tables import table

LINES = 1_000_000
SECTIONS = 100
# Every header that may begin a later section has this column; hardly any other line does.
ACCOUNT = "(?:liability_)?account_id"
KIND = {
    Layout.ACCOUNTS: Kind.ACCOUNT,
    Layout.LIABILITIES: Kind.LIABILITY,
    Layout.TRANSACTIONS: Kind.TRANSACTION,
    Layout.BANK: Kind.TRANSACTION,
}


def read(text: str, account_key: bytes, findings: Findings) -> Raw | None:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.count("\n") > LINES:
        findings.file("TOO_MANY_ROWS", f"The file has more than {LINES:,} lines. Split it into smaller files.")
        return None
    quoted = '"' in text
    lines = pl.Series("record", text.split("\n"), dtype=pl.String)
    del text
    found = find(lines.head(HEADER_LINES).to_list(), findings)
    if found is None:
        return None
    rows, opened = records(_without_endless(lines, findings), found.delimiter)
    for line in opened:
        findings.file(
            "QUOTE_UNTERMINATED",
            f'Line {line}: a quote (") opens here and does not close. Close it, or double it in a text.',
            line=line,
        )
    frames: dict[Kind, list[pl.DataFrame]] = {}
    unreadable: Counter[Kind] = Counter()
    layouts: Counter[str] = Counter()
    for line, header, body in _split(rows, found, findings):
        layouts[header.layout.value] += 1
        _judge_header(header, line, findings)
        kind = KIND[header.layout]
        columns, misfits = table(body, header, found.delimiter, kind, findings, quoted=quoted)
        unreadable[kind] += misfits
        _warn_ignored(header, line, columns, findings)
        frames.setdefault(kind, []).append(_named(columns, header, account_key, line, findings))
    detected: dict[str, object] = {
        "layout": "+".join(layouts),
        "sections": dict(layouts),
        "delimiter": found.delimiter,
        "preamble_lines": len(found.preamble),
        "preamble": [without_numbers(line, " -.") for line in found.preamble],
    }
    return Raw(
        frames={kind: pl.concat(parts, how="diagonal") for kind, parts in frames.items()},
        detected=detected,
        from_json=False,
        delimiter=found.delimiter,
        accounts_stated=Layout.ACCOUNTS.value in layouts,
        currency=found.header.currency,
        unreadable=unreadable,
    )


def _without_endless(lines: pl.Series, findings: Findings) -> pl.Series:
    """A line that no bank writes is refused before any pattern has to walk it."""
    endless = lines.str.len_bytes() > LINE_LENGTH
    for place in endless.arg_true():
        findings.file(
            "TEXT_TOO_LONG",
            f"Line {place + 1}: the line is longer than {LINE_LENGTH:,} characters. Is a line end missing?",
            line=place + 1,
        )
    return lines.set(endless, "") if endless.any() else lines


def _split(rows: pl.DataFrame, found: Found, findings: Findings) -> Iterator[tuple[int, Header, pl.DataFrame]]:
    """Each section: the line of its header, the header, the records below it."""
    rows = rows.filter(pl.col("line") >= found.line)
    first = rows["record"][0]
    again = (pl.col("record") == first) | pl.col("record").str.contains(_cell(found.delimiter, ACCOUNT))
    likely = rows.with_row_index("place").filter(again)
    holds = [
        pl.all_horizontal(pl.col("record").str.contains(_cell(found.delimiter, name)) for name in sorted(required))
        for layout in (Layout.ACCOUNTS, Layout.LIABILITIES, Layout.TRANSACTIONS)
        for required in REQUIRED[layout]
    ]
    likely = likely.filter((pl.col("record") == first) | pl.any_horizontal(holds))
    starts: list[tuple[int, int, Header]] = []
    for place, line, record in likely.iter_rows():
        narrow = record.count(found.delimiter) < COLUMNS
        header = found.header if record == first else None
        if header is None and narrow:
            header = recognise(cells_of(record, found.delimiter))
        if header:
            starts.append((place, line, header))
        if len(starts) > SECTIONS:
            sentence = f"Line {line}: the file has more than {SECTIONS} headers. Split it into smaller files."
            findings.file("HEADER_DUPLICATE", sentence, line=line)
            break
    ends = [place for place, _, _ in starts[1:]] + [rows.height]
    for (place, line, header), end in zip(starts[:SECTIONS], ends, strict=False):
        yield line, header, rows.slice(place + 1, end - place - 1)


def _cell(delimiter: str, name: str) -> str:
    """A pattern for a record with a header cell of this folded name; `ACCOUNT` for any account id."""
    return rf'(?i)(?:^|{delimiter})[\s"]*{name.replace("_", "[ _-]")}[\s"]*(?:{delimiter}|$)'


def _judge_header(header: Header, line: int, findings: Findings) -> None:
    for name in header.repeated:
        findings.file(
            "HEADER_DUPLICATE",
            f'Line {line}: two columns are called "{shown(name)}". Rename or remove one.',
            field=shown(name),
            line=line,
        )


def _warn_ignored(header: Header, line: int, columns: pl.DataFrame, findings: Findings) -> None:
    for n, (name, ours) in enumerate(zip(header.written, header.columns, strict=True)):
        if ours is None and (name.strip() or columns[f"c{n}"].str.strip_chars().fill_null("").ne("").any()):
            label = f'"{shown(name.strip())}"' if name.strip() else f"{n + 1}, which has no name,"
            findings.file(
                "COLUMN_IGNORED",
                f"Line {line}: the column {label} is not used.",
                field=shown(name.strip()),
                line=line,
                severity=Severity.WARNING,
            )


def _named(columns: pl.DataFrame, header: Header, account_key: bytes, line: int, findings: Findings) -> pl.DataFrame:
    frame = columns.select("line", **{ours: f"c{n}" for n, ours in enumerate(header.columns) if ours})
    if header.layout is not Layout.BANK:
        return frame
    if "direction" in frame.columns:
        read = bank.directions(frame["direction"])
        name = header.written[header.columns.index("direction")].strip()
        if read is None:
            frame = frame.drop("direction")
            findings.file(
                "COLUMN_IGNORED",
                f'Line {line}: the column "{shown(name)}" does not say debit or credit and is not used.',
                field=shown(name),
                line=line,
                severity=Severity.WARNING,
            )
        else:
            frame = frame.with_columns(direction_written="direction", direction=read, directed=pl.lit("yes"))
    cleared = any(name.strip().lower() == "cleared" for name in header.written)
    return bank.translated(frame, cleared=cleared, account_key=account_key)
