import pytest

from recommendations import cardform, starter
from recommendations.cardcontent import KNOWN
from recommendations.cardform import Field


def sent(fields):
    return {f"content.{field.key}": field.value.replace("\n", "\r\n") for field in fields}  # as browsers send it


@pytest.mark.parametrize("item", starter.items(), ids=lambda item: item["title"])
def test_what_a_form_shows_of_a_card_comes_back_as_it_was(item):
    kind, content = item["card_type"], item["content"]
    assert cardform.content(cardform.typed(kind, sent(cardform.fields(kind, content)))) == (content, [])


ODD = {
    "name": "1999",
    "founded": 1999,
    "size": "small",
    "partner": {"name": "Northwind"},
    "key_offerings": [{"a": 1}],
    "personas": [],
    "invented": {"deep": [1, "two"]},
}


def test_numbers_objects_and_unknown_keys_come_back_too():
    back, flaws = cardform.content(cardform.typed("company", sent(cardform.fields("company", ODD))))
    assert (back, flaws) == ({key: value for key, value in ODD.items() if value != []}, [])


def test_a_text_where_an_object_may_stand_stays_a_text():
    content = {"demographics": "Anybody", "secondary": "general_wellness"}
    fields = cardform.fields("audience", content)
    assert next(field.value for field in fields if field.key == "demographics") == '"Anybody"'
    assert cardform.content(cardform.typed("audience", sent(fields))) == (content, [])


def test_what_cannot_be_read_is_told_at_its_field():
    filled = cardform.typed(
        "insight", {"content.triggers": "{", "content.read_time_minutes": "two", "content.more": "[]"}
    )
    found, flaws = cardform.content(filled)
    assert found == {}
    assert [(flaw.field, flaw.code) for flaw in flaws] == [
        ("content.read_time_minutes", "INVALID_JSON"),
        ("content.triggers", "INVALID_JSON"),
        ("content.more", "WRONG_TYPE"),
    ]


def test_an_unknown_key_never_takes_the_place_of_a_field():
    filled = cardform.typed("voice", {"content.tone": "plain", "content.more": '{"tone": "loud", "x": 1}'})
    assert cardform.content(filled) == ({"tone": "plain", "x": 1}, [])


@pytest.mark.parametrize("card_type", KNOWN)
def test_an_empty_form_says_nothing(card_type):
    filled = cardform.typed(card_type, {})
    assert cardform.content(filled) == ({}, [])
    assert {field.key for field in filled} == {*KNOWN[card_type], "more"}


def test_a_long_text_has_room():
    assert (Field("body", "text", "x" * 900, "a text").rows, Field("body", "text", "", "a text").rows) == (11, 3)
