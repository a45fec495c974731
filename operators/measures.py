"""How well the product says why, and how evenly: what the evaluation report counts, as plain functions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from recommendations.figures import figures
from recommendations.wording import BECAUSE, sentences_of

LONGEST_SENTENCE, SENTENCES = 25, 3
LENGTHS = ((80, 3), (40, 2), (11, 1))
DATUM, PLAIN = 4, 3
ASSESSED = 20  # people of a group, at least
WIDEST_GAP = 10  # points


@dataclass(frozen=True)
class Group:
    """People who have something in common, how many of them were given items, and how many items in all."""

    dimension: str
    group: str
    users: int
    reached: int
    items: int


def has_datum(text: str) -> bool:
    """An amount, a share, a date, a count or the end of a card's number."""
    return bool(figures(text)) or "ending in" in text.casefold()


def explains(text: str) -> bool:
    return len(text) > 10 and BECAUSE in text.casefold() and has_datum(text)


def quality(text: str) -> int:
    """0 to 10: long enough, concrete, and in plain language."""
    length = next((points for least, points in LENGTHS if len(text) >= least), 0)
    sentences = sentences_of(text)
    plain = len(sentences) <= SENTENCES and all(len(one.split()) <= LONGEST_SENTENCE for one in sentences)
    return length + DATUM * has_datum(text) + PLAIN * plain


def percent(part: int, whole: int) -> float | None:
    """To two places; only the whole is 100, so that one that is missing is not rounded away."""
    if not whole:
        return None
    share = rounded(Decimal(part * 100) / whole)
    return min(share, 99.99) if part < whole else share


def mean(total: int, count: int) -> float | None:
    return rounded(Decimal(total) / count) if count else None


def rounded(value: Decimal) -> float:
    return float(value.quantize(Decimal("0.01"), ROUND_HALF_UP))


def balance(users: Mapping[str, int], items: Mapping[str, int]) -> float | None:
    """1 where every persona has the share of items that it has of people; over the personas that occur."""
    people, given = sum(users.values()), sum(items.values())
    if not people or not given:
        return None
    apart = [abs(Decimal(items.get(one, 0)) / given - Decimal(users.get(one, 0)) / people) for one in {*users, *items}]
    return float((1 - sum(apart, Decimal(0)) / len(apart)).quantize(Decimal("0.0001"), ROUND_HALF_UP))


def compared(groups: Sequence[Group]) -> list[dict[str, Any]]:
    """Each group beside the best covered one of its dimension; too few people are listed and not judged."""
    best: dict[str, Decimal] = {}
    for one in groups:
        if one.users >= ASSESSED:
            best[one.dimension] = max(best.get(one.dimension, Decimal(0)), _coverage(one))
    return [_compared(one, best.get(one.dimension)) for one in groups]


def _compared(one: Group, best: Decimal | None) -> dict[str, Any]:
    gap = rounded(best - _coverage(one)) if best is not None and one.users >= ASSESSED else None
    return {
        "dimension": one.dimension,
        "group": one.group,
        "users": one.users,
        "coverage_percent": percent(one.reached, one.users),
        "mean_recommendations": mean(one.items, one.users),
        "assessed": gap is not None,
        "gap_points": gap,
        "flagged": gap is not None and gap > WIDEST_GAP,
    }


def _coverage(one: Group) -> Decimal:
    return Decimal(one.reached * 100) / one.users


def widest(groups: Iterable[Mapping[str, Any]]) -> float | None:
    return max((one["gap_points"] for one in groups if one["assessed"]), default=None)


def targets(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was promised, beside what came out; of what could not be measured nothing is said."""
    coverage, explained, relevant = report["coverage"], report["explainability"], report["relevance"]
    latency, audited = report["latency"], report["auditability"]
    within = latency["recommendations_within_target_percent"]
    p95 = latency["recommendation_generation_latency_p95"]
    gap, violations = report["fairness"]["max_gap_points"], report["guardrails"]["violations"]
    judged = report["guardrails"]["checked"] > 0
    least = (
        ("users_with_persona", 100, coverage["users_with_persona_percent"]),
        ("users_with_behaviors", 90, coverage["users_with_behaviors_percent"]),
        ("recommendations_with_rationales", 100, explained["recommendations_with_rationales_percent"]),
        ("rationales_with_data_points", 100, explained["rationales_with_data_points_percent"]),
        ("rationale_quality", 8, explained["rationale_quality_score"]),
        ("education_persona_fit", 80, relevant["education_persona_fit_percent"]),
        ("partner_offer_persona_fit", 80, relevant["partner_offer_persona_fit_percent"]),
        ("recommendations_with_traces", 100, audited["recommendations_with_traces_percent"]),
        ("replayed_identical", 100, audited["replayed_identical_percent"]),
    )
    return [
        *(_target(metric, target, value, value is not None and value >= target) for metric, target, value in least),
        _target("latency_p95", 5000, p95, p95 is not None and p95 < 5000),
        _target("latency_within_target", 90, within, within is not None and within > 90),
        _target("audit_chain_valid", 1, int(audited["audit_chain_valid"]), audited["audit_chain_valid"]),
        _target("fairness_gap", WIDEST_GAP, gap, gap is not None and gap <= WIDEST_GAP),
        _target("guardrail_violations", 0, violations if judged else None, violations == 0),
    ]


def _target(metric: str, target: int, value: float | None, met: bool) -> dict[str, Any]:
    return {"metric": metric, "target": target, "value": value, "met": None if value is None else met}


def missed(report: Mapping[str, Any]) -> list[str]:
    return [one["metric"] for one in report["targets"] if one["met"] is False]
