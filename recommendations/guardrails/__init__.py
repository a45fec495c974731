"""What is asked of every text before a person may read it: advice, tone, figures and the disclosure."""

from recommendations.guardrails.checking import Check, figures, passed, spoken
from recommendations.guardrails.disclosure import DISCLOSURE, disclosed, disclosure
from recommendations.guardrails.lists import CURRENT
from recommendations.guardrails.text import has_markup, normalised

__all__ = [
    "CURRENT",
    "DISCLOSURE",
    "Check",
    "disclosed",
    "disclosure",
    "figures",
    "has_markup",
    "normalised",
    "passed",
    "spoken",
]
