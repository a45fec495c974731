"""What a question asks: its intent by its words, and the category, merchant and number in it."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from accounts.statements.classes import Flow
from recommendations.conversation.intents import (
    OF_ROWS,
    Intent,
    Refusal,
    flow_of,
    intent_of,
    refusal_of,
    speaks_of,
)
from recommendations.guardrails import normalised

NUMBER = re.compile(r"\b(?:top|largest|biggest|highest)\s+(\d{1,2})\b|\b(\d{1,2})\s+(?:largest|biggest|highest)\b")
AFTER = re.compile(r"\b(?:at|to|from|with)\s+(?!(?:the|my|a|an|this|last|me|date|on|read|\d)\b)([a-z0-9&'.-]{3,})")
NOBODY = frozenset({"all", "home", "work", "once", "date", "day", "month", "months", "now"})
WORD, APOSTROPHE = re.compile(r"\w+"), "'"
USUAL, MOST = 5, 10


@dataclass(frozen=True)
class Question:
    """`text` is the question as its words are compared; `unnamed` says that a merchant is meant, not which."""

    text: str
    intent: Intent
    refusal: Refusal | None = None
    flow: Flow | None = None
    merchant: str | None = None
    count: int = USUAL
    unnamed: bool = False

    def about(self, merchants: Collection[str]) -> "Question":
        """With the person's own merchant in it, if it names one; the longest name wins."""
        if self.intent not in OF_ROWS and self.intent is not Intent.HELP:
            return self
        said = _spaced(self.text)
        named = [name for name in merchants if _spaced(name).strip() and _spaced(normalised(name)) in said]
        if named:
            return replace(self, intent=Intent.MERCHANT_SPEND, merchant=max(named, key=lambda name: (len(name), name)))
        if self.intent is Intent.SPENDING_TOTAL and self.unnamed:
            return replace(self, intent=Intent.MERCHANT_SPEND)
        return self


def asked(text: str) -> Question:
    said = normalised(text)
    if refusal := refusal_of(said):
        return Question(said, Intent.REFUSED, refusal)
    intent, flow = intent_of(said), flow_of(said)
    if intent in (Intent.SPENDING_TOTAL, Intent.SPENDING_BY_CATEGORY, Intent.HELP) and (
        flow or speaks_of("breakdown", said)
    ):
        intent = Intent.SPENDING_BY_CATEGORY
    found, after = NUMBER.search(said), AFTER.search(said)
    return Question(
        said,
        intent,
        flow=flow,
        count=min(max(int(found[1] or found[2]), 1), MOST) if found else USUAL,
        unnamed=bool(speaks_of("spending", said) and after and after[1] not in NOBODY),
    )


def _spaced(said: str) -> str:
    """Only words, so that a mark beside a name hides nothing."""
    return f" {' '.join(WORD.findall(said.replace(APOSTROPHE, '')))} "
