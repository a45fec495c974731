"""What content may be, to the byte, and its hash."""

import json

import pytest

from accounts.fingerprints import canonical
from recommendations import drafts
from recommendations.cardcontent import Content, sound
from recommendations.fields import Flawed

VECTORS = [
    (
        "company",
        '{"name":"Northwind Credit Union","domain":"northwind.example"}',
        62,
        "b6e4e4fa910127e8b9326e6c86f6195f3adab8ea2f514e04ce4da726f98516a1",
    ),
    (
        "voice",
        '{"tone":"warm, plain","style_guidelines":["Short sentences","Naïve reader first"],'
        '"forbidden_phrases":["ça suffit"]}',
        118,
        "673968dce8c1a17284d2377930ae77cf8a78da8f6217c41d5128104e38b4784a",
    ),
    (
        "insight",
        '{"key":"utilization-basics","confidence":0.8,"facts":[{"n":30,"text":"≤ 30 %"},{"n":2,"text":null}],'
        '"key_messages":[],"featured":true}',
        136,
        "13a2e99525b7f02ba4e35f5271b359d36335357b6a100981a7a8dad499a814ac",
    ),
]


def hashed(content, card_type="insight"):
    found = sound(content, card_type, "content")
    assert isinstance(found, Content), found
    return found.hash


def flaws(content, card_type="insight"):
    found = sound(content, card_type, "content")
    return [(flaw.field, flaw.code) for flaw in found] if isinstance(found, list) else []


@pytest.mark.parametrize(("card_type", "sent", "size", "expected"), VECTORS, ids=["1", "2", "3"])
def test_the_hash_is_the_published_one_whatever_the_order_of_keys(card_type, sent, size, expected):
    content = json.loads(sent)
    assert len(canonical(content)) == size
    assert hashed(content, card_type) == hashed(dict(reversed(content.items())), card_type) == expected


def test_other_content_has_another_hash_and_one_zero_has_one():
    different = [{"n": 1}, {"n": 1.0}, {"n": "1"}, {"n": [1]}, {"n": True}, {"m": 1}, {"n": "é"}, {"n": "e\u0301"}]
    assert len({hashed(content) for content in different}) == len(different)
    assert hashed({"n": [-0.0]}) == hashed({"n": [0.0]})


@pytest.mark.parametrize(
    ("content", "flaw"),
    [
        ([], ("content", "WRONG_TYPE")),
        ({"n": 2**53}, ("content.n", "OUT_OF_RANGE")),
        ({"n": -(2.0**53)}, ("content.n", "OUT_OF_RANGE")),
        ({"n": float("nan")}, ("content.n", "OUT_OF_RANGE")),
        ({"n": float("inf")}, ("content.n", "OUT_OF_RANGE")),
        ({"n": ["a\x00"]}, ("content.n.0", "NOT_TEXT")),
        ({"n": "\ud800"}, ("content.n", "NOT_TEXT")),
        ({"\ud800": 1}, ("content.\ufffd", "NOT_TEXT")),
        ({"x" * 101: 1}, ("content." + "x" * 100, "TOO_LONG")),
        ({"key": None}, ("content.key", "WRONG_TYPE")),
        ({"variables": ["a", None]}, ("content.variables", "WRONG_TYPE")),
        ({"confidence": True}, ("content.confidence", "WRONG_TYPE")),
        ({"triggers": []}, ("content.triggers", "WRONG_TYPE")),
    ],
)
def test_what_cannot_be_kept_is_refused_where_it_stands(content, flaw):
    assert flaws(content) == [flaw]


def test_the_edges_of_what_can_be_kept():
    def nested(levels):
        return {"n": nested(levels - 1)} if levels else 1

    assert flaws(nested(8)) == []
    assert [code for _, code in flaws(nested(9))] == ["TOO_DEEP"]
    room = 64 * 1024 - len(canonical({"body": ""}))
    assert flaws({"body": "x" * room}) == []
    assert flaws({"body": "x" * (room + 1)}) == [("content", "TOO_LARGE")]
    assert flaws({"n": 2**53 - 1, "x" * 100: "<script>alert(1)</script>"}) == []


@pytest.mark.parametrize(
    ("card_type", "content", "title"),
    [
        ("company", {"name": " Northwind ", "title": ""}, "Northwind"),
        ("company", {"title": "T", "name": "N"}, "T"),
        ("audience", {"primary": "Savers", "segments": []}, "Savers"),
        ("voice", {"tone": "x" * 300}, "x" * 200),
        ("insight", {"title": 3, "positioning": "Here"}, "Here"),
        ("insight", {}, "Insight card"),
    ],
)
def test_a_missing_title_is_made_from_the_content(card_type, content, title):
    (draft,) = drafts.many([{"card_type": card_type, "content": content}])
    assert draft.title == title


def test_everything_wrong_is_told_at_once():
    items = [{"card_type": "voice", "content": {"tone": 1}, "tags": 3}, 7, {"content": {}, "colour": 1}]
    with pytest.raises(Flawed) as flawed:
        drafts.many(items)
    assert [(flaw.field, flaw.code) for flaw in flawed.value.flaws] == [
        ("cards.0.tags", "WRONG_TYPE"),
        ("cards.0.content.tone", "WRONG_TYPE"),
        ("cards.1", "WRONG_TYPE"),
        ("cards.2.colour", "UNKNOWN_FIELD"),
        ("cards.2.card_type", "REQUIRED"),
    ]


def test_a_long_company_name_leaves_room_for_what_its_cards_are():
    sections = {"company": {"name": "N" * 500}, "audience": {}, "voice": {}, "insights": {}}
    titles = [draft.title for draft in drafts.snapshot({"company_snapshot": sections})]
    assert {len(title) for title in titles} == {200}
    assert titles[1].endswith("N - Target Audience")
