import copy

from personas import rules

BEFORE = rules.shipped()


def changed(change):
    content = copy.deepcopy(BEFORE.as_json())
    change(content["persona"])
    return rules.diff(BEFORE, rules.read(content))


def test_the_same_document_differs_in_nothing():
    assert rules.diff(BEFORE, BEFORE) == []
    assert changed(lambda personas: None) == []


def test_a_changed_threshold_is_told_with_both_criteria():
    def stricter(personas):
        personas[2]["match"]["all"][0]["threshold"] = 4

    count = {"id": "sh_count", "signal": "subscriptions.recurring_merchant_count", "op": ">="}
    assert changed(stricter) == [
        {
            "persona": "subscription_heavy",
            "part": "match",
            "change": "changed",
            "id": "sh_count",
            "before": count | {"threshold": 3},
            "after": count | {"threshold": 4},
        }
    ]


def test_what_is_added_or_removed_is_not_also_another_order():
    def exchanged(personas):
        personas[0]["match"]["any"][1] = {
            "id": "hu_new", "signal": "credit.interest_charged", "op": ">", "threshold": 5
        }  # fmt: skip

    told = [(one["part"], one["change"], one["id"]) for one in changed(exchanged)]
    assert told == [("match", "added", "hu_new"), ("match", "removed", "hu_interest")]


def test_a_tier_that_goes_takes_its_criteria():
    told = changed(lambda personas: personas[3]["strength"].pop(0))
    assert [(one["part"], one["change"], one["id"]) for one in told] == [
        ("strong", "removed", "sb_s1"),
        ("strong", "removed", "sb_s2"),
    ]


def test_all_for_any_is_another_arrangement_of_the_same_criteria():
    def loosened(personas):
        personas[2]["match"] = {"any": personas[2]["match"]["all"]}

    told = changed(loosened)
    assert [(one["persona"], one["change"], one["id"]) for one in told] == [("subscription_heavy", "rearranged", None)]
    assert list(told[0]["after"]) == ["any"]


def test_another_name_is_told_first():
    content = BEFORE.as_json() | {"name": "Autumn"}
    told = rules.diff(BEFORE, rules.read(content))
    assert [(one["persona"], one["part"], one["before"], one["after"]) for one in told] == [
        (None, "name", "Shipped rules", "Autumn")
    ]
