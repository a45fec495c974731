"""The lists of what no text may say, as patterns; versioned with the product."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

CURRENT = 1
GAP = r"[^\w']+"


@dataclass(frozen=True)
class Rule:
    """One category of a group; `names` says that the names of partners' products count as its objects."""

    group: str
    category: str
    pattern: re.Pattern[str]


@cache
def rules(version: int, names: tuple[str, ...]) -> tuple[Rule, ...]:
    document = tomllib.loads(resources.files(__package__).joinpath(f"lists_v{version}.toml").read_text())
    listed = [
        Rule(group, category, any_of(phrases))
        for group in ("advice", "tone")
        for category, phrases in document[group].items()
    ]
    return tuple(listed + [Rule("advice", one["category"], _followed(one, names)) for one in document["followed"]])


def any_of(phrases: Sequence[str]) -> re.Pattern[str]:
    """Whole words only; between the words of a phrase may stand any space."""
    return re.compile(rf"(?<!\w)(?:{_alternatives(phrases)})(?!\w)")


def _alternatives(phrases: Sequence[str]) -> str:
    longest_first = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    return "|".join(re.escape(phrase.casefold()) for phrase in longest_first)


def _followed(rule: Mapping[str, Any], names: tuple[str, ...]) -> re.Pattern[str]:
    objects = [*rule["object"], *(names if rule.get("names") else ())]
    pattern = rf"(?<!\w)(?:{_alternatives(rule['first'])})(?!\w)"
    if "then" in rule:
        pattern += _within(rule["within"], rule["then"])
    return re.compile(pattern + _within(rule["object_within"], objects))


def _within(words: int, phrases: Sequence[str]) -> str:
    return rf"(?:{GAP}[\w']+){{0,{words - 1}}}?{GAP}(?:{_alternatives(phrases)})(?!\w)"
