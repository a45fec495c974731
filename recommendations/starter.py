"""The starting library: one file a card, reviewed like code, read as the items of a batch."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

LIBRARY = Path(__file__).with_name("content")


@cache
def items() -> tuple[Mapping[str, Any], ...]:
    return tuple(_unfolded(tomllib.loads(path.read_text("utf-8"))) for path in sorted(LIBRARY.rglob("*.toml")))


def name_of(item: Mapping[str, Any]) -> tuple[str, str | None]:
    """What an item is known by, whatever its words become: its key, whom it is for, or that it is the voice."""
    return item["card_type"], item["content"].get("key") or item["content"].get("primary")


def _unfolded(value: Any) -> Any:
    """Lines of a file are for who reviews it; to a reader, a text is made of paragraphs."""
    if isinstance(value, str):
        return "\n\n".join(" ".join(paragraph.split()) for paragraph in value.split("\n\n"))
    if isinstance(value, list):
        return [_unfolded(one) for one in value]
    return {name: _unfolded(one) for name, one in value.items()} if isinstance(value, dict) else value
