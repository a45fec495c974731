"""The tables of cards, of what is said with them, and of what people answer."""

from recommendations.models.cards import Card, CardType, CardUsage, CardVersion
from recommendations.models.feedback import ChatLog, Feedback
from recommendations.models.recommendations import (
    Consideration,
    Kind,
    Outcome,
    Priority,
    Recommendation,
    RecordedMove,
    Trace,
)
from recommendations.models.review import Claim, Flag

__all__ = [
    "Card",
    "CardType",
    "CardUsage",
    "CardVersion",
    "ChatLog",
    "Claim",
    "Consideration",
    "Feedback",
    "Flag",
    "Kind",
    "Outcome",
    "Priority",
    "Recommendation",
    "RecordedMove",
    "Trace",
]
