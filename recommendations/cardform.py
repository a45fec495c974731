"""The content of a card as fields of a form: a line for each text of a list, JSON for what is deeper."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recommendations.cardcontent import KNOWN, NUMBER, TEXT, TEXT_OR_NUMBER, TEXTS, Type
from recommendations.fields import Flaw

LONG = frozenset(
    {"summary", "body", "rationale_template", "fallback_rationale", "sample_content", "compliance_notes", "description"}
)
DIGITS = re.compile(r"-?\d{1,15}(\.\d+)?", re.ASCII)
REST = "more"  # keys that nobody knows, as one object


@dataclass(frozen=True)
class Field:
    """`kind` is line, text, lines, number, json, or loose for a text that may be a number; `value` is what is typed."""

    key: str
    kind: str
    value: str
    expects: str

    @property
    def label(self) -> str:
        return self.key.replace("_", " ").capitalize()

    @property
    def rows(self) -> int:
        return min(16, max(3, self.value.count("\n") + 2, len(self.value) // 90 + 1))


def fields(card_type: str, content: Mapping[str, Any]) -> list[Field]:
    """What a card of this type may have, in the order in which it is known."""
    known = KNOWN[card_type]
    found = [Field(key, kind(key, of), _typed(content.get(key), kind(key, of)), of.name) for key, of in known.items()]
    rest = {key: value for key, value in content.items() if key not in known}
    return [*found, Field(REST, "json", _json(rest) if rest else "", "an object")]


def typed(card_type: str, sent: Mapping[str, str]) -> list[Field]:
    """The same fields as somebody filled them, sound or not."""
    known = {**KNOWN[card_type], REST: Type("an object", lambda value: isinstance(value, dict))}
    return [
        Field(key, "json" if key == REST else kind(key, of), sent.get(f"content.{key}", ""), of.name)
        for key, of in known.items()
    ]


def content(filled: list[Field]) -> tuple[dict[str, Any], list[Flaw]]:
    """The content that they say, without what is empty, and which of them cannot be read."""
    found: dict[str, Any] = {}
    flaws = []
    for field in filled:
        said = field.value.replace("\r\n", "\n").strip()
        if not said:
            continue
        try:
            value = _read(said, field.kind)
        except ValueError as problem:
            flaws.append(Flaw(f"content.{field.key}", "INVALID_JSON", f"This is no JSON: {problem}."))
            continue
        if field.key != REST:
            found[field.key] = value
        elif isinstance(value, dict):
            found |= {key: inner for key, inner in value.items() if key not in found}
        else:
            flaws.append(Flaw(f"content.{REST}", "WRONG_TYPE", "This is an object."))
    return found, flaws


def kind(key: str, of: Type) -> str:
    if of is TEXT:
        return "text" if key in LONG else "line"
    return {TEXTS: "lines", NUMBER: "number", TEXT_OR_NUMBER: "loose"}.get(of, "json")


def _typed(value: Any, kind: str) -> str:
    if value is None:
        return ""
    if kind == "lines":
        return "\n".join(value)
    return value if kind != "json" and isinstance(value, str) else _json(value)


def _read(said: str, kind: str) -> Any:
    if kind == "lines":
        return [line.strip() for line in said.split("\n") if line.strip()]
    if kind in ("json", "number") or (kind == "loose" and DIGITS.fullmatch(said)):
        return json.loads(said)
    return said


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
