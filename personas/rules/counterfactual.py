"""What would make each persona hold, or hold no more, and who the person would be then."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from personas.rules.document import FALLBACK, Criterion, Document, Fold, Node, PersonaRules, leaves
from personas.rules.evaluating import evaluate
from personas.rules.goals import Goal, Value
from personas.rules.objects import frame_of
from personas.rules.remedies import remedy
from personas.rules.situation import Remedy, Situation
from personas.rules.wording import state

UNKNOWN, MET_ALREADY, CLEAR_ALREADY = "Not known from the data.", "Already met.", "Already clear."
Answers = Mapping[str, bool]


def counterfactual(signals: Mapping[str, Any], document: Document, *, window_days: int) -> dict[str, Any]:
    """`signals` is the object of the contract; amounts in the answer are decimals."""
    found = evaluate(frame_of([signals]), document).row(0, named=True)
    answers = {str(one.id): bool(found[str(one.id)]) for one in document.criteria()}
    situation = Situation(signals, window_days)
    return {
        "primary_persona": found["primary"],
        "primary_match_strength": found["strength"],
        "personas": [_persona(rules, document, answers, situation) for rules in document.personas],
    }


def smallest_change(persona: str, document: Document, answers: Answers) -> dict[str, Any] | None:
    """What the fewest criteria are that decide about one persona, and who the person would be then.

    `answers` are those of the match criteria, as an assignment keeps them; the fallback has none.
    """
    rules = next((rules for rules in document.personas if rules.persona == persona), None)
    if rules is None:
        return None
    matched = holds(rules.match, answers)
    change = fewest_flips(rules.match, answers, wanted=not matched)
    flipped = {**answers, **{name: not answers[name] for name in change}}
    return {
        "direction": "leave" if matched else "reach",
        "smallest_change": change,
        "then": primary(document, flipped),
    }


def sentences(
    persona: str, signals: Mapping[str, Any], document: Document, answers: Answers, *, window_days: int
) -> list[str]:
    """The words for that change, one sentence for each criterion that flips."""
    situation, change = Situation(signals, window_days), smallest_change(persona, document, answers)
    if change is None:
        return []
    matched = change["direction"] == "leave"
    named = {str(one.id): one for rules in document.personas for one in leaves(rules.match)}
    return [
        _criterion(named[name], answers[name], matched, situation)["sentence"] for name in change["smallest_change"]
    ]


def _persona(rules: PersonaRules, document: Document, answers: Answers, situation: Situation) -> dict[str, Any]:
    matched = holds(rules.match, answers)
    return {
        "persona": rules.persona.value,
        "matched": matched,
        **(smallest_change(rules.persona, document, answers) or {}),
        "criteria": [_criterion(one, answers[str(one.id)], matched, situation) for one in leaves(rules.match)],
    }


def _criterion(criterion: Criterion, met: bool, matched: bool, situation: Situation) -> dict[str, Any]:
    value = situation.value(criterion.signal.path)
    goal = Goal(criterion, met=not matched)
    flips = met is matched
    told = _told(goal, value, flips, situation)
    threshold = list(criterion.threshold) if isinstance(criterion.threshold, tuple) else criterion.threshold
    return {
        "id": criterion.id,
        "signal": criterion.signal.path,
        "op": criterion.op.value,
        "threshold": threshold,
        "current": value,
        "met": met,
        "flips": flips,
        "gap": goal.gap(value) if isinstance(value, Decimal) else None,
        "unit": criterion.signal.unit,
        "sentence": told.sentence,
        "steps": list(told.steps),
    }


def _told(goal: Goal, value: Value | None, flips: bool, situation: Situation) -> Remedy:
    if value is None:
        return Remedy(UNKNOWN)
    if not flips:
        return Remedy(MET_ALREADY if goal.met else CLEAR_ALREADY)
    return remedy(goal, situation) or Remedy(state(goal, value, situation.currency))


def holds(node: Node, answers: Answers) -> bool:
    if isinstance(node, Criterion):
        return answers[str(node.id)]
    fold = all if node.fold is Fold.ALL else any
    return fold(holds(child, answers) for child in node.children)


def fewest_flips(node: Node, answers: Answers, *, wanted: bool) -> list[str]:
    """The ids of the fewest criteria whose flip gives the tree this answer, the earliest where several do."""
    if isinstance(node, Criterion):
        return [] if answers[str(node.id)] is wanted else [str(node.id)]
    changes = [fewest_flips(child, answers, wanted=wanted) for child in node.children]
    if (node.fold is Fold.ALL) is wanted:
        return [name for change in changes for name in change]
    return min(changes, key=len)


def primary(document: Document, answers: Answers) -> str:
    matches = (rules.persona for rules in document.personas if holds(rules.match, answers))
    return next(matches, FALLBACK).value
