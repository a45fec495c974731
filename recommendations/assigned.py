"""What a trace says of an assignment: the persona, every criterion with today's value, and the smallest change."""

from collections.abc import Mapping, Sequence
from typing import Any

from personas import rules
from personas.rules import Persona
from personas.rules.document import Document


def assigned(
    *,
    assignment_id: str,
    persona: Persona,
    strength: str,
    secondary: Sequence[str],
    all_matches: Sequence[str],
    window: str,
    came_from: str | None,
    source: str,
    criteria: Sequence[Mapping[str, Any]],
    document: Document,
    signals: Mapping[str, Mapping[str, Any]],
    days: int,
) -> dict[str, Any]:
    """An assignment stands for as long as the same criteria are met; their values are those of the latest signals."""
    answers = {one["id"]: bool(one["met"]) for one in criteria}
    change = rules.smallest_change(persona, document, answers) if answers else None
    told = rules.sentences(persona, signals, document, answers, window_days=days) if change else []
    return {
        "assignment_id": assignment_id,
        "persona": persona.value,
        "persona_id": persona.number,
        "persona_name": persona.title_words,
        "strength": strength,
        "secondary_personas": list(secondary),
        "all_matches": list(all_matches),
        "window": window,
        "previous_persona": came_from,
        "persona_changed": came_from is not None,
        "source": source,
        "criteria": [{**one, "value": _value(signals, one["signal"])} for one in criteria],
        "counterfactual": change and {**change, "sentences": told},
    }


def _value(signals: Mapping[str, Mapping[str, Any]], path: str) -> Any:
    category, _, name = path.partition(".")
    return signals[category].get(name)
