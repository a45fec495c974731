import random
from decimal import Decimal
from time import perf_counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personas import rules
from personas.catalogue import CATALOGUE, Type
from personas.tests import rule_reference

RULES = rules.shipped()
CARD = {"any_card_high_util": True, "cards_not_below_30": 1}
BUFFER = {"cash_flow_buffer_months": 0.80, "median_pay_gap_days": 50, "income_variability_pct": 37.85}
IRREGULAR = BUFFER | {"payment_frequency": "irregular"}
SAVER = {"savings_growth_rate_pct": 4.96, "net_savings_inflow": 401.50, "inferred": False}
NO_CARD = {"cards_not_below_30": 0}
GUESSED = {"savings_growth_rate_pct": 51.19, "net_savings_inflow": 451.43, "inferred": True}


def persona(**signals):
    row = rules.evaluate(rules.frame_of([signals]), RULES).row(0, named=True)
    return row["primary"], row["strength"]


def subscribed(count, monthly, share):
    return {
        "recurring_merchant_count": count,
        "monthly_recurring_spend": monthly,
        "subscription_share_pct": share,
    }


NOBODY = ("general_wellness", "default")


@pytest.mark.parametrize(
    ("signals", "expected"),
    [
        (
            {"credit": CARD | {"aggregate_utilization_pct": 68, "any_interest_charges": True}},
            ("high_utilization", "moderate"),
        ),
        ({"credit": CARD | {"aggregate_utilization_pct": 70.00}}, ("high_utilization", "strong")),
        ({"credit": CARD | {"aggregate_utilization_pct": 68, "any_overdue": True}}, ("high_utilization", "strong")),
        (
            {"credit": {"any_minimum_payment_only": True, "aggregate_utilization_pct": 12}},
            ("high_utilization", "weak"),
        ),
        ({"income": IRREGULAR}, ("variable_income_budgeter", "moderate")),
        ({"income": IRREGULAR | {"cash_flow_buffer_months": 0.49}}, ("variable_income_budgeter", "strong")),
        ({"income": IRREGULAR | {"cash_flow_buffer_months": 1.00}}, NOBODY),
        ({"income": BUFFER | {"median_pay_gap_days": 45, "payment_frequency": "monthly"}}, NOBODY),
        (
            {
                "income": {
                    "median_pay_gap_days": 3.5,
                    "payment_frequency": "irregular",
                    "cash_flow_buffer_months": 0.23,
                    "income_variability_pct": 55,
                }
            },
            ("variable_income_budgeter", "strong"),
        ),
        ({"subscriptions": subscribed(10, 344.24, 7.87)}, ("subscription_heavy", "weak")),
        ({"subscriptions": subscribed(2, 90.00, 30)}, NOBODY),
        ({"savings": SAVER, "credit": NO_CARD}, ("savings_builder", "moderate")),
        ({"savings": SAVER, "credit": {"cards_not_below_30": 1}}, NOBODY),
        ({"savings": GUESSED | {"emergency_fund_months": 1.47}, "credit": NO_CARD}, NOBODY),
        ({"savings": GUESSED | {"emergency_fund_months": 3.00}, "credit": NO_CARD}, ("savings_builder", "strong")),
    ],
)
def test_the_table_of_the_specification(signals, expected):
    assert persona(**signals) == expected


def test_priority_beats_strength():
    signals = {"credit": {"any_interest_charges": True}, "subscriptions": subscribed(9, 300, 40)}
    row = rules.evaluate(rules.frame_of([signals]), RULES).row(0, named=True)
    assert (row["primary"], row["strength"]) == ("high_utilization", "weak")
    assert row["secondary"] == ["subscription_heavy"]
    assert row["all_matches"] == ["high_utilization", "subscription_heavy"]


def test_at_most_two_personas_are_secondary_and_all_are_named():
    signals = {
        "credit": {"any_interest_charges": True} | NO_CARD,
        "income": IRREGULAR,
        "subscriptions": subscribed(9, 300, 40),
        "savings": SAVER,
    }
    row = rules.evaluate(rules.frame_of([signals]), RULES).row(0, named=True)
    assert row["secondary"] == ["variable_income_budgeter", "subscription_heavy"]
    assert row["all_matches"] == [
        "high_utilization",
        "variable_income_budgeter",
        "subscription_heavy",
        "savings_builder",
    ]


def test_every_row_answers_with_every_column():
    answered = rules.evaluate(rules.frame_of([{}, {}]), RULES)
    assert answered.height == 2
    slugs = [rule.persona for rule in RULES.personas]
    assert answered.columns == [
        *("primary", "strength", "secondary", "all_matches"),
        *(f"matched_{slug}" for slug in slugs),
        *(one.id for one in RULES.criteria()),
    ]
    assert answered["all_matches"].to_list() == [["general_wellness"]] * 2
    assert rules.evaluate(rules.frame_of([]), RULES).height == 0


ANY_NUMBER = rules.read(
    {
        **RULES.as_json(),
        "persona": [
            RULES.as_json()["persona"][0]
            | {
                "match": {
                    "any": [
                        {"id": f"c{place}", "signal": "income.checking_balance", "op": op, "threshold": threshold}
                        for place, (op, threshold) in enumerate(
                            [(">=", -9e11), (">", -9e11), ("<=", 9e11), ("<", 9e11), ("==", 7), ("in", [7, 8])]
                        )
                    ]
                }
            },
            *RULES.as_json()["persona"][1:],
        ],
    }
)


def answers(column):
    frame = pl.DataFrame({"income.checking_balance": column} if column is not None else {"user_id": [1]})
    return rules.evaluate(frame, ANY_NUMBER).select(f"c{place}" for place in range(6)).row(0)


