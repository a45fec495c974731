import copy
import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personas import rules
from personas.rules.document import leaves


def shipped():
    return copy.deepcopy(rules.shipped().as_json())


def errors(document):
    with pytest.raises(rules.InvalidDocument) as refused:
        rules.read(document)
    return [(error["path"], error["code"]) for error in refused.value.errors]


def test_version_1_names_the_five_personas_in_order_and_has_32_criteria():
    document = rules.shipped()
    assert [one["slug"] for one in document.as_json()["persona"]] == [
        "high_utilization",
        "variable_income_budgeter",
        "subscription_heavy",
        "savings_builder",
        "general_wellness",
    ]
    assert len(list(document.match_criteria())) == 16
    assert len(list(document.criteria())) == 32


def test_reading_what_was_written_gives_the_same_document_and_hash():
    document = rules.shipped()
    assert rules.read(document.as_json()) == document
    assert rules.read(json.dumps(document.as_json()).encode(), format="json").hash == document.hash


def test_the_hash_is_that_of_the_canonical_json():
    document = rules.shipped()
    text = json.dumps(document.as_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert document.hash == hashlib.sha256(text.encode()).hexdigest()


def test_a_threshold_of_50_point_0_is_the_threshold_50():
    document = shipped()
    document["persona"][2]["match"]["all"][0]["threshold"] = 3.0
    assert rules.read(document).hash == rules.shipped().hash


def test_all_errors_are_told_at_once_each_with_its_path():
    document = shipped()
    document["persona"][0]["match"]["any"][1]["signal"] = "profile.age"
    document["persona"][1]["match"]["all"][0]["op"] = "!="
    document["persona"][2]["strength"][0]["tier"] = "weak"
    document["persona"][4]["match"] = {"all": []}
    assert errors(document) == [
        ("persona.0.match.any.1.signal", "SIGNAL_UNKNOWN"),
        ("persona.1.match.all.0.op", "OP_UNKNOWN"),
        ("persona.2.strength.0.tier", "TIER_UNKNOWN"),
        ("persona.4.match", "FALLBACK_HAS_CRITERIA"),
    ]


@pytest.mark.parametrize("document", [None, [], "text", 3, {}])
def test_what_is_no_document_is_refused(document):
    assert errors(document)


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("format", 2, "FORMAT_UNKNOWN"),
        ("format", True, "FORMAT_UNKNOWN"),
        ("version", 0, "VERSION_INVALID"),
        ("version", "1", "VERSION_INVALID"),
        ("name", 3, "NAME_INVALID"),
        ("name", "two\nlines", "NAME_INVALID"),
        ("name", "\ud800", "NAME_INVALID"),
        ("name", "x" * 121, "NAME_INVALID"),
        ("persona", {}, "PERSONAS_INVALID"),
        ("author", "x", "UNKNOWN_KEY"),
    ],
)
def test_the_heading_is_checked(key, value, code):
    assert errors(shipped() | {key: value}) == [(key, code)]


def test_a_version_and_a_name_may_be_left_out():
    document = shipped()
    del document["version"], document["name"]
    assert rules.read(document).version is None


def test_personas_out_of_order_or_missing_are_refused():
    swapped = shipped()
    swapped["persona"][0], swapped["persona"][1] = swapped["persona"][1], swapped["persona"][0]
    assert ("persona.0.slug", "PERSONA_ORDER") in errors(swapped)
    assert ("persona", "PERSONAS_INVALID") in errors(shipped() | {"persona": shipped()["persona"][:4]})
    without_match = shipped()
    del without_match["persona"][3]["match"]
    assert errors(without_match) == [("persona.3.match", "MATCH_MISSING")]


@pytest.mark.parametrize(
    ("criterion", "place", "code"),
    [
        ({"id": "Upper"}, "id", "ID_INVALID"),
        ({"id": "x" * 41}, "id", "ID_INVALID"),
        ({"id": "ä"}, "id", "ID_INVALID"),
        ({"id": None}, "id", "ID_INVALID"),
        ({"id": "hu_interest"}, "id", "ID_TWICE"),
        ({"id": "primary"}, "id", "ID_RESERVED"),
        ({"id": "matched_by_me"}, "id", "ID_RESERVED"),
        ({"signal": "credit.cards"}, "signal", "SIGNAL_UNKNOWN"),
        ({"signal": ["credit"]}, "signal", "SIGNAL_UNKNOWN"),
        ({"signal": "meta.window"}, "signal", "SIGNAL_UNKNOWN"),
        ({"signal": "income.last_pay_date"}, "signal", "SIGNAL_NOT_FOR_RULES"),
        ({"op": ">="}, "op", "OP_NOT_FOR_TYPE"),
        ({"op": []}, "op", "OP_UNKNOWN"),
        ({"threshold": "true"}, "threshold", "THRESHOLD_INVALID"),
        ({"threshold": 1}, "threshold", "THRESHOLD_INVALID"),
        ({"threshold": None}, "threshold", "THRESHOLD_INVALID"),
        ({"op": "in", "threshold": True}, "threshold", "THRESHOLD_INVALID"),
        ({"op": "in", "threshold": []}, "threshold", "THRESHOLD_INVALID"),
        ({"op": "in", "threshold": [True, 1]}, "threshold.1", "THRESHOLD_INVALID"),
        ({"weight": 2}, "weight", "UNKNOWN_KEY"),
    ],
)
def test_a_criterion_on_a_flag_is_checked(criterion, place, code):
    document = shipped()
    document["persona"][0]["match"]["any"][2] |= criterion
    assert errors(document) == [(f"persona.0.match.any.2.{place}", code)]


