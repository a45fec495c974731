"""What the content of a card may be: known keys and their types, depth, size, and what JSON cannot keep."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.fingerprints import canonical, fingerprint
from recommendations.fields import LONE, Flaw, under

LARGEST = 64 * 1024
DEEPEST = 8
LONGEST_KEY = 100
BEYOND = 2**53  # from here on neighbours among whole numbers are the same to many readers of JSON


@dataclass(frozen=True)
class Type:
    """What a known key holds."""

    name: str
    holds: Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


TEXT = Type("a text", _is_text)
TEXTS = Type("a list of texts", _is_texts)
LIST = Type("a list", lambda value: isinstance(value, list))
OBJECT = Type("an object", lambda value: isinstance(value, dict))
NUMBER = Type("a number", _is_number)
ONE_OR_MORE = Type("a text or a list of texts", lambda value: _is_text(value) or _is_texts(value))
TEXT_OR_NUMBER = Type("a text or a number", lambda value: _is_text(value) or _is_number(value))
TEXT_OR_OBJECT = Type("a text or an object", lambda value: isinstance(value, str | dict))
PARTNER = Type("an object of texts", lambda value: isinstance(value, dict) and all(map(_is_text, value.values())))
MATCH = Type(
    "an object with lists of texts",
    lambda value: isinstance(value, dict) and all(map(_is_texts, value.values())),
)


def _known(**of: tuple[Type, str]) -> dict[str, Type]:
    return {key: kind for kind, keys in of.values() for key in keys.split()}


KNOWN: dict[str, dict[str, Type]] = {
    "company": _known(
        texts=(
            TEXT,
            "name domain website industry description size_range headquarters legal_name key product_type summary"
            " body category rationale_template fallback_rationale disclosure_kind",
        ),
        sizes=(TEXT_OR_NUMBER, "size founded"),
        lists=(LIST, "key_offerings differentiators evidence"),
        words=(TEXTS, "personas blocked_by_products partner_checks variables"),
        trees=(OBJECT, "triggers eligibility"),
        partner=(PARTNER, "partner"),
    ),
    "audience": _known(
        texts=(TEXT, "primary"),
        more=(ONE_OR_MORE, "secondary"),
        lists=(LIST, "segments pain_points goals desired_outcomes"),
        people=(TEXT_OR_OBJECT, "demographics psychographics"),
        match=(MATCH, "match"),
    ),
    "voice": _known(
        texts=(TEXT, "tone sample_content compliance_notes"),
        words=(TEXTS, "style_guidelines forbidden_phrases preferred_phrases"),
        lists=(LIST, "cta_preferences"),
        objects=(OBJECT, "do_dont"),
    ),
    "insight": _known(
        texts=(
            TEXT,
            "positioning market_position last_observed_at key format category summary body rationale_template"
            " fallback_rationale difficulty disclosure_kind",
        ),
        lists=(
            LIST,
            "key_messages recent_news competitors key_differentiators competitive_advantages facts sources",
        ),
        words=(TEXTS, "personas variables"),
        numbers=(NUMBER, "confidence read_time_minutes"),
        tree=(OBJECT, "triggers"),
    ),
}


@dataclass(frozen=True)
class Content:
    """Sound content, the hash of its canonical form, and the keys of it that nobody knows."""

    value: Mapping[str, Any]
    hash: str
    unknown: tuple[str, ...]


def sound(value: Any, card_type: str, path: str) -> Content | list[Flaw]:
    """The content as it is kept, or everything that is wrong with it."""
    if not isinstance(value, dict):
        return [Flaw(path, "WRONG_TYPE", "Content is a JSON object.")]
    if flaws := list(unkeepable(value, path, largest=LARGEST)):
        return flaws
    known = KNOWN[card_type]
    flaws = [
        Flaw(under(path, key), "WRONG_TYPE", f"This is {known[key].name}.")
        for key, inner in value.items()
        if key in known and not known[key].holds(inner)
    ]
    kept = _plain(value)
    return flaws or Content(kept, fingerprint(kept), tuple(key for key in value if key not in known))


def unkeepable(value: Any, path: str, *, largest: int) -> Iterator[Flaw]:
    """What no table can keep as it was sent."""
    found = False
    for flaw in _unsound(value, path, 1):
        found = True
        yield flaw
    if not found and (size := len(canonical(value))) > largest:
        yield Flaw(path, "TOO_LARGE", f"{size:,} bytes; {largest:,} are allowed.")


def _unsound(value: Any, path: str, depth: int) -> Iterator[Flaw]:
    if isinstance(value, dict | list) and depth > DEEPEST:
        yield Flaw(path, "TOO_DEEP", f"At most {DEEPEST} levels.")
    elif isinstance(value, dict):
        for key, inner in value.items():
            here = under(path, key)
            if len(key) > LONGEST_KEY:
                yield Flaw(here, "TOO_LONG", f"A key has at most {LONGEST_KEY} characters.")
            yield from _unsound(key, here, depth)
            yield from _unsound(inner, here, depth + 1)
    elif isinstance(value, list):
        for nr, inner in enumerate(value):
            yield from _unsound(inner, under(path, nr), depth + 1)
    elif isinstance(value, str) and ("\x00" in value or LONE.search(value)):
        yield Flaw(path, "NOT_TEXT", "A text holds neither NUL nor half a character.")
    elif _is_number(value) and not abs(value) < BEYOND:
        yield Flaw(path, "OUT_OF_RANGE", "Numbers are smaller than 2^53.")


def _plain(value: Any) -> Any:
    """Without the zero that has a sign: the table knows one zero."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value + 0.0 if isinstance(value, float) else value
