"""What can be asked, the words by which each question is known, and what is refused whoever asks."""

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any

from accounts.statements.classes import Flow
from accounts.words import Word


class Intent(Word):
    SPENDING_TOTAL = "spending_total"
    SPENDING_BY_CATEGORY = "spending_by_category"
    MERCHANT_SPEND = "merchant_spend"
    LARGEST_TRANSACTIONS = "largest_transactions"
    SUBSCRIPTIONS = "subscriptions"
    CREDIT_UTILIZATION = "credit_utilization"
    INTEREST = "interest"
    SAVINGS = "savings"
    EMERGENCY_FUND = "emergency_fund"
    INCOME = "income"
    PERSONA_WHY = "persona_why"
    PERSONA_CHANGE = "persona_change"
    RECOMMENDATIONS = "recommendations"
    DATA_STATUS = "data_status"
    HELP = "help"
    REFUSED = "refused"


OF_ROWS = frozenset(
    {Intent.SPENDING_TOTAL, Intent.SPENDING_BY_CATEGORY, Intent.MERCHANT_SPEND, Intent.LARGEST_TRANSACTIONS}
)


class Refusal(Word):
    INSTRUCTIONS = "instructions"
    OTHERS = "others"
    SECURITIES = "securities"
    TAX = "tax"
    LEGAL = "legal"
    ACT = "act"
    ADVICE = "advice"


def refusal_of(said: str) -> Refusal | None:
    found = _first("refusals", said)
    return Refusal(found) if found else None


def intent_of(said: str) -> Intent:
    return Intent(_first("questions", said) or Intent.HELP)


def flow_of(said: str) -> Flow | None:
    found = _first("categories", said)
    return Flow(found) if found else None


def speaks_of(aside: str, said: str) -> bool:
    return _patterns("asides")[aside].search(said) is not None


def _first(kind: str, said: str) -> str | None:
    return next((name for name, pattern in _patterns(kind).items() if pattern.search(said)), None)


@cache
def _patterns(kind: str) -> dict[str, re.Pattern[str]]:
    document: dict[str, Any] = tomllib.loads(resources.files(__package__).joinpath("words.toml").read_text())
    shared = {name: text for name, text in document.items() if isinstance(text, str)}
    return {name: _whole(listed, shared) for name, listed in document[kind].items()}


def _whole(listed: list[str], shared: dict[str, str]) -> re.Pattern[str]:
    """Whole words; `{name}` stands for a list that several share."""
    joined = re.sub(r"\{([a-z]+)\}", lambda found: shared[found[1]], "|".join(listed))
    return re.compile(rf"(?<!\w)(?:{joined})(?!\w)")
