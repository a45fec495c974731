import itertools
import random
from time import monotonic

import pytest

from personas import rules
from personas.catalogue import CATALOGUE, Type
from personas.rules.bindings import WINDOWS
from personas.rules.linting import lint
from personas.rules.solving import Space
from personas.tests import rule_reference

ANY_CARD = {"id": "a_card", "signal": "credit.num_credit_cards", "op": ">=", "threshold": 1}


def criterion(name, signal, op, threshold):
    return {"id": name, "signal": signal, "op": op, "threshold": threshold}


def tier(word, when):
    return {"tier": word, "when": when}


def document(**personas):
    """The shipped document with other trees for the personas named."""
    content = rules.shipped().as_json()
    for one in content["persona"]:
        match, *tiers = personas.get(one["slug"], [None])
        if match:
            one |= {"match": match, "strength": tiers}
    return rules.read(content)


def found(document, kind):
    return [one for one in lint(document) if one.kind == kind]


def evaluated(finding):
    return rules.frame_of([finding.witness])


def test_the_shipped_rules_have_no_error_and_no_warning():
    findings = lint(rules.shipped())
    assert {one.severity for one in findings} == {"info"}
    assert [(one.kind, one.persona, one.criteria) for one in findings] == [
        ("gap", "variable_income_budgeter", ("vib_s1", "vib_s2")),
        ("gap", "variable_income_budgeter", ("vib_m1", "vib_m2")),
        ("gap", "savings_builder", ("sb_s1", "sb_s2")),
        ("gap", "savings_builder", ("sb_m1", "sb_m2")),
    ]


def test_the_witness_of_a_gap_meets_the_tier_and_not_the_match():
    for finding in lint(rules.shipped()):
        row = rules.evaluate(evaluated(finding), rules.shipped()).row(0, named=True)
        assert not row[f"matched_{finding.persona}"]
        assert any(row[name] for name in finding.criteria)


CONTRADICTIONS = [
    {"all": [criterion("x", "income.checking_balance", ">", 5), criterion("y", "income.checking_balance", "<=", 5)]},
    {
        "all": [
            criterion("x", "credit.any_card_high_util", "==", False),
            criterion("y", "credit.aggregate_utilization_pct", ">=", 50),
        ]
    },
    {
        "all": [
            criterion("x", "credit.highest_card_utilization_pct", ">=", 30),
            criterion("y", "credit.cards_not_below_30", "==", 0),
        ]
    },
    {
        "all": [
            criterion("x", "credit.num_credit_cards", "==", 0),
            criterion("y", "credit.any_overdue", "==", True),
        ]
    },
    {
        "all": [
            criterion("x", "income.payment_frequency", "==", "irregular"),
            criterion("y", "income.median_pay_gap_days", "==", 30),
        ]
    },
    {
        "all": [
            criterion("x", "income.payment_frequency", "in", ["unknown"]),
            criterion("y", "income.median_pay_gap_days", ">", 0),
        ]
    },
    {
        "all": [
            criterion("x", "income.income_type", "==", "payroll"),
            criterion("y", "income.income_variability_pct", ">=", 10),
        ]
    },
    {
        "all": [
            criterion("x", "income.payday_count", ">=", 10),
            criterion("y", "income.median_pay_gap_days", ">", 45),
        ]
    },
    {
        "all": [
            criterion("x", "subscriptions.recurring_merchant_count", "==", 0),
            criterion("y", "subscriptions.subscription_share_pct", ">", 0),
        ]
    },
    {
        "all": [
            criterion("x", "savings.savings_growth_rate_pct", ">", 0),
            criterion("y", "savings.net_savings_inflow", "<", 0),
        ]
    },
    {
        "all": [
            criterion("x", "savings.emergency_fund_level", "==", "good"),
            criterion("y", "savings.emergency_fund_months", ">=", 6),
        ]
    },
    {
        "all": [
            criterion("x", "savings.num_savings_accounts", "==", 0),
            criterion("y", "savings.inferred", "in", [True, False]),
        ]
    },
    {
        "all": [
            criterion("x", "income.checking_balance", "<", 0),
            criterion("y", "income.cash_flow_buffer_months", ">=", 1),
        ]
    },
    {
        "all": [
            criterion("x", "credit.any_interest_charges", "==", False),
            criterion("y", "credit.interest_monthly", ">", 0),
        ]
    },
]


@pytest.mark.parametrize("match", CONTRADICTIONS)
def test_criteria_that_contradict_each_other_make_a_persona_unreachable(match):
    ruled = document(subscription_heavy=[match])
    (finding,) = found(ruled, "unreachable")
    assert (finding.severity, finding.persona, finding.criteria) == ("error", "subscription_heavy", ("x", "y"))
    met = rules.evaluate(evaluated(finding), ruled).select("x", "y").row(0)
    assert sum(met) == 1, "the witness meets as much of the match as can be met"
    assert [one.kind for one in lint(ruled) if one.persona == "subscription_heavy"] == ["unreachable"]


