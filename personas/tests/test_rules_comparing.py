import copy
import hashlib
from time import perf_counter

import polars as pl

from personas import rules

BEFORE = rules.shipped()


def with_threshold(slug, place, threshold):
    content = copy.deepcopy(BEFORE.as_json())
    persona = next(one for one in content["persona"] if one["slug"] == slug)
    persona["match"]["all"][place]["threshold"] = threshold
    return rules.read(content)


STRICTER = with_threshold("subscription_heavy", 0, 4)
PEOPLE = [
    # three subscriptions and savings, three and nothing, five, five with a card
    *([(3, 60, 5, True, False)] * 2),
    *([(3, 60, 20, False, False)] * 3),
    *([(5, 60, 20, False, False)] * 4),
    (5, 60, 20, False, True),
]


def frame(people=PEOPLE):
    objects = [
        {
            "subscriptions": {
                "recurring_merchant_count": count,
                "monthly_recurring_spend": monthly,
                "subscription_share_pct": share,
            },
            "savings": {"net_savings_inflow": 250 if saves else 0, "inferred": False},
            "credit": {"cards_not_below_30": 0, "any_overdue": overdue},
        }
        for count, monthly, share, saves, overdue in people
    ]
    return rules.frame_of(objects).with_columns(user_id=pl.Series([f"user-{n}" for n in range(len(people))]))


def test_a_stricter_count_moves_those_with_three_subscriptions():
    told = rules.compare(frame(), BEFORE, STRICTER)
    assert (told["changed"], told["unchanged"]) == (5, 5)
    assert told["before"] == {
        "high_utilization": 1,
        "variable_income_budgeter": 0,
        "subscription_heavy": 9,
        "savings_builder": 0,
        "general_wellness": 0,
    }
    assert told["after"] == told["before"] | {"subscription_heavy": 4, "savings_builder": 2, "general_wellness": 3}
    assert told["delta"] == {
        "high_utilization": 0,
        "variable_income_budgeter": 0,
        "subscription_heavy": -5,
        "savings_builder": 2,
        "general_wellness": 3,
    }
    assert told["movements"] == [
        {"from": "high_utilization", "to": "high_utilization", "count": 1},
        {"from": "subscription_heavy", "to": "subscription_heavy", "count": 4},
        {"from": "subscription_heavy", "to": "savings_builder", "count": 2},
        {"from": "subscription_heavy", "to": "general_wellness", "count": 3},
    ]
    assert {"id": "sh_count", "met_before": 10, "met_after": 5} in told["criteria"]
    assert {"id": "sb_inflow", "met_before": 2, "met_after": 2} in told["criteria"]
    assert len(told["criteria"]) == 32


def test_strengths_change_only_for_those_who_stay():
    content = copy.deepcopy(STRICTER.as_json())
    content["persona"][2]["strength"][0]["when"]["all"][0]["threshold"] = 6
    told = rules.compare(frame(), BEFORE, rules.read(content))
    assert told["strength_changes"] == [
        {"persona": "subscription_heavy", "from": "strong", "to": "moderate", "count": 4}
    ]


def test_a_criterion_that_one_document_lacks_is_null_there():
    content = copy.deepcopy(BEFORE.as_json())
    content["persona"][0]["match"]["any"][0]["id"] = "renamed"
    told = {one["id"]: one for one in rules.compare(frame(), BEFORE, rules.read(content))["criteria"]}
    assert told["renamed"] == {"id": "renamed", "met_before": None, "met_after": 0}
    assert told["hu_card_50"] == {"id": "hu_card_50", "met_before": 0, "met_after": None}
    assert list(told)[-1] == "hu_card_50"


def test_the_sample_shows_who_moves_with_the_evidence():
    sample = rules.compare(frame(), BEFORE, STRICTER)["sample"]
    assert {one["user_id"] for one in sample} == {f"user-{n}" for n in range(5)}
    assert [one["to"] for one in sample] == ["savings_builder"] * 2 + ["general_wellness"] * 3
    count = next(one for one in sample[0]["criteria"] if one["id"] == "sh_count")
    assert (count["value"], count["threshold"], count["met_before"], count["met"]) == (3, 4, True, False)


def test_a_large_sample_holds_the_lowest_hashes_of_every_pair():
    people = [PEOPLE[0]] * 20 + [PEOPLE[2]] * 500
    sample = rules.compare(frame(people), BEFORE, STRICTER)["sample"]
    assert len(sample) == 100
    savers = [one["user_id"] for one in sample if one["to"] == "savings_builder"]
    others = [one["user_id"] for one in sample if one["to"] == "general_wellness"]

    def lowest(users, count):
        return sorted(users, key=lambda user: hashlib.sha256(user.encode()).hexdigest())[:count]

    assert savers == lowest([f"user-{n}" for n in range(20)], 20)
    assert others == lowest([f"user-{n}" for n in range(20, 520)], 80)


def test_the_order_of_people_changes_nothing():
    people = frame()
    told = rules.compare(people, BEFORE, STRICTER)
    assert rules.compare(people.reverse(), BEFORE, STRICTER) == told


def test_the_same_document_changes_nobody_and_nobody_can_be_compared():
    same = rules.compare(frame(), BEFORE, BEFORE)
    assert (same["changed"], same["sample"], same["strength_changes"]) == (0, [], [])
    nobody = rules.compare(frame([]), BEFORE, STRICTER)
    assert (nobody["changed"], nobody["unchanged"], nobody["movements"]) == (0, 0, [])


def test_a_hundred_thousand_users_take_less_than_three_seconds():
    crowd = pl.concat([frame()] * 10_000, rechunk=True)
    start = perf_counter()
    told = rules.compare(crowd, BEFORE, STRICTER)
    assert perf_counter() - start < 3
    assert told["changed"] == 50_000
