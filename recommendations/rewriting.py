"""A rationale in a provider's words: what it may be, and what is remembered of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from recommendations.figures import figures, uncited
from recommendations.guardrails import has_markup
from recommendations.wording import problems

TEMPERATURE = 0


@dataclass(frozen=True)
class Rewrite:
    text: str
    model: str
    tokens: int | None = None


Rewrites = Mapping[str, Rewrite]  # by the words that they stand for: where those change, nothing stands for them
NONE: Rewrites = {}


def faithful(new: str, text: str, cited: Collection[str]) -> bool:
    """The same figures and no others, no name beside those of the facts, and the form of a rationale."""
    if problems(new) or has_markup(new):
        return False
    same = {figure for figure, _ in figures(new)} == {figure for figure, _ in figures(text)}
    return same and not uncited(new, cited=cited, own=(text,))