def test_either_half_of_a_contradiction_can_be_met_alone_in_every_window():
    for match in CONTRADICTIONS:
        criteria = list(document(subscription_heavy=[match]).personas[2].match.children)
        for window, half in itertools.product(WINDOWS, criteria):
            assert Space(criteria, window, lambda: True).find((half, True))


def test_a_persona_inside_one_above_is_shadowed():
    inside = {"all": [criterion("x", "credit.any_overdue", "==", True), ANY_CARD]}
    ruled = document(subscription_heavy=[inside])
    (finding,) = found(ruled, "shadowed")
    assert (finding.severity, finding.persona) == ("error", "subscription_heavy")
    row = rules.evaluate(evaluated(finding), ruled).row(0, named=True)
    assert row["matched_subscription_heavy"]
    assert row["primary"] == "high_utilization"


def test_a_persona_is_shadowed_by_several_together():
    """Every card is below 30 %, or not: the first two personas take them all, neither alone does."""
    below = {"any": [criterion("below", "credit.highest_card_utilization_pct", "<", 30)]}
    above = {"any": [criterion("above", "credit.highest_card_utilization_pct", ">=", 30)]}
    known = {"any": [criterion("known", "credit.aggregate_utilization_pct", ">=", 0)]}
    ruled = document(high_utilization=[below], variable_income_budgeter=[above], subscription_heavy=[known])
    assert [one.persona for one in found(ruled, "shadowed")] == ["subscription_heavy"]
    assert not found(document(high_utilization=[below], subscription_heavy=[known]), "shadowed")


def test_a_tier_inside_an_earlier_one_is_a_warning():
    match = {"any": [ANY_CARD]}
    strong = tier("strong", criterion("s", "credit.total_credit_used", ">=", 100))
    moderate = tier("moderate", criterion("m", "credit.total_credit_used", ">", 200))
    (finding,) = found(document(high_utilization=[match, strong, moderate]), "shadowed")
    assert (finding.severity, finding.criteria) == ("warning", ("m",))
    assert "meets strong first" in finding.sentence
    assert not found(document(high_utilization=[match, moderate, strong]), "shadowed")


def test_a_tier_that_cannot_go_with_its_match_is_a_warning():
    strong = tier("strong", criterion("s", "credit.num_credit_cards", "==", 0))
    (finding,) = found(document(high_utilization=[{"any": [ANY_CARD]}, strong]), "shadowed")
    assert "no profile meets it together with the match" in finding.sentence


def test_two_matches_that_mean_the_same_are_a_tie():
    """A card at 50 % or more is what any_card_high_util says."""
    flag = {"any": [criterion("flag", "credit.any_card_high_util", "==", True)]}
    number = {"any": [criterion("number", "credit.highest_card_utilization_pct", ">=", 50)]}
    ruled = document(high_utilization=[flag], savings_builder=[number])
    (finding,) = found(ruled, "tie")
    assert (finding.severity, finding.persona, finding.criteria) == ("warning", "savings_builder", ("flag", "number"))
    row = rules.evaluate(evaluated(finding), ruled).row(0, named=True)
    assert row["matched_savings_builder"]
    almost = {"any": [criterion("number", "credit.highest_card_utilization_pct", ">", 50)]}
    assert not found(document(high_utilization=[flag], savings_builder=[almost]), "tie")


@pytest.mark.parametrize(
    ("signal", "op", "threshold", "nearest"),
    [
        ("income.median_pay_gap_days", ">", 179, 179),
        ("income.median_pay_gap_days", "<", 1, 1),
        ("income.lookback_days", "<", 180, 180),
        ("subscriptions.recurring_merchant_count", "==", 2.5, None),
        ("income.cash_flow_buffer_months", "==", 0.125, None),
        ("credit.aggregate_utilization_pct", "<", 0, 0),
        ("subscriptions.lookback_days", "in", [30, 180], 90),
    ],
)
def test_what_no_window_can_show_is_told_with_the_nearest_value(signal, op, threshold, nearest):
    ruled = document(savings_builder=[{"any": [criterion("x", signal, op, threshold), ANY_CARD]}])
    (finding,) = found(ruled, "window_impossible")
    assert (finding.severity, finding.criteria) == ("warning", ("x",))
    assert "30d or 90d or 180d" in finding.sentence
    category, _, name = signal.partition(".")
    value = finding.witness[category][name]
    assert nearest is None or value == nearest
    assert not rules.evaluate(evaluated(finding), ruled)["x"][0]


def test_what_the_window_can_just_show_is_no_finding():
    for signal, op, threshold in [("income.median_pay_gap_days", ">=", 179), ("income.lookback_days", "==", 180)]:
        match = {"any": [criterion("x", signal, op, threshold)]}
        assert not found(document(savings_builder=[match]), "window_impossible")


