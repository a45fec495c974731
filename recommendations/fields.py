"""How a JSON object or a query is read field by field, and everything that is wrong with it told at once."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

Kind = Callable[[Any], Any]
LONE = re.compile("[\ud800-\udfff]")
TAGS, TAG = 20, 50


@dataclass(frozen=True)
class Flaw:
    field: str
    code: str
    message: str


class Wrong(Exception):
    """One value is not of its kind."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Flawed(Exception):
    """The input cannot be used; `flaws` say why."""

    def __init__(self, flaws: Collection[Flaw]) -> None:
        super().__init__(f"{len(flaws)} flaws")
        self.flaws = tuple(flaws)


@dataclass
class Fields:
    """The fields of one object. What is absent, or null where nothing is said of null, counts as not given."""

    given: Mapping[str, Any]
    path: str = ""
    flaws: list[Flaw] = field(default_factory=list)

    def take(self, name: str, kind: Kind, *, required: bool = False) -> Any:
        value = self.given.get(name)
        if value is None:
            if required:
                self.flaw(name, "REQUIRED", "This is needed.")
            return None
        try:
            return kind(value)
        except Wrong as wrong:
            self.flaw(name, wrong.code, wrong.message)
            return None

    def only(self, known: Collection[str]) -> None:
        for name in self.given:
            if name not in known:
                self.flaw(name, "UNKNOWN_FIELD", "There is no such field.")

    def flaw(self, name: str, code: str, message: str) -> None:
        self.flaws.append(Flaw(under(self.path, name), code, message))

    def sound(self) -> None:
        if self.flaws:
            raise Flawed(self.flaws)


def under(path: str, name: object) -> str:
    """The path of a field inside another; a name from outside is cut, and said in characters that can be sent."""
    return LONE.sub("\ufffd", f"{path}.{str(name)[:100]}".removeprefix("."))


def fields_of(body: Any, path: str = "") -> Fields:
    if not isinstance(body, Mapping):
        raise Flawed([Flaw(path or "body", "WRONG_TYPE", "Send a JSON object.")])
    return Fields(body, path)


def text(longest: int, *, shortest: int = 1) -> Kind:
    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise Wrong("WRONG_TYPE", "This is a text.")
        if "\x00" in value or LONE.search(value):
            raise Wrong("NOT_TEXT", "A text holds neither NUL nor half a character.")
        if len(value.strip()) < shortest:
            raise Wrong("TOO_SHORT", "This is empty.")
        if len(value) > longest:
            raise Wrong("TOO_LONG", f"At most {longest:,} characters.")
        return value

    return read


def choice(*words: str) -> Kind:
    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise Wrong("UNKNOWN_CHOICE", f"Use {', '.join(words[:-1])} or {words[-1]}.")
        return value

    return read


def uuid(value: Any) -> UUID:
    try:
        return UUID(value) if isinstance(value, str) and len(value) == 36 else _no_uuid()
    except ValueError:
        return _no_uuid()


def _no_uuid() -> UUID:
    raise Wrong("NOT_A_UUID", "This is a UUID, with hyphens.")


def share(value: Any) -> Decimal:
    """A number from 0 to 1, to the thousandth."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Wrong("WRONG_TYPE", "This is a number.")
    if not 0 <= value <= 1:
        raise Wrong("OUT_OF_RANGE", "From 0 to 1.")
    exact = Decimal(str(value))
    if exact != round(exact, 3):
        raise Wrong("TOO_PRECISE", "At most three decimals.")
    return round(exact, 3)


def number(lowest: int, highest: int) -> Kind:
    """A whole number as a query says it."""

    def read(value: str) -> int:
        if not (value.isascii() and value.removeprefix("-").isdigit()) or len(value) > 19:
            raise Wrong("WRONG_TYPE", "This is a whole number.")
        if int(value) < lowest:
            raise Wrong("TOO_SMALL", f"At least {lowest:,}.")
        if int(value) > highest:
            raise Wrong("TOO_LARGE", f"At most {highest:,}.")
        return int(value)

    return read


def day(value: str) -> date:
    try:
        return date.fromisoformat(value) if len(value) == 10 else _no_day()
    except ValueError:
        return _no_day()


def _no_day() -> date:
    raise Wrong("NOT_A_DATE", "A date is YYYY-MM-DD.")


def tags(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise Wrong("WRONG_TYPE", "This is a list of texts.")
    if len(value) > TAGS:
        raise Wrong("TOO_MANY", f"At most {TAGS} tags.")
    read = text(TAG)
    found = [read(tag) for tag in value]
    if any(tag != tag.lower() for tag in found):
        raise Wrong("NOT_LOWER_CASE", "Tags are in lower case.")
    if len(set(found)) < len(found):
        raise Wrong("REPEATED", "A tag stands once.")
    return found