@pytest.mark.parametrize(
    "column",
    [
        None,
        pl.Series([None]),
        pl.Series([None], dtype=pl.Float64),
        pl.Series([float("nan")]),
        pl.Series([float("inf")]),
        pl.Series([True]),
        pl.Series(["seven"]),
        pl.Series(["nan"]),
        pl.Series(["inf"]),
        pl.Series([""]),
        pl.Series([[7.0]]),
        pl.Series([{"amount": 7}]),
    ],
)
def test_what_is_missing_or_of_the_wrong_type_satisfies_no_op(column):
    assert answers(column) == (False,) * 6


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([7]),
        pl.Series([7.0]),
        pl.Series(["7"]),
        pl.Series(["7.00"]),
        pl.Series([Decimal("7.00")]),
        pl.Series(["7"], dtype=pl.Categorical),
    ],
)
def test_a_number_is_a_number_however_it_is_stored(column):
    assert answers(column) == (True,) * 6


@pytest.mark.parametrize("value", ["7", "7.00", 7, 7.0, Decimal(7)])
def test_numeric_strings_of_objects_are_numbers(value):
    frame = rules.frame_of([{"income": {"checking_balance": value}}])
    assert frame["income.checking_balance"].to_list() == [7.0]


@pytest.mark.parametrize("value", [True, None, "x", "", [], {}, "nan", "1e999", 10**400, float("inf"), "１_2"])
def test_what_is_no_number_in_an_object_is_missing(value):
    frame = rules.frame_of([{"income": {"checking_balance": value}}, {"income": [value]}, {"income": value}, {}])
    assert frame["income.checking_balance"].to_list() == [None] * 4


def test_flags_and_words_take_no_look_alikes():
    given = [{"credit": {"any_overdue": value}, "income": {"payment_frequency": value}} for value in ("true", 1, None)]
    frame = rules.frame_of(given)
    assert frame["credit.any_overdue"].to_list() == [None] * 3
    assert not rules.evaluate(frame, RULES)["hu_overdue"].any()
    assert not rules.evaluate(frame, RULES)["vib_irregular"].any()


THRESHOLDS = [
    (one, Decimal(str(one.threshold)))
    for one in RULES.criteria()
    if one.signal.type not in (Type.FLAG, Type.WORD) and one.op.value != "in"
]


@settings(deadline=None)
@given(
    st.sampled_from(THRESHOLDS),
    st.integers(-500, 500).map(lambda cents: Decimal(cents) / 100),
    st.sampled_from(["decimal", "float", "string"]),
)
def test_around_a_threshold_every_cent_decides(threshold, distance, kind):
    criterion, bound = threshold
    value = bound + distance
    stored = {"decimal": value, "float": float(value), "string": str(value)}[kind]
    dtype = {"decimal": pl.Decimal(12, 2), "float": pl.Float64, "string": pl.String}[kind]
    frame = pl.DataFrame({criterion.signal.path: pl.Series([stored], dtype=dtype)})
    met = rules.evaluate(frame, RULES)[criterion.id][0]
    assert met is rule_reference.OPS[criterion.op.value](value, bound)


def random_profiles(count, seed):
    chance = random.Random(seed)  # noqa: S311
    thresholds = {}
    for one in RULES.criteria():
        thresholds.setdefault(one.signal.path, []).append(one.threshold)

    def value(path):
        signal = CATALOGUE[path]
        if chance.random() < 0.1:
            return None
        if signal.type is Type.FLAG:
            return chance.random() < 0.5
        if signal.type is Type.WORD:
            return chance.choice(signal.words)
        around = Decimal(str(chance.choice(thresholds[path])))
        return around + chance.choice([-1, 0, 1]) * Decimal(chance.randrange(0, 300)) / 100

    return [{path: value(path) for path in sorted(thresholds)} for _ in range(count)]


def as_frame(profiles):
    def dtype(path):
        return {Type.FLAG: pl.Boolean, Type.WORD: pl.String}.get(CATALOGUE[path].type, pl.Decimal(14, 2))

    return pl.DataFrame(profiles, schema={path: dtype(path) for path in profiles[0]})


def test_columns_answer_like_the_reference_for_ten_thousand_random_profiles():
    profiles = random_profiles(10_000, seed=20)
    rows = rules.evaluate(as_frame(profiles), RULES).select("primary", "strength", "secondary", "all_matches").rows()
    document = RULES.as_json()
    expected = [rule_reference.evaluate(document, profile) for profile in profiles]
    assert rows == expected
    assert {row[1] for row in rows} == {"strong", "moderate", "weak", "default"}
    assert {row[0] for row in rows} == {persona.value for persona in rules.Persona}


def test_a_person_does_not_depend_on_who_else_is_in_the_frame():
    frame = as_frame(random_profiles(200, seed=3)).with_row_index("user_id")
    together = rules.evaluate(frame, RULES)
    shuffled = frame.sample(fraction=1, shuffle=True, seed=1)
    again = pl.concat([shuffled.select("user_id"), rules.evaluate(shuffled, RULES)], how="horizontal")
    assert again.sort("user_id").drop("user_id").equals(together)
    alone = pl.concat([rules.evaluate(frame[place], RULES) for place in range(frame.height)])
    assert alone.equals(together)


def test_a_hundred_thousand_users_take_less_than_a_second():
    frame = as_frame(random_profiles(10_000, seed=4))
    crowd = pl.concat([frame] * 10, rechunk=True)
    start = perf_counter()
    rules.evaluate(crowd, RULES)
    assert perf_counter() - start < 1