@pytest.mark.parametrize("threshold", ["1", True, float("nan"), float("inf"), 10**13, 10**400, [1], None])
def test_a_number_is_compared_with_a_number_within_reason(threshold):
    document = shipped()
    document["persona"][1]["match"]["all"][0]["threshold"] = threshold
    assert errors(document) == [("persona.1.match.all.0.threshold", "THRESHOLD_INVALID")]


def test_a_word_is_compared_with_its_own_words():
    document = shipped()
    irregular = document["persona"][1]["match"]["all"][1]["any"][1]["all"][0]
    irregular["threshold"] = "fortnightly"
    assert errors(document) == [("persona.1.match.all.1.any.1.all.0.threshold", "THRESHOLD_INVALID")]
    irregular |= {"op": "in", "threshold": ["irregular", "unknown"]}
    assert rules.read(document).as_json() == document


def criterion(number):
    return {"id": f"c{number}", "signal": "credit.num_credit_cards", "op": ">", "threshold": number}


def with_match(match):
    document = shipped()
    document["persona"][0] |= {"match": match, "strength": []}
    return document


def nested(levels):
    return criterion(0) if levels == 1 else {"any": [nested(levels - 1)]}


def test_a_tree_has_at_most_six_levels():
    assert rules.read(with_match(nested(6)))
    assert [code for _, code in errors(with_match(nested(7)))] == ["TOO_DEEP"]


def test_a_branch_has_one_to_twenty_children_and_nothing_beside():
    assert rules.read(with_match({"any": [criterion(n) for n in range(20)]}))
    for children in ([], [criterion(n) for n in range(21)], {}, None):
        assert errors(with_match({"any": children})) == [("persona.0.match.any", "CHILDREN_INVALID")]
    for node in ({"any": [criterion(0)], "all": [criterion(1)]}, {"any": [criterion(0)], "id": "x"}):
        assert errors(with_match(node)) == [("persona.0.match", "NODE_INVALID")]


def many(count):
    children = [{"any": [criterion(n) for n in range(start, min(start + 20, count))]} for start in range(0, count, 20)]
    return with_match({"all": children})


def test_a_document_has_at_most_a_hundred_criteria():
    others = len(list(rules.shipped().criteria())) - 8
    assert rules.read(many(100 - others))
    assert [code for _, code in errors(many(101 - others))] == ["TOO_MANY_CRITERIA"]


def test_a_tier_stands_once():
    document = shipped()
    document["persona"][0]["strength"][1]["tier"] = "strong"
    assert errors(document) == [("persona.0.strength.1.tier", "TIER_TWICE")]


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (b"{", "json"),
        (b"\xff", "json"),
        (b"[" * 100_000, "json"),
        (b'{"format": 1, "format": 1}', "json"),
        (b"format = ", "toml"),
        (b"a = " + b"[" * 5_000, "toml"),
        (b'{"format": ' + b"1" * 5_000 + b"}", "json"),
    ],
)
def test_bytes_that_are_no_document_are_one_error_without_a_path(data, format):
    with pytest.raises(rules.InvalidDocument) as refused:
        rules.read(data, format=format)
    assert [(error["path"], error["code"]) for error in refused.value.errors] == [("", "UNREADABLE")]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["in", "all"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | st.just("any"), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value, path=()):
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inner:
        yield (*path, key)
        yield from places(child, (*path, key))


@settings(deadline=None)
@given(st.sampled_from(list(places(shipped()))), anything)
def test_a_document_with_anything_anywhere_is_read_or_refused(place, value):
    document = shipped()
    *way, last = place
    node = document
    for key in way:
        node = node[key]
    node[last] = value
    try:
        assert rules.read(rules.read(document).as_json()).hash
    except rules.InvalidDocument as refused:
        assert refused.errors
        assert json.dumps(refused.errors, ensure_ascii=False).encode()


def test_the_trees_of_cards_have_no_ids():
    tree = {"all": [{"signal": "credit.num_credit_cards", "op": ">=", "threshold": 1}]}
    assert [one.signal.path for one in leaves(rules.read_tree(tree))] == ["credit.num_credit_cards"]
    with pytest.raises(rules.InvalidDocument):
        rules.read_tree({"all": [criterion(1)]})
