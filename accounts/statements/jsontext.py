"""Governs whether a text is one JSON document that is safe to read, and reads it without losing a digit."""

import json
from itertools import accumulate

from .problems import Findings, shown

DEEPEST = 20
VALUES = 1_500_000


class Number(str):
    """A JSON number exactly as written."""

    __slots__ = ()


def load(text: str, findings: Findings) -> object | None:
    """The document, or None with the reason noted. Numbers come as `Number`, never through a float."""
    depth, values = _shape(text)
    if depth > DEEPEST:
        findings.file("JSON_TOO_DEEP", f"The file nests {depth:,} levels; {DEEPEST} are allowed. Flatten it.")
        return None
    if values > VALUES:
        findings.file("TOO_MANY_ROWS", f"The file holds more than {VALUES:,} values. Split it into smaller files.")
        return None
    repeated: list[str] = []

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        members = dict(pairs)
        if len(members) != len(pairs):
            seen: set[str] = set()
            repeated.extend(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return members

    try:
        document: object = json.loads(
            text, parse_float=Number, parse_int=Number, parse_constant=Number, object_pairs_hook=unique
        )
    except json.JSONDecodeError as error:
        findings.file(
            "JSON_INVALID",
            f"Line {error.lineno}, column {error.colno}: this is not valid JSON ({error.msg}). "
            "Send one complete JSON object and nothing after it.",
            line=error.lineno,
        )
        return None
    for key in dict.fromkeys(repeated):
        sentence = f'The key "{shown(key)}" stands more than once in one object. Keep one of them.'
        findings.file("JSON_DUPLICATE_KEY", sentence, field=shown(key))
    return document


def _shape(text: str) -> tuple[int, int]:
    """Depth and number of values, from the brackets and commas outside strings: before any recursive reader
    runs.
    """
    bare = text.replace("\\\\", "").replace('\\"', "")
    outside = "".join(bare.split('"')[::2]).encode("utf-8", "replace")
    marks = outside.translate(None, delete=bytes(byte for byte in range(256) if byte not in b"[]{},"))
    steps = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1, ord(","): 0}
    depth = max(accumulate(map(steps.__getitem__, marks)), default=0)
    return depth, marks.count(b",")
