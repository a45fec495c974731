"""The words by which a sentence is known to speak of a field, and those that keep it out of everything."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from personas.portraits.document import Path, at, fields
from personas.portraits.sentences import plain, words

CURRENT = 1
GREETING = 3  # words, at most
PROTECTED: Path = ()
_JOINING = (
    "and|but|or|so|in|at|on|for|with|near|since|because|where|which|who|while|when|to|from|as|if|now|that|then|"
    "hard|much|well|long"
)


@dataclass(frozen=True)
class Cue:
    """A word or phrase, and the fields it speaks of; one that speaks of `PROTECTED` closes its sentence."""

    words: tuple[str, ...]
    fields: tuple[Path, ...]


def scores(sentence: str) -> Mapping[Path, int] | None:
    """How many distinct cues of each field a sentence has; None for one that is left out."""
    said = plain(sentence)
    found = _found(words(said))
    if any(PROTECTED in cue.fields for cue in found) or any(pattern.search(said) for pattern in _patterns()):
        return None
    counted: dict[Path, int] = {}
    for cue in found:
        for path in cue.fields:
            counted[path] = counted.get(path, 0) + 1
    return counted


def follows(field: str, sentence: str) -> str | None:
    """What a sentence names after a phrase such as "I work as a", in its own spelling."""
    found = _following()[field].search(sentence)
    return found["value"] if found else None


def greets(sentence: str) -> bool:
    said = words(plain(sentence))
    return bool(said) and len(said) <= GREETING and said[0] in _document()["greetings"]


def _found(said: Sequence[str]) -> set[Cue]:
    index = _index()
    return {
        cue
        for start, word in enumerate(said)
        for cue in index.get(word, ())
        if len(cue.words) == 1 or tuple(said[start : start + len(cue.words)]) == cue.words
    }


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(f"cues_v{CURRENT}.toml").read_text("utf-8"))


def _listed() -> Iterator[tuple[Path, Sequence[str]]]:
    document = _document()
    for path, _ in fields():
        yield path, at(document, path)
    for phrases in document["protected"].values():
        yield PROTECTED, phrases


@cache
def _index() -> Mapping[str, Sequence[Cue]]:
    """By the first word of each phrase."""
    speaks: dict[tuple[str, ...], list[Path]] = {}
    for path, phrases in _listed():
        for phrase in dict.fromkeys(tuple(words(plain(phrase))) for phrase in phrases):
            speaks.setdefault(phrase, []).append(path)
    index: dict[str, list[Cue]] = {}
    for phrase, paths in speaks.items():
        index.setdefault(phrase[0], []).append(Cue(phrase, tuple(paths)))
    return index


@cache
def _patterns() -> Sequence[re.Pattern[str]]:
    return tuple(re.compile(pattern) for pattern in _document()["protected_patterns"].values())


@cache
def _following() -> Mapping[str, re.Pattern[str]]:
    return {field: _after(one["after"], proper=one["proper"]) for field, one in _document()["meta"].items()}


def _after(phrases: Sequence[str], *, proper: bool) -> re.Pattern[str]:
    opening = "|".join(re.escape(phrase).replace(r"\ ", r"\s+") for phrase in sorted(phrases, key=len, reverse=True))
    word = r"[^\s.,;:!?…()\[\]\"“”]+"
    first = r"(?=[^\W\d_])" + ("(?![a-zß-ÿ])" if proper else "")
    rest = rf"(?:\s+(?!(?i:{_JOINING})(?!\w)){word}){{0,4}}"
    article = r"(?:(?i:an?|the)\s+)?"
    return re.compile(rf"(?<!\w)(?i:{opening})\s+{article}(?P<value>(?!(?i:{_JOINING})(?!\w)){first}{word}{rest})")
