"""What makes a rationale good and a spread fair, by hand and at the edges."""

import pytest

from operators import measures
from operators.measures import Group

WHY = "We're showing you this because your Visa ending 4523 is at 68 % of its limit."


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (WHY, True),
        ("It is so because of $5.", True),
        ("It is so because of 3 rows.", True),
        ("It is so because of 2025-11-05.", True),
        ("Because your card ending in blue is nearly full.", True),
        ("It is so because of you.", False),  # nothing of the person's own
        ("Your card is at 68 % of its limit.", False),  # does not say why
        ("because 68", False),  # ten characters
        ("because 68%", True),  # eleven
    ],
)
def test_an_explanation_says_because_and_something_of_the_persons_own(text, told):
    assert measures.explains(text) is told


def sentence(words):
    return " ".join(["word"] * (words - 1)) + " end."


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("", 3),
        ("x" * 10, 3),
        ("x" * 11, 1 + 3),
        ("x" * 39, 1 + 3),
        ("x" * 40, 2 + 3),
        ("x" * 79, 2 + 3),
        ("x" * 80, 3 + 3),
        ("x" * 76 + " 68%", 3 + 4 + 3),
        ("One. Two here. Three.", 1 + 4 + 3),  # a spelled number is a count
        ("First. Then. Next. Last.", 1),  # four sentences
        (sentence(25), 3 + 3),
        (sentence(26), 3),
        (WHY, 2 + 4 + 3),
    ],
)
def test_quality_counts_length_a_datum_and_plain_language(text, points):
    assert measures.quality(text) == points


@pytest.mark.parametrize(
    ("part", "whole", "share"),
    [(0, 0, None), (0, 3, 0.0), (1, 3, 33.33), (2, 3, 66.67), (3, 3, 100.0), (99_999, 100_000, 99.99)],
)
def test_only_the_whole_is_a_hundred_percent(part, whole, share):
    assert measures.percent(part, whole) == share


@pytest.mark.parametrize(
    ("users", "items", "score"),
    [
        ({}, {}, None),
        ({"a": 1}, {"a": 0}, None),
        ({"a": 3}, {"a": 9}, 1.0),
        ({"a": 1, "b": 1}, {"a": 2, "b": 2}, 1.0),
        ({"a": 1, "b": 1}, {"a": 3, "b": 1}, 0.75),  # 75 and 25 of 50 and 50
        ({"a": 1, "b": 1, "c": 2}, {"a": 4}, 0.5),  # off by 75, 25 and 50
    ],
)
def test_a_balanced_spread_gives_every_persona_its_share(users, items, score):
    assert measures.balance(users, items) == score


def test_a_group_is_measured_against_the_best_of_its_dimension():
    found = measures.compared(
        [
            Group("income_third", "low", 20, 17, 40),
            Group("income_third", "middle", 20, 18, 60),
            Group("income_third", "high", 20, 20, 80),
            Group("persona", "savings_builder", 20, 10, 20),
            Group("persona", "high_utilization", 19, 19, 57),
        ]
    )
    assert [(one["coverage_percent"], one["mean_recommendations"], one["gap_points"]) for one in found] == [
        (85.0, 2.0, 15.0),
        (90.0, 3.0, 10.0),
        (100.0, 4.0, 0.0),
        (50.0, 1.0, 0.0),  # nobody else to stand beside
        (100.0, 3.0, None),
    ]
    assert [one["flagged"] for one in found] == [True, False, False, False, False]
    assert [one["assessed"] for one in found] == [True, True, True, True, False]
    assert measures.widest(found) == 15.0
    assert measures.widest(found[4:]) is None


def report(**changed):
    flat = {
        "users_with_persona_percent": 100.0,
        "users_with_behaviors_percent": 90.0,
        "recommendations_with_rationales_percent": 100.0,
        "rationales_with_data_points_percent": 100.0,
        "rationale_quality_score": 8.0,
        "education_persona_fit_percent": 80.0,
        "partner_offer_persona_fit_percent": 80.0,
        "recommendation_generation_latency_p95": 4999,
        "recommendations_within_target_percent": 90.01,
        "recommendations_with_traces_percent": 100.0,
        "replayed_identical_percent": 100.0,
        "audit_chain_valid": True,
        "max_gap_points": 10.0,
        "checked": 5,
        "violations": 0,
    } | changed
    names = ("coverage", "explainability", "relevance", "latency", "auditability", "fairness", "guardrails")
    return dict.fromkeys(names, flat)


def test_every_target_is_met_at_its_edge():
    assert {one["met"] for one in measures.targets(report())} == {True}
    assert len(measures.targets(report())) == 14


@pytest.mark.parametrize(
    ("name", "value", "metric"),
    [
        ("users_with_persona_percent", 99.99, "users_with_persona"),
        ("users_with_behaviors_percent", 89.99, "users_with_behaviors"),
        ("recommendations_with_rationales_percent", 99.99, "recommendations_with_rationales"),
        ("rationales_with_data_points_percent", 99.99, "rationales_with_data_points"),
        ("rationale_quality_score", 7.99, "rationale_quality"),
        ("education_persona_fit_percent", 79.99, "education_persona_fit"),
        ("partner_offer_persona_fit_percent", 79.99, "partner_offer_persona_fit"),
        ("recommendation_generation_latency_p95", 5000, "latency_p95"),
        ("recommendations_within_target_percent", 90.0, "latency_within_target"),
        ("recommendations_with_traces_percent", 99.99, "recommendations_with_traces"),
        ("replayed_identical_percent", 99.99, "replayed_identical"),
        ("audit_chain_valid", False, "audit_chain_valid"),
        ("max_gap_points", 10.01, "fairness_gap"),
        ("violations", 1, "guardrail_violations"),
    ],
)
def test_every_target_is_missed_just_beyond_its_edge(name, value, metric):
    found = {"targets": measures.targets(report(**{name: value}))}
    assert measures.missed(found) == [metric]


def test_what_was_not_measured_is_neither_met_nor_missed():
    nothing = dict.fromkeys(report()["coverage"]) | {"audit_chain_valid": True, "checked": 0, "violations": 0}
    found = measures.targets(report(**nothing))
    assert {one["metric"] for one in found if one["met"] is not None} == {"audit_chain_valid"}
    assert measures.missed({"targets": found}) == []
