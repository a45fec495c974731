"""Checks of one item: each says pass, fail or not applicable, and what it matched."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from recommendations.guardrails.disclosure import SENTENCES
from recommendations.guardrails.lists import CURRENT, any_of, rules
from recommendations.guardrails.text import normalised

PASS, FAIL, NOT_APPLICABLE = "pass", "fail", "not_applicable"
HOUSE = "house voice"
QUOTES = (('"', '"'), ("\u201c", "\u201d"), ("\u00ab", "\u00bb"))


@dataclass(frozen=True)
class Check:
    name: str
    status: str
    category: str | None = None
    matched: tuple[str, ...] = ()
    detail: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "status": self.status,
            "category": self.category,
            "matched": list(self.matched),
            "detail": self.detail,
        }


def passed(checks: Iterable[Check]) -> bool:
    return all(check.status != FAIL for check in checks)


def spoken(
    texts: Sequence[str],
    *,
    names: tuple[str, ...] = (),
    titles: tuple[str, ...] = (),
    forbidden: tuple[str, ...] = (),
    version: int = CURRENT,
) -> tuple[Check, Check]:
    """The checks of advice and tone over all texts of an item.

    `names` are titles and partners of products, `titles` those of cards, which may be quoted; `forbidden` are the
    phrases that a tenant's house voice adds.
    """
    found = [hit for text in texts for hit in _found(text, names, titles, forbidden, version)]
    return _check("advice", found), _check("tone", found)


def _check(group: str, found: Sequence[tuple[str, str, str]]) -> Check:
    hits = [(category, words) for of, category, words in found if of == group]
    if not hits:
        return Check(group, PASS)
    words = tuple(dict.fromkeys(words for _, words in hits))
    said = ", ".join(f'"{one}"' for one in words)
    return Check(group, FAIL, hits[0][0], words, f"The text says {said}.")


@lru_cache(maxsize=8192)
def _found(
    text: str, names: tuple[str, ...], titles: tuple[str, ...], forbidden: tuple[str, ...], version: int
) -> tuple[tuple[str, str, str], ...]:
    said = _without(normalised(text), titles)
    found = [
        (rule.group, rule.category, match.group())
        for rule in rules(version, tuple(map(normalised, names)))
        for match in rule.pattern.finditer(said)
    ]
    if forbidden:
        added = any_of([normalised(phrase) for phrase in forbidden])
        found += [("tone", HOUSE, match.group()) for match in added.finditer(said)]
    return tuple(found)


def _without(said: str, titles: tuple[str, ...]) -> str:
    """Without the disclosure's own sentences, and without titles where they are quoted."""
    return _exempt(titles).sub(" ", said)


@lru_cache(maxsize=64)
def _exempt(titles: tuple[str, ...]) -> re.Pattern[str]:
    whole = [re.escape(normalised(sentence)) for sentence in SENTENCES]
    named = "|".join(re.escape(normalised(title)) for title in titles)
    quoted = [f"{opening}(?:{named}){closing}" for opening, closing in QUOTES] if named else []
    return re.compile("|".join([*whole, *quoted]))


def figures(uncited: Sequence[str]) -> Check:
    """The check of figures, over what the verifier found without a citation."""
    if not uncited:
        return Check("figures", PASS)
    listed = ", ".join(uncited)
    return Check("figures", FAIL, "no citation", tuple(uncited), f"Nothing of this person's own says {listed}.")
