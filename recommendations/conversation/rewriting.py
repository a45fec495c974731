"""Whether what somebody else wrote from a fact table may be said: it holds nothing that the table does not."""

import re
from collections.abc import Collection, Iterable

from recommendations.conversation.known import Fact
from recommendations.facts import day
from recommendations.figures import uncited
from recommendations.guardrails import has_markup, passed, spoken
from recommendations.wording import sentences_of

LONGEST = 1200
OURS = ("SpendSense",)
LINK = re.compile(r"https?:|www\.|\b[\w-]+\.(?:com|net|org|io|example)\b", re.IGNORECASE)


def lines(facts: Iterable[Fact]) -> list[str]:
    """The table as it is handed out: what each figure is of, nothing about whose it is."""
    return [f"{one.label}: {one.value} ({one.data_point}, {one.window}, as of {day(one.as_of)})" for one in facts]


def sound(text: str, facts: Iterable[Fact], titles: tuple[str, ...] = (), merchants: Collection[str] = ()) -> bool:
    """Every figure and name is cited, and every guardrail over what is spoken passes."""
    cited = [part for one in facts for part in (one.value, one.label, day(one.as_of))]
    # Sentence by sentence: the first word of the next one is no part of a name that ends this one.
    bare = [s for s in sentences_of(text) if uncited(s, cited=cited, own=OURS, merchants=merchants)]
    return not bare and not has_markup(text) and passed(spoken((text,), titles=titles))


def stands(text: str, facts: Iterable[Fact], merchants: Collection[str], titles: tuple[str, ...] = ()) -> bool:
    """What a provider wrote is asked more: it is short, leads nowhere and names no merchant beside the table's."""
    return 1 <= len(text) <= LONGEST and not LINK.search(text) and sound(text, facts, titles, merchants)
