"""From a template and a person's facts to the sentence that says why; what is not known is not said."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from recommendations.facts import Slot, window_words

PLACEHOLDER = re.compile(r"\{(\w*)\}")
SENTENCE = re.compile(r"(?<=[.!?])\s+")
BECAUSE = "because"
SHORTEST, LONGEST, SENTENCES = 20, 600, 3


@dataclass(frozen=True)
class Worded:
    text: str
    used: tuple[Slot, ...]
    dropped_sentences: int
    fallback_used: bool

    @property
    def variables(self) -> dict[str, str]:
        return {slot.slot: slot.text for slot in self.used}


def worded(template: str, slots: Mapping[str, Slot], *, window: str, fallback: bool = False) -> Worded | None:
    """Fill a template sentence by sentence; None where the first one falls or what is left says nothing concrete."""
    kept: list[str] = []
    used: dict[str, Slot] = {}
    sentences = sentences_of(template)
    for place, sentence in enumerate(sentences):
        needed = _needed(sentence, slots, window)
        if needed is None:
            if place == 0:
                return None
            continue
        kept.append(_filled(sentence, needed))
        used |= needed
    text = " ".join(kept)
    if problems(text) or not any(slot != "window" for slot in used):
        return None
    return Worded(text, tuple(used.values()), len(sentences) - len(kept), fallback)


def _filled(sentence: str, facts: Mapping[str, Slot]) -> str:
    return PLACEHOLDER.sub(lambda found: facts[found[1]].text, sentence)


def _needed(sentence: str, slots: Mapping[str, Slot], window: str) -> dict[str, Slot] | None:
    """The facts of a sentence; its window is that of the first of them."""
    names = PLACEHOLDER.findall(sentence)
    facts = {name: slots.get(name) for name in names if name != "window"}
    found = {name: fact for name, fact in facts.items() if fact}
    if len(found) < len(facts):
        return None
    if "window" in names:
        spoken_of = next((fact.window for fact in found.values()), window)
        found["window"] = Slot("window", window_words(spoken_of), "meta.window", spoken_of)
    return found


@lru_cache(maxsize=1024)
def sentences_of(text: str) -> tuple[str, ...]:
    return tuple(filter(None, SENTENCE.split(text.strip())))


@lru_cache(maxsize=1024)
def placeholders(template: str) -> frozenset[str]:
    return frozenset(PLACEHOLDER.findall(template))


def problems(text: str) -> tuple[str, ...]:
    """What a rationale may not be, whoever wrote it; an operator's edit is asked the same."""
    found = []
    if not SHORTEST <= len(text) <= LONGEST:
        found.append(f"A rationale has {SHORTEST} to {LONGEST} characters; this one has {len(text)}.")
    if BECAUSE not in text.lower():
        found.append('A rationale says "because".')
    if len(sentences_of(text)) > SENTENCES:
        found.append(f"A rationale has at most {SENTENCES} sentences.")
    if "{" in text or "}" in text:
        found.append("A rationale has no braces left in it.")
    return tuple(found)
