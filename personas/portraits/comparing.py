"""Two documents field by field: what each says where they differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from personas.portraits.document import SECTIONS, Kind

META = ("name", "role", "location", "gender")
Said = tuple[str, ...]


@dataclass(frozen=True)
class Field:
    """One field in words; a text is a list of one, and what is not known a list of none."""

    section: str
    name: str
    said: Said

    @property
    def label(self) -> str:
        return (self.name or self.section).replace("_", " ").capitalize()


@dataclass(frozen=True)
class Difference:
    section: str
    label: str
    before: Said
    after: Said


def fields(document: Mapping[str, Any]) -> Iterator[Field]:
    """Every field in the order of the document; a document of the former product may lack any."""
    meta = _inside(document, "meta")
    yield from (Field("meta", name, _said(meta.get(name))) for name in META)
    for section, held in SECTIONS.items():
        if isinstance(held, Kind):
            yield Field(section, "", _said(document.get(section)))
        else:
            inside = _inside(document, section)
            yield from (Field(section, name, _said(inside.get(name))) for name in held)


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    return [
        Difference(old.section, old.label, old.said, new.said)
        for old, new in zip(fields(before), fields(after), strict=True)
        if old.said != new.said
    ]


def _inside(document: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    inside = document.get(section)
    return inside if isinstance(inside, Mapping) else {}


def _said(value: Any) -> Said:
    if isinstance(value, list):
        return tuple(str(entry) for entry in value if entry)
    return (str(value),) if value else ()
