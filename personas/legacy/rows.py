"""One former persona as its source gives it, and whether it can be brought over."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts.fingerprints import canonical
from accounts.words import Word
from personas.portraits import cleaned, sha256

COLUMNS = ("id", "raw_text", "persona", "created_at", "updated_at")
LONGEST, LONGEST_ID = 100_000, 80
BEGINNING = 100  # in which most texts say something


class Reason(Word):
    """Why a row is kept aside."""

    MALFORMED_ID = "malformed_id"
    ID_IN_USE = "id_in_use"
    MISSING_TEXT = "missing_text"
    TEXT_TOO_LONG = "text_too_long"
    TEXT_NOT_STORABLE = "text_not_storable"
    MISSING_PERSONA = "missing_persona"
    INVALID_JSON = "invalid_json"
    PERSONA_NOT_AN_OBJECT = "persona_not_an_object"
    MALFORMED_TIME = "malformed_time"


@dataclass(frozen=True)
class Sound:
    """A row that can be brought over."""

    id: UUID
    text: str
    persona: str  # canonical JSON
    created_at: datetime
    updated_at: datetime
    text_hash: str
    persona_hash: str

    @property
    def hashes(self) -> tuple[str, str]:
        return self.text_hash, self.persona_hash


@dataclass(frozen=True)
class Row:
    """What was read, in which place, and what it is: sound, or why not."""

    key: str
    given: Mapping[str, Any]
    found: Sound | Reason


class Unsound(Exception):
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def judged(given: Mapping[str, Any], place: int) -> Row:
    """A row without an id of its own is known by its place."""
    try:
        found: Sound | Reason = _sound(given)
    except Unsound as unsound:
        found = unsound.reason
    if isinstance(found, Sound):
        return Row(str(found.id), given, found)
    said = given.get("id")
    known = isinstance(said, str | UUID) and 0 < len(str(said)) <= LONGEST_ID and storable(str(said))
    return Row(str(said) if known else f"row {place}", given, found)


def kept(given: Mapping[str, Any]) -> Any:
    """A row as a table of JSON can hold it: where it has what no such table holds, it is held as text."""
    text = json.dumps(given, default=str)
    try:
        whole = json.loads(canonical(json.loads(text)))
    except ValueError:
        return {"json": text}
    return {"json": text} if "\\u0000" in text else whole


def parsed(text: str) -> Any:
    return json.loads(text, parse_float=number)


def number(text: str) -> float | int:
    """As a database gives it back: whole above 10^16, and without a sign at nothing."""
    value = float(text)
    return int(Decimal(repr(value))) if "e+" in repr(value) else value + 0.0


def storable(text: str) -> bool:
    try:
        return b"\x00" not in text.encode()
    except UnicodeEncodeError:
        return False


def _sound(given: Mapping[str, Any]) -> Sound:
    try:
        known = UUID(str(given.get("id")))
    except ValueError:
        raise Unsound(Reason.MALFORMED_ID) from None
    text = _text(given.get("raw_text"))
    persona = _persona(given.get("persona"))
    created = _moment(given.get("created_at"))
    updated = _moment(given["updated_at"]) if given.get("updated_at") else created
    return Sound(known, text, persona, created, updated, sha256(text), sha256(persona))


def _text(said: Any) -> str:
    if not isinstance(said, str) or not (cleaned(said[:BEGINNING]) or cleaned(said)):
        raise Unsound(Reason.MISSING_TEXT)
    if len(said) > LONGEST:
        raise Unsound(Reason.TEXT_TOO_LONG)
    if not storable(said):
        raise Unsound(Reason.TEXT_NOT_STORABLE)
    return said


def _persona(said: Any) -> str:
    """An object, or a text that is one; what was read from a file of JSON is an object already."""
    try:
        persona = parsed(said) if isinstance(said, str) and said else said
        if persona is None or persona == "":
            raise Unsound(Reason.MISSING_PERSONA)
        if not isinstance(persona, dict):
            raise Unsound(Reason.PERSONA_NOT_AN_OBJECT)
        written = canonical(persona).decode()
    except (ValueError, RecursionError):  # NaN, halves of characters, and what nobody can read to its end
        raise Unsound(Reason.INVALID_JSON) from None
    if "\\u0000" in written:
        raise Unsound(Reason.INVALID_JSON)
    return written


def _moment(said: Any) -> datetime:
    """A time without a zone was written in UTC."""
    try:
        at = said if isinstance(said, datetime) else datetime.fromisoformat(said)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        raise Unsound(Reason.MALFORMED_TIME) from None