def hard(count=60):
    """Many alternatives that exclude each other in pairs, so that only a long search could tell."""
    signals = [path for path, one in CATALOGUE.items() if one.type is Type.MONEY][:8]
    children = [
        {"any": [criterion(f"c{n}_{side}", signals[(n + side) % 8], ["<", ">"][side], n) for side in (0, 1)]}
        for n in range(count // 2)
    ]
    return {"all": [{"all": children[start : start + 20]} for start in range(0, len(children), 20)]}


def test_when_the_time_is_up_the_finding_says_so():
    ticks = itertools.count()
    findings = lint(rules.shipped(), seconds=10, clock=lambda: next(ticks))
    undecided = [one for one in findings if one.severity == "undecided"]
    assert undecided
    assert all("could not be decided within 10 seconds" in one.sentence for one in undecided)
    assert all(one.witness is None for one in undecided)


def test_the_nearest_profile_of_many_exclusive_criteria_is_found_soon():
    match = {"all": [criterion(f"x{n}", "credit.num_credit_cards", "==", n) for n in range(20)]}
    ruled = document(subscription_heavy=[match])
    (finding,) = found(ruled, "unreachable")
    assert sum(rules.evaluate(evaluated(finding), ruled).select(f"x{n}" for n in range(20)).row(0)) == 1
    assert finding.witness == {"credit": {"num_credit_cards": 0}}


def test_a_document_that_is_hard_to_decide_still_ends_in_time():
    start = monotonic()
    findings = lint(document(subscription_heavy=[hard()]), seconds=0.5)
    assert monotonic() - start < 5
    assert findings


def test_findings_are_the_same_every_time_and_stand_in_document_order():
    ruled = document(subscription_heavy=[CONTRADICTIONS[0]])
    assert lint(ruled) == lint(ruled)
    order = [rule.persona for rule in ruled.personas]
    places = [order.index(one.persona) for one in lint(ruled)]
    assert places == sorted(places)


def random_document(chance):
    names = itertools.count()
    signals = ["credit.highest_card_utilization_pct", "credit.cards_not_below_30", "credit.any_card_high_util"]

    def leaf():
        path = chance.choice(signals)
        if CATALOGUE[path].type is Type.FLAG:
            return criterion(f"c{next(names)}", path, "==", chance.random() < 0.5)
        threshold = chance.choice([20, 30, 40, 50, 60]) if path.endswith("pct") else chance.randrange(3)
        return criterion(f"c{next(names)}", path, chance.choice([">=", ">", "<=", "<", "=="]), threshold)

    def tree(depth):
        if depth == 0 or chance.random() < 0.3:
            return leaf()
        return {chance.choice(["all", "any"]): [tree(depth - 1) for _ in range(chance.randrange(1, 4))]}

    slugs = [rule.persona.value for rule in rules.shipped().personas]
    return document(**{slug: [tree(2), tier("strong", tree(1)), tier("moderate", tree(1))] for slug in slugs})


def test_the_witnesses_of_random_documents_are_what_they_are_said_to_be():
    """Judged by the reference: a gap meets the tier and not the match, a shadow meets the persona and one above."""
    kinds = set()
    for seed in range(100, 120):
        ruled = random_document(random.Random(seed))  # noqa: S311
        written = {one["slug"]: one for one in ruled.as_json()["persona"]}
        for finding in lint(ruled):
            if finding.severity not in ("info", "error") or finding.kind == "unreachable":
                continue
            profile = {f"credit.{name}": value for name, value in finding.witness["credit"].items()}
            persona = written[finding.persona]
            matched = rule_reference.holds(persona["match"], profile)
            assert matched is (finding.kind == "shadowed")
            if finding.kind == "gap":
                assert any(rule_reference.holds(one["when"], profile) for one in persona["strength"])
            kinds.add(finding.kind)
    assert kinds == {"gap", "shadowed"}


def every_wallet():
    """All that up to three cards can show at the steps that matter, with cards of unknown use among them."""
    for cards in itertools.combinations_with_replacement([None, 10, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65], 3):
        for held in range(4):
            known = [use for use in cards[:held] if use is not None]
            unsure = sum(use is None or use >= 30 for use in cards[:held])
            highest = max(known, default=None)
            yield {
                "credit": {
                    "highest_card_utilization_pct": highest,
                    "cards_not_below_30": unsure,
                    "any_card_high_util": highest is not None and highest >= 50,
                }
            }


def test_the_linter_agrees_with_trying_every_wallet():
    """Random documents over three signals that bind each other, against every profile that cards can make."""
    wallets = rules.frame_of(every_wallet())
    kinds = set()
    for seed in range(30):
        ruled = random_document(random.Random(seed))  # noqa: S311
        row = rules.evaluate(wallets, ruled)
        findings = lint(ruled)
        kinds |= {one.kind for one in findings}
        for place, rule in enumerate(ruled.personas):
            matched = row[f"matched_{rule.persona}"]
            above = [row[f"matched_{other.persona}"] for other in ruled.personas[:place]]
            free = matched.clone()
            for other in above:
                free = free & ~other
            of = [(one.kind, one.severity) for one in findings if one.persona == rule.persona]
            assert (("unreachable", "error") in of) is (not matched.any()), seed
            assert (("shadowed", "error") in of) is (matched.any() and bool(above) and not free.any()), seed
            ties = sum(matched.any() and matched.equals(other, check_names=False) for other in above)
            assert of.count(("tie", "warning")) == ties, seed
    assert {"unreachable", "shadowed", "tie", "gap"} <= kinds
