"""Two wordings of a text, compared word by word."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

WORDS = re.compile(r"\S+\s*|\s+")


@dataclass(frozen=True)
class Run:
    """Words that stand in both, or in one of them only."""

    change: str  # same, gone, new
    text: str


def compared(before: str, after: str) -> tuple[Run, ...]:
    """Joined, what is the same and gone is the text before, what is the same and new the text after."""
    old, new = WORDS.findall(before), WORDS.findall(after)
    found = [Run("same", "")]
    for run in _runs(old, new):
        last = found[-1]
        found[-1:] = [Run(run.change, last.text + run.text)] if last.change == run.change else [last, run]
    return tuple(run for run in found if run.text)


def _runs(old: list[str], new: list[str]) -> Iterator[Run]:
    for op, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
        if op == "equal":
            yield Run("same", "".join(old[a:b]))
        else:
            yield from (Run("gone", "".join(old[a:b])), Run("new", "".join(new[c:d])))
