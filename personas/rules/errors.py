"""What is wrong with a document, collected so that everything is told at once."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict


class Error(TypedDict):
    """`path` leads to the place by keys and positions from 0, as in `persona.1.match.all.0.threshold`."""

    path: str
    code: str
    sentence: str


class InvalidDocument(Exception):
    """The document cannot be used; `errors` say all that is wrong with it."""

    def __init__(self, errors: list[Error]) -> None:
        super().__init__(" ".join(error["sentence"] for error in errors))
        self.errors = errors


@dataclass
class Errors:
    """What one reading has found so far."""

    found: list[Error] = field(default_factory=list)

    def add(self, path: str, code: str, sentence: str) -> None:
        self.found.append(Error(path=path, code=code, sentence=sentence))

    def record(self, value: object, path: str, allowed: Iterable[str], what: str) -> dict[str, Any] | None:
        """The value as an object with no other keys than these."""
        known = listed(sorted(allowed))
        if not isinstance(value, Mapping):
            self.add(path, "NOT_AN_OBJECT", f"{what} is an object with {known}.")
            return None
        for key in value:
            if key not in allowed:
                said = f"{what} has no {shown(key)}; it may have {known}."
                self.add(at(path, shown(key).strip('"')), "UNKNOWN_KEY", said)
        return dict(value)


def at(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


def shown(value: object) -> str:
    text = json.dumps(value, default=str, ensure_ascii=True) if value is not None else "nothing"
    return text if len(text) <= 60 else text[:59] + "…"


def listed(words: Iterable[object]) -> str:
    return ", ".join(str(word) for word in words)
