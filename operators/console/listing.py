"""A list as all pages show it: what its address asks for, and the addresses of the rest of it.

A filter, a search, a sort, a page and its size live in the address and nowhere else. An address that asks for what
there is not is read as if it had not asked.
"""

from dataclasses import dataclass, field
from datetime import date
from math import ceil
from urllib.parse import urlencode

from django.http import QueryDict

SIZES = (50, 25, 100)
LONGEST_SEARCH = 200
FURTHEST = 1_000_000  # rows; beyond that one searches


@dataclass(frozen=True)
class Filter:
    """`choices` are (value, label); without any it is a day. Nothing chosen means all."""

    name: str
    label: str
    choices: tuple[tuple[str, str], ...] = ()
    default: str = ""
    several: bool = False
    everything: str = "All"
    further: bool = False  # folded away until it is asked for

    def read(self, query: QueryDict) -> tuple[str, ...]:
        sent = query.getlist(self.name) if self.name in query else [self.default]
        known = [value for value in sent if self._knows(value)]
        return tuple(dict.fromkeys(known)) if self.several else tuple(known[-1:])

    def _knows(self, value: str) -> bool:
        if not value:
            return False
        if self.choices:
            return value in dict(self.choices)
        try:
            return bool(date.fromisoformat(value))
        except ValueError:
            return False


@dataclass(frozen=True)
class Column:
    """A heading; with `sort` it is a link that sorts by that word."""

    label: str
    sort: str = ""
    number: bool = False


@dataclass(frozen=True)
class Listing:
    """The fixed part of one list. `sort` is the word to begin with, a minus before it for downwards."""

    columns: tuple[Column, ...]
    sort: str
    filters: tuple[Filter, ...] = ()
    search: str = ""  # what the search looks into, in words


@dataclass(frozen=True)
class Asked:
    """What the address asks for. `chosen` has the values of every filter, none if all are wanted."""

    listing: Listing
    chosen: dict[str, tuple[str, ...]]
    q: str
    sort: str
    descending: bool
    page: int
    size: int

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.size

    def one(self, name: str) -> str:
        """The value of a filter that takes one, or the empty word."""
        return next(iter(self.chosen[name]), "")

    def day(self, name: str) -> date | None:
        value = self.one(name)
        return date.fromisoformat(value) if value else None

    @property
    def narrowed(self) -> bool:
        """Whether something else is asked for than what the list begins with."""
        begins = {each.name: (each.default,) if each.default else () for each in self.listing.filters}
        return bool(self.q) or self.chosen != begins

    def address(self, **changed: object) -> str:
        """The same list with something else; a change of anything but the page begins at the first page again."""
        words: list[tuple[str, str]] = []
        for each in self.listing.filters:
            values = self.chosen[each.name]
            if values != ((each.default,) if each.default else ()):
                words += [(each.name, value) for value in values or ("",)]
        plain = {"q": self.q, "sort": ("-" if self.descending else "") + self.sort, "size": str(self.size)}
        plain["page"] = str(self.page) if not set(changed) - {"page"} else "1"
        plain |= {name: str(value) for name, value in changed.items()}
        begins = {"q": "", "sort": self.listing.sort, "size": str(SIZES[0]), "page": "1"}
        words += [(name, value) for name, value in plain.items() if value != begins.get(name)]
        return f"?{urlencode(words)}" if words else "?"


def asked(query: QueryDict, listing: Listing) -> Asked:
    sorts = {column.sort for column in listing.columns if column.sort}
    sort = query.get("sort", listing.sort)
    if sort.removeprefix("-") not in sorts:
        sort = listing.sort
    size = _number(query.get("size"), SIZES[0])
    size = size if size in SIZES else SIZES[0]
    return Asked(
        listing,
        {each.name: each.read(query) for each in listing.filters},
        query.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH] if listing.search else "",
        sort.removeprefix("-"),
        sort.startswith("-"),
        min(max(_number(query.get("page"), 1), 1), FURTHEST // size),
        size,
    )


@dataclass(frozen=True)
class Head:
    label: str
    number: bool
    address: str = ""
    sorted: str = ""  # ascending, descending, or not


@dataclass(frozen=True)
class Shown:
    """One page of a list, with everything that its template asks."""

    asked: Asked
    rows: list[object]
    total: int
    things: str = field(default="rows")  # what they are called, in the plural

    @property
    def pages(self) -> int:
        return max(1, ceil(self.total / self.asked.size))

    @property
    def first(self) -> int:
        return self.asked.offset + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return self.asked.offset + len(self.rows)

    @property
    def before(self) -> str:
        return self.asked.address(page=min(self.asked.page - 1, self.pages)) if self.asked.page > 1 else ""

    @property
    def after(self) -> str:
        return self.asked.address(page=self.asked.page + 1) if self.last < self.total and self.rows else ""

    @property
    def sizes(self) -> list[tuple[int, str]]:
        return [(size, "" if size == self.asked.size else self.asked.address(size=size)) for size in sorted(SIZES)]

    @property
    def heads(self) -> list[Head]:
        return [self._head(column) for column in self.asked.listing.columns]

    @property
    def fields(self) -> list[tuple[Filter, list[tuple[str, str, bool]], str]]:
        """Each filter with its choices and which of them hold; for a day, the day."""
        return [
            (
                each,
                [(value, label, value in self.asked.chosen[each.name]) for value, label in each.choices],
                self.asked.one(each.name),
            )
            for each in self.asked.listing.filters
        ]

    @property
    def further(self) -> bool:
        """Whether one of the filters that are folded away holds."""
        return any(each.further and self.asked.chosen[each.name] for each in self.asked.listing.filters)

    def _head(self, column: Column) -> Head:
        if not column.sort:
            return Head(column.label, column.number)
        holds = column.sort == self.asked.sort
        turned = f"-{column.sort}" if holds and not self.asked.descending else column.sort
        how = ("descending" if self.asked.descending else "ascending") if holds else ""
        return Head(column.label, column.number, self.asked.address(sort=turned), how)


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else otherwise
