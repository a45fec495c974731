"""The persona of one person and window in plain Python, with strength, secondaries, criteria and their facts."""

import operator
from typing import Any, NamedTuple

from bench.rivals.person import Signals
from personas import rules
from personas.rules.evidence import FACTS, MERCHANTS

OPS = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt, "==": operator.eq}
DOCUMENT = rules.shipped().as_json()
*PERSONAS, FALLBACK = DOCUMENT["persona"]


def _leaves(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [leaf for child in node.get("all") or node.get("any") or [] for leaf in _leaves(child)] or [node]


CRITERIA = [(persona["slug"], leaf) for persona in PERSONAS for leaf in _leaves(persona["match"])]
KEYS = {persona.value: facts for persona, facts in FACTS.items()}


class Judged(NamedTuple):
    matches: list[str]
    strength: str
    met: list[str]
    criteria: list[dict[str, Any]]
    facts: dict[str, Any]


def judge(signals: Signals) -> Judged:
    matching = [persona for persona in PERSONAS if _holds(persona["match"], signals)]
    criteria = [
        {**leaf, "persona": slug, "value": signals[leaf["signal"]], "met": _holds(leaf, signals)}
        for slug, leaf in CRITERIA
    ]
    met = [one["id"] for one in criteria if one["met"]]
    if not matching:
        facts = {"note": "No persona criteria are met.", "by_persona": {}}
        return Judged([FALLBACK["slug"]], "default", met, criteria, facts)
    strength = next((one["tier"] for one in matching[0]["strength"] if _holds(one["when"], signals)), "weak")
    by_persona = {persona["slug"]: _facts(persona["slug"], signals) for persona in matching}
    slugs = list(by_persona)
    return Judged(slugs, strength, met, criteria, {**by_persona[slugs[0]], "by_persona": by_persona})


def _holds(node: dict[str, Any], signals: Signals) -> bool:
    if "all" in node:
        return all(_holds(child, signals) for child in node["all"])
    if "any" in node:
        return any(_holds(child, signals) for child in node["any"])
    value = signals[node["signal"]]
    return value is not None and OPS[node["op"]](value, node["threshold"])


def _facts(slug: str, signals: Signals) -> dict[str, Any]:
    return {
        key: [one["name"] for one in signals["merchants"] if one["active"]] if path == MERCHANTS else signals[path]
        for key, path in KEYS[slug].items()
    }
