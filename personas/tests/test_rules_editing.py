import copy

import pytest

from personas import rules
from personas.rules import editing
from personas.rules.errors import InvalidDocument
from personas.rules.outline import Group, Leaf, outline

SHIPPED = rules.shipped().as_json()
ADDED = {"id": "sh_1", "signal": "credit.num_credit_cards", "op": ">=", "threshold": ""}


def document():
    return copy.deepcopy(SHIPPED)


def sent(sections):
    """The fields that a browser sends of a form."""
    fields = {"name": "Shipped rules"}

    def node(one):
        if isinstance(one, Group):
            fields[f"{one.at}:fold"] = one.fold
            for child in one.children:
                node(child)
        elif one:
            fields.update({f"{one.at}:{name}": getattr(one, name) for name in ("id", "signal", "op", "value")})

    for section in sections:
        for part in section.parts:
            node(part.tree)
    return fields


def match(content, number=2):
    return content["persona"][number]["match"]["all"]


def test_what_a_form_shows_comes_back_as_it_was():
    fields = sent(outline(SHIPPED, met={}))
    assert fields["2.match.1.0:value"] == "50"
    assert fields["0.match.0:value"] == "true"
    assert rules.read(editing.parse(fields)).hash == rules.read(document() | {"version": None}).hash


def test_numbers_flags_words_and_lists_are_read_as_their_signal_says():
    fields = sent(outline(SHIPPED, met={}))
    fields |= {
        "0.match.0:value": "True",
        "1.match.1.1.0:op": "in",
        "1.match.1.1.0:value": "irregular, unknown",
        "2.match.0:op": "in",
        "2.match.0:value": "3,4, 5",
        "2.match.1.0:value": "49.5",
        "3.match.0.0:value": "two",
    }
    content = editing.parse(fields)
    assert content["persona"][0]["match"]["any"][0]["threshold"] is True
    assert content["persona"][1]["match"]["all"][1]["any"][1]["all"][0]["threshold"] == ["irregular", "unknown"]
    assert (match(content)[0]["threshold"], match(content)[1]["any"][0]["threshold"]) == ([3, 4, 5], 49.5)
    assert match(content, 3)[0]["any"][0]["threshold"] == "two"  # stays as typed, and is told at its place
    with pytest.raises(InvalidDocument) as wrong:
        rules.read(content)
    assert [error["path"] for error in wrong.value.errors] == ["persona.3.match.all.0.any.0.threshold"]


@pytest.mark.parametrize(
    "name", ["9.match:fold", "0.age:fold", "0.match.100:id", "0.match" + 7 * ".0" + ":id", "0.match:__class__", "x"]
)
def test_a_field_that_no_form_has_says_nothing(name):
    fields = sent(outline(SHIPPED, met={}))
    assert editing.parse(fields | {name: "any"}) == editing.parse(fields)


def test_a_form_without_anything_is_an_empty_document_that_says_what_is_missing():
    content = editing.parse({})
    with pytest.raises(InvalidDocument) as wrong:
        rules.read(content)
    assert {error["path"] for error in wrong.value.errors} == {f"persona.{nr}.match.all" for nr in range(4)}


def test_buttons_add_wrap_dissolve_and_remove():
    added = editing.edited(SHIPPED, "add:2.match")
    assert match(added)[-1] == ADDED
    assert document() == SHIPPED  # the one that was given stays
    wrapped = editing.edited(added, "wrap:2.match.2")
    assert match(wrapped)[-1] == {"any": [ADDED]}
    assert editing.edited(wrapped, "dissolve:2.match.2") == added
    assert editing.edited(wrapped, "remove:2.match.2") == document()
    again = editing.edited(added, "add:2.match.1")
    assert match(again)[1]["any"][-1]["id"] == "sh_2"


def test_tiers_come_and_go_and_a_match_is_only_emptied():
    without = editing.edited(SHIPPED, "remove:2.strong")
    assert [tier["tier"] for tier in without["persona"][2]["strength"]] == ["moderate"]
    back = editing.edited(without, "tier:2.strong")
    assert [tier["tier"] for tier in back["persona"][2]["strength"]] == ["strong", "moderate"]
    assert back["persona"][2]["strength"][0]["when"] == {"all": [ADDED]}
    assert editing.edited(back, "tier:2.strong") == back
    assert match(editing.edited(SHIPPED, "remove:2.match")) == []


@pytest.mark.parametrize(
    "deed", ["", "add", "add:", "add:9.match", "add:2.match.0", "add:2.weak", "remove:2.match.9", "wrap:x", "explode:2",
             "dissolve:2.match", "tier:9.strong", "tier:2.weak"]
)  # fmt: skip
def test_a_place_that_is_not_there_changes_nothing(deed):
    assert editing.edited(SHIPPED, deed) == SHIPPED


def test_every_place_that_can_be_evaluated_is_a_node():
    content = editing.edited(SHIPPED, "add:2.match")
    found = editing.nodes(content)
    assert set(editing.nodes(SHIPPED)) - set(found) == {"2.match"}  # its group waits for the new one
    assert "2.match.2" not in found and found["2.match.1.0"].signal.path == "subscriptions.monthly_recurring_spend"


def part(sections, number, name):
    return next(part for part in sections[number].parts if part.name == name)


def test_counts_errors_and_findings_stand_at_their_place():
    content = editing.edited(SHIPPED, "add:2.match")
    match(content)[0]["threshold"] = 4
    with pytest.raises(InvalidDocument) as wrong:
        rules.read(content)
    sections = outline(content, met={"2.match.0": 7}, errors=wrong.value.errors)
    first, spend, new = part(sections, 2, "match").tree.children
    assert (first.met, first.errors, spend.met) == (7, [], None)
    assert new.errors == ['credit.num_credit_cards is compared with a number of at most 1,000,000,000,000, not "".']
    never = editing.edited(SHIPPED, "add:2.match")
    match(never)[2] |= {"signal": "subscriptions.recurring_merchant_count", "op": "<", "threshold": 2}
    sections = outline(never, met={}, findings=rules.lint(rules.read(never)))
    assert [one.kind for one in part(sections, 2, "match").findings] == ["unreachable"]
    assert [one.kind for one in part(sections, 1, "strong").findings] == ["gap"]
    assert part(sections, 0, "match").findings == []


def test_a_finding_about_one_criterion_stands_beside_it():
    content = document()
    match(content, 1)[1]["any"][0]["threshold"] = 179
    sections = outline(content, met={}, findings=rules.lint(rules.read(content)))
    gap = part(sections, 1, "match").tree.children[1].children[0]
    assert isinstance(gap, Leaf)
    assert [(one.kind, one.severity) for one in gap.findings] == [("window_impossible", "warning")]
