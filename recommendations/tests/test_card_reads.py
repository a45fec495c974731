"""Cards and their versions read over the API: by id, in lists, searched and paged."""

from uuid import UUID, uuid4

import pytest

from recommendations.tests.carding import (
    HERE,
    made,
    post,
    refused,
)
from recommendations.tests.factories import CardFactory


def test_cards_are_retrieved_in_the_order_asked(desk):
    first, second, gone = (made(desk)["card_id"] for _ in range(3))
    desk.delete(f"{HERE}/{gone}")
    unknown = str(uuid4())
    answer = post(desk, {"card_ids": [second.upper(), unknown, first, second, gone]}, "/retrieve")
    told = answer.json()
    assert [card["card_id"] for card in told.pop("cards")] == [second, first]
    assert told == {"total": 2, "page": 1, "page_size": 4, "missing_ids": [unknown, gone]}
    assert answer["X-Partial-Result"] == "true" and "X-Idempotency-Cache" not in answer
    assert post(desk, {"card_ids": [first]}, "/retrieve")["X-Partial-Result"] == "false"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, [("card_ids", "REQUIRED")]),
        ({"card_ids": []}, [("card_ids", "OUT_OF_RANGE")]),
        ({"card_ids": [str(UUID(int=n)) for n in range(101)]}, [("card_ids", "OUT_OF_RANGE")]),
        ({"card_ids": [str(UUID(int=7)), "1", None]}, [("card_ids.1", "NOT_A_UUID"), ("card_ids.2", "REQUIRED")]),
        ({"card_ids": [str(UUID(int=7))], "limit": 3}, [("limit", "UNKNOWN_FIELD")]),
    ],
)
def test_a_bad_retrieval_is_refused(desk, body, fields):
    refused(post(desk, body, "/retrieve"), 400, "VALIDATION_ERROR", *fields)


def test_a_list_is_filtered_searched_and_paged(desk):
    one = made(desk, title="Pay down", tags=["credit", "start"], content={"key": "k-1", "body": 'Ten % of "it"'})
    two = made(desk, title="Build up", tags=["credit"], content={"key": "k-2", "facts": [{"text": "Ünder the limit"}]})
    post(desk, {"cards": [{"card_type": "voice", "content": {"tone": "plain"}}]}, "/batch")

    def found(**query):
        return {card["card_id"] for card in desk.get(HERE, query).json()["cards"]}

    assert found(card_type="insight") == {one["card_id"], two["card_id"]}
    assert found(tag="credit") == {one["card_id"], two["card_id"]}
    assert found(tag=["credit", "start"]) == {one["card_id"]}
    assert found(q="pay DOWN") == found(q='% of "IT"') == {one["card_id"]}
    assert found(q="ünder") == {two["card_id"]}
    assert found(q="facts") == found(q="_") == found(q="\\") == set()  # keys and wildcards are not what it says
    first = desk.get(HERE, {"page_size": 2}).json()
    second = desk.get(HERE, {"page_size": 2, "page": 2}).json()
    beyond = desk.get(HERE, {"page_size": 2, "page": 9}).json()
    assert (len(first["cards"]), len(second["cards"]), beyond["cards"]) == (2, 1, [])
    assert {first["total"], second["total"], beyond["total"]} == {3}
    assert {key: first[key] for key in ("page", "page_size")} == {"page": 1, "page_size": 2}


def test_pages_stay_as_they_are_where_cards_came_at_the_same_moment(desk, omar, now):
    for _ in range(7):
        CardFactory(tenant=omar.tenant, created_at=now)
    seen = [
        card["card_id"]
        for page in range(1, 8)
        for card in desk.get(HERE, {"page_size": 1, "page": page}).json()["cards"]
    ]
    assert len(seen) == 7 and seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"page_size": 101}, ("page_size", "TOO_LARGE")),
        ({"page_size": 0}, ("page_size", "TOO_SMALL")),
        ({"page": 0}, ("page", "TOO_SMALL")),
        ({"page": 10**30}, ("page", "WRONG_TYPE")),
        ({"page": "x"}, ("page", "WRONG_TYPE")),
        ({"is_active": "maybe"}, ("is_active", "UNKNOWN_CHOICE")),
        ({"card_type": "poem"}, ("card_type", "UNKNOWN_CHOICE")),
        ({"source_session_id": "1"}, ("source_session_id", "NOT_A_UUID")),
        ({"q": ""}, ("q", "TOO_SHORT")),
        ({"q": "x" * 101}, ("q", "TOO_LONG")),
        ({"q": "\x00"}, ("q", "NOT_TEXT")),
    ],
)
def test_a_bad_query_is_refused(desk, query, field):
    refused(desk.get(HERE, query), 400, "VALIDATION_ERROR", field)


def test_versions_are_read_newest_first(desk, omar):
    card = made(desk, content={"key": "one"})
    here = f"{HERE}/{card['card_id']}"
    desk.patch(here, {"content": {"key": "two"}}, format="json")
    page = desk.get(f"{here}/versions", {"limit": 1}).json()
    assert {key: page[key] for key in ("total", "limit", "offset")} == {"total": 2, "limit": 1, "offset": 0}
    assert [version["content"] for version in page["items"]] == [{"key": "two"}]
    first = desk.get(f"{here}/versions/1").json()
    assert set(first) == {
        "card_id", "version", "title", "description", "content", "content_hash", "tags", "changed_by", "created_at",
    }  # fmt: skip
    assert (first["content_hash"], first["changed_by"]) == (card["content_hash"], omar.actor)
    for wrong in ("3", "0", "-1", "x", "9" * 30):
        refused(desk.get(f"{here}/versions/{wrong}"), 404, "CARD_NOT_FOUND")
    refused(desk.get(f"{here}/versions", {"limit": 101}), 400, "VALIDATION_ERROR", ("limit", "TOO_LARGE"))
    refused(desk.get(f"{here}/versions", {"offset": -1}), 400, "VALIDATION_ERROR", ("offset", "TOO_SMALL"))
