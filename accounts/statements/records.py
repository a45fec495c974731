"""Governs where a CSV record begins and ends: one record per row of a frame, each a single line."""

import polars as pl


def records(lines: pl.Series, delimiter: str) -> tuple[pl.DataFrame, list[int]]:
    """`line` (where the record begins) and `record`; and the lines left out, whose quote never closes."""
    numbers = pl.int_range(1, lines.len() + 1, eager=True, dtype=pl.Int64)
    frame = pl.DataFrame({"line": numbers, "record": lines})
    cell = rf'(?:[^"{delimiter}]*|"(?:[^"]|"")*")'
    broken = lines.str.contains('"', literal=True)
    if broken.any():
        broken = ~lines.str.contains(rf"^{cell}(?:{delimiter}{cell})*$")
    return _mended(frame, broken.arg_true().to_list(), delimiter) if broken.any() else (frame, [])


def _mended(frame: pl.DataFrame, broken: list[int], delimiter: str) -> tuple[pl.DataFrame, list[int]]:
    """Records that span lines or hold stray quotes are read quote by quote and written anew in one line."""
    lines = frame["record"].to_list()
    kept = [True] * len(lines)
    free = 0
    opened: list[int] = []
    for start in broken:
        if start < free:
            continue
        spanning = _spanning(lines, start, delimiter)
        if spanning is None:
            kept[start] = False
            opened.append(start + 1)
            continue
        cells, end = spanning
        free = end + 1
        kept[start + 1 : free] = [False] * (end - start)
        lines[start] = delimiter.join('"' + cell.replace('"', '""') + '"' for cell in cells)
    return frame.with_columns(record=pl.Series(lines, dtype=pl.String)).filter(pl.Series(kept)), opened


def _spanning(lines: list[str], start: int, delimiter: str) -> tuple[list[str], int] | None:
    """The cells of the record that begins at `start`, and its last line; None when a quote stays open.

    A quote that closes on a later line in the midst of a text was not meant to: it would swallow rows.
    """
    cells: list[str] = []
    row, place, line = start, 0, lines[start]
    while True:
        pieces: list[str] = []
        opened = row
        if line.startswith('"', place):
            place += 1
            while True:
                close = line.find('"', place)
                if close < 0:
                    pieces += [line[place:], " "]
                    row += 1
                    if row == len(lines):
                        return None
                    line, place = lines[row], 0
                elif line.startswith('"', close + 1):
                    pieces.append(line[place : close + 1])
                    place = close + 2
                else:
                    pieces.append(line[place:close])
                    place = close + 1
                    break
        stop = line.find(delimiter, place)
        rest = line[place:] if stop < 0 else line[place:stop]
        if row > opened and rest.strip():
            return None
        cells.append("".join([*pieces, rest]))
        if stop < 0:
            return cells, row
        place = stop + len(delimiter)


def cells_of(record: str, delimiter: str) -> list[str]:
    """The cells of one well-formed record."""
    if '"' not in record:
        return record.split(delimiter)
    spanning = _spanning([record], 0, delimiter)
    return spanning[0] if spanning else []


def widths(record: pl.Series, delimiter: str, *, quoted: bool) -> pl.Series:
    """How many cells each record has."""
    bare = record.str.replace_all(r'"[^"]*"', "") if quoted else record
    return bare.str.count_matches(delimiter, literal=True).cast(pl.Int64) + 1
