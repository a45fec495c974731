import json

import pytest

from personas import rules
from personas.rules.desk import explained

RULES = rules.shipped()


def line(name, **signals):
    return json.dumps({"id": name, "signals": signals}).encode()


def answers(*lines):
    return list(explained(lines, RULES))


def test_one_line_gives_one_answer():
    (answer,) = answers(line("maya", credit={"any_card_high_util": True, "aggregate_utilization_pct": 71}))
    assert list(answer) == ["id", "primary", "strength", "secondary_personas", "all_matches", "criteria"]
    assert (answer["id"], answer["primary"], answer["strength"]) == ("maya", "high_utilization", "strong")
    assert answer["secondary_personas"] == []
    assert answer["all_matches"] == ["high_utilization"]
    assert [one["id"] for one in answer["criteria"] if one["met"]] == ["hu_card_50"]


def test_objects_without_credit_and_income_are_evaluated_too_and_unknown_keys_ignored():
    (answer,) = answers(line(7, weather={"rain": 3}, credit={"colour": "red"}))
    assert (answer["id"], answer["primary"], answer["strength"]) == (7, "general_wellness", "default")


@pytest.mark.parametrize(
    ("bad", "name", "sentence"),
    [
        (b"{", None, "Line 1 cannot be read as JSON"),
        (b"[1]", None, "Line 1 is not one object"),
        (b"null", None, "Line 1 is not one object"),
        (b'{"signals": {}}', None, "Line 1 has no id"),
        (b'{"id": true, "signals": {}}', True, "Line 1 has no id"),
        (b'{"id": "\\ud800", "signals": {}}', None, "Line 1 has no id"),
        (b'{"id": "maya"}', "maya", "Line 1 has no signals"),
        (b'{"id": "maya", "signals": []}', "maya", "Line 1 has no signals"),
        (b"\xff\xfe", None, "Line 1 is not UTF-8 text"),
        (b"[" * 100_000, None, "Line 1 cannot be read as JSON: it is nested too deeply"),
        (b'{"id": 1, "signals": {"n": ' + b"9" * 5_000 + b"}}", None, "Line 1 cannot be read as JSON"),
    ],
)
def test_a_line_that_is_no_such_object_is_an_error_and_stops_nothing(bad, name, sentence):
    first, second = answers(bad, line("next"))
    assert list(first) == ["id", "error"]
    assert first["id"] == (name if isinstance(name, str) else None)
    assert first["error"].startswith(sentence)
    assert second["primary"] == "general_wellness"


def test_empty_lines_are_passed_over_and_lines_keep_their_numbers():
    first, second = answers(b"\n", b"  \r\n", line("maya"), b"nonsense")
    assert first["id"] == "maya"
    assert second["error"].startswith("Line 4 ")


def test_lines_are_answered_in_order_across_batches():
    names = [f"person-{n}" for n in range(5_003)]
    assert [answer["id"] for answer in explained((line(name) for name in names), RULES)] == names
