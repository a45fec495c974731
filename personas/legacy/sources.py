"""Where former personas are read from: a table of this database or a dump of one, row by row, whatever its size."""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from django.db import DatabaseError, connection

from accounts.refusals import Refused
from personas.legacy.rows import COLUMNS, number

PIECE = 1 << 16
MOST_OF_A_ROW = 16 << 20  # characters; a dump whose rows never end is none
_TABLE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?")
_BEGINNING = re.compile(r"\s*(?:\{[^\[\]]*\"personas\"\s*:\s*)?\[")  # rows, or what the former export wrote


class Unreadable(Refused):
    status = 400
    code = "SOURCE_UNREADABLE"


class Source(Protocol):
    def count(self) -> int | None: ...

    def rows(self) -> Iterator[Mapping[str, Any]]: ...


def source(named: str) -> Source:
    """`table:NAME`, `FILE.json` or `FILE.csv`."""
    kind, _, table = named.partition(":")
    if kind == "table":
        if not _TABLE.fullmatch(table):
            raise Unreadable(f"{table} is no name of a table.")
        return Table(table)
    path = Path(named)
    readers: dict[str, type[JsonFile] | type[CsvFile]] = {".json": JsonFile, ".csv": CsvFile}
    if path.suffix.lower() not in readers:
        raise Unreadable("Name a table (table:legacy_personas), a .json or a .csv file.")
    if not path.is_file():
        raise Unreadable(f"{named} is not there.")
    return readers[path.suffix.lower()](path)


@dataclass(frozen=True)
class Table:
    """Read through a connection of its own, which only reads, while chunks are written and committed on the other."""

    name: str

    def count(self) -> int:
        with connection.cursor() as cursor:
            try:
                cursor.execute(f"SELECT count(*) FROM {self._quoted}")
            except DatabaseError as failed:
                raise Unreadable(self._told(failed)) from None
            return int(cursor.fetchone()[0])

    def rows(self) -> Iterator[Mapping[str, Any]]:
        reading = connection.copy()
        with closing(reading):
            reading.set_autocommit(False)
            cursor = reading.chunked_cursor()
            try:
                cursor.execute(
                    f"SELECT id::text, raw_text::text, persona::text, created_at, updated_at FROM {self._quoted}"
                    " ORDER BY id"
                )
            except DatabaseError as failed:
                raise Unreadable(self._told(failed)) from None
            while rows := cursor.fetchmany(500):
                yield from (dict(zip(COLUMNS, row, strict=True)) for row in rows)

    @property
    def _quoted(self) -> str:
        return ".".join(map(connection.ops.quote_name, self.name.split(".")))

    def _told(self, failed: DatabaseError) -> str:
        return f"{self.name} cannot be read as a table of former personas: {str(failed).splitlines()[0]}."


@dataclass(frozen=True)
class JsonFile:
    """One array of objects; never more of it in memory than a row."""

    path: Path

    def count(self) -> None:
        return None

    def rows(self) -> Iterator[Mapping[str, Any]]:
        decoder = json.JSONDecoder(parse_float=number)
        with self.path.open(encoding="utf-8-sig") as file:
            text = self._more(file, "")
            while not (beginning := _BEGINNING.match(text)):
                text = self._longer(file, text, "an array of rows")
            text = text[beginning.end() :].lstrip()
            while not text.startswith("]"):
                try:
                    row, end = decoder.raw_decode(text)
                except (ValueError, RecursionError):
                    text = self._longer(file, text, "a whole row").lstrip()
                    continue
                yield row if isinstance(row, dict) else {"row": row}
                text = text[end:].lstrip()
                while len(text) < 2 and (more := self._more(file, "")):
                    text = (text + more).lstrip()
                if not text.startswith((",", "]")):
                    raise Unreadable(f"{self.path.name} is no JSON array of rows.")
                text = text.removeprefix(",").lstrip()
                while not text and (more := self._more(file, "")):
                    text = more.lstrip()

    def _more(self, file: Any, text: str) -> str:
        try:
            return text + file.read(PIECE)
        except UnicodeDecodeError:
            raise Unreadable(f"{self.path.name} is not written in UTF-8.") from None

    def _longer(self, file: Any, text: str, what: str) -> str:
        """As much again, so that a long row is not read in many small tries."""
        longer = text
        while len(longer) < 2 * len(text) + PIECE:
            if (more := self._more(file, longer)) == longer:
                break
            longer = more
        if longer == text or len(longer) > MOST_OF_A_ROW:
            raise Unreadable(f"{self.path.name} ends, or goes on for too long, without {what}.")
        return longer


@dataclass(frozen=True)
class CsvFile:
    """With a header that names the columns; a cell left empty is a value that is not there."""

    path: Path

    def count(self) -> None:
        return None

    def rows(self) -> Iterator[Mapping[str, Any]]:
        csv.field_size_limit(MOST_OF_A_ROW)
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file)
            try:
                missing = set(COLUMNS) - set(lines.fieldnames or ())
                if missing:
                    raise Unreadable(f"{self.path.name} has no column {', '.join(sorted(missing))}.")
                for line in lines:
                    yield {str(name): cell or None for name, cell in line.items()}
            except (csv.Error, UnicodeDecodeError) as failed:
                kind = "not written in UTF-8" if isinstance(failed, UnicodeDecodeError) else "no CSV"
                raise Unreadable(f"{self.path.name} is {kind} after line {lines.line_num}.") from None


def chunks(rows: Iterator[Mapping[str, Any]], size: int) -> Iterator[list[Mapping[str, Any]]]:
    while chunk := list(islice(rows, size)):
        yield chunk
