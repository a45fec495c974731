"""Cards made, changed, deleted and brought back over the API, one at a time and in batches."""

from uuid import uuid4

import pytest

from accounts.fingerprints import canonical
from accounts.models import AuditEntry
from recommendations.models import Card, CardVersion
from recommendations.tests.carding import BODIES, HERE, INSIGHT, SNAPSHOT, made, post, refused, rows


def test_a_card_is_made_shown_changed_deleted_and_brought_back(desk, omar):
    answer = post(desk, INSIGHT | {"tags": ["credit"], "confidence_score": 0.9})
    card = answer.json()
    here = f"{HERE}/{card['card_id']}"
    assert (answer.status_code, answer["Location"], answer["ETag"]) == (201, here, '"1"')
    assert answer["X-Idempotency-Cache"] == "MISS" and answer["X-Execution-Time-Ms"].isdecimal()
    assert {
        name: card[name] for name in card if name not in ("card_id", "content_hash", "created_at", "updated_at")
    } == {
        "tenant_id": str(omar.tenant_id),
        "card_type": "insight",
        "title": "What a limit does",
        "description": None,
        "content": {"key": "utilization-basics"},
        "tags": ["credit"],
        "version": 1,
        "is_active": True,
        "confidence_score": 0.9,
        "quality_score": None,
        "usage_count": 0,
        "last_used_at": None,
        "source_session_id": None,
        "source_workflow_id": None,
        "created_by": f"user:{omar.pk}",
        "deleted_at": None,
    }
    assert card["created_at"].endswith("Z")
    shown = desk.get(here)
    assert (shown.json(), shown["ETag"]) == (card, '"1"') and "X-Idempotency-Cache" not in shown

    refused(desk.patch(here, {"title": "Two"}, format="json", headers={"If-Match": '"2"'}), 409, "VERSION_CONFLICT")
    changed = desk.patch(here, {"title": "Two"}, format="json", headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["version"], changed["ETag"]) == (200, 2, '"2"')
    refused(desk.delete(here, headers={"If-Match": "2"}), 409, "VERSION_CONFLICT")
    refused(post(desk, {}, f"/{card['card_id']}/restore"), 409, "CARD_NOT_DELETED")
    gone = desk.delete(here, headers={"If-Match": '"2"'})
    assert (gone.status_code, gone.content, gone["X-Idempotency-Cache"]) == (204, b"", "MISS")
    for again in (desk.delete(here), desk.get(here), desk.patch(here, {}, format="json")):
        refused(again, 404, "CARD_NOT_FOUND")
    refused(post(desk, {}, f"/{card['card_id']}/usage"), 404, "CARD_NOT_FOUND")
    assert desk.get(HERE).json()["total"] == 0
    (deleted,) = desk.get(HERE, {"is_active": "false"}).json()["cards"]
    assert deleted["deleted_at"] and not deleted["is_active"]
    assert [v["version"] for v in desk.get(f"{here}/versions").json()["items"]] == [2, 1]
    back = post(desk, {}, f"/{card['card_id']}/restore")
    assert (back.status_code, back.json()["version"], back.json()["deleted_at"]) == (200, 2, None)
    sealed = sorted(rows(AuditEntry), key=lambda entry: entry.seq)
    assert [(entry.action, entry.operator_id) for entry in sealed] == [
        (action, omar.pk) for action in ("card_create", "card_update", "card_delete", "card_restore")
    ]


def test_content_stands_once_among_active_cards(desk):
    first = made(desk, content={"key": "a", "body": "b"})
    told = refused(post(desk, INSIGHT | {"content": {"body": "b", "key": "a"}}), 409, "DUPLICATE_CARD")
    assert told["card_id"] == first["card_id"]
    other = made(desk)
    path = f"{HERE}/{other['card_id']}"
    told = refused(desk.patch(path, {"content": first["content"]}, format="json"), 409, "DUPLICATE_CARD")
    assert told["card_id"] == first["card_id"]
    desk.delete(f"{HERE}/{first['card_id']}")
    made(desk, content=first["content"])
    refused(post(desk, {}, f"/{first['card_id']}/restore"), 409, "DUPLICATE_CARD")


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"card_type": "poem"}, [("card_type", "UNKNOWN_CHOICE")]),
        ({"card_type": None}, [("card_type", "REQUIRED")]),
        ({"title": ""}, [("title", "TOO_SHORT")]),
        ({"title": "x" * 201}, [("title", "TOO_LONG")]),
        ({"title": "a\x00b"}, [("title", "NOT_TEXT")]),
        ({"title": None, "content": []}, [("content", "WRONG_TYPE"), ("title", "REQUIRED")]),
        ({"description": "x" * 1001}, [("description", "TOO_LONG")]),
        ({"tags": ["Credit"]}, [("tags", "NOT_LOWER_CASE")]),
        ({"tags": ["a", "a"]}, [("tags", "REPEATED")]),
        ({"tags": [str(n) for n in range(21)]}, [("tags", "TOO_MANY")]),
        ({"tags": ["x" * 51]}, [("tags", "TOO_LONG")]),
        ({"tags": "credit"}, [("tags", "WRONG_TYPE")]),
        ({"confidence_score": 1.1}, [("confidence_score", "OUT_OF_RANGE")]),
        ({"quality_score": True}, [("quality_score", "WRONG_TYPE")]),
        ({"quality_score": 0.1234}, [("quality_score", "TOO_PRECISE")]),
        ({"source_session_id": "1"}, [("source_session_id", "NOT_A_UUID")]),
        ({"colour": "red"}, [("colour", "UNKNOWN_FIELD")]),
        ({"content": {"key": None}}, [("content.key", "WRONG_TYPE")]),
    ],
)
def test_a_bad_card_is_refused_by_field_and_leaves_nothing(desk, change, fields):
    refused(post(desk, INSIGHT | change), 400, "VALIDATION_ERROR", *fields)
    assert rows(Card) == rows(CardVersion) == rows(AuditEntry) == []


@pytest.mark.parametrize("body", ["[]", "3", '"a"', "null"])
def test_a_body_is_an_object(desk, body):
    for path in BODIES:
        assert desk.generic("POST", path, body, "application/json").status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        "{",
        '{"a":1,"a":2}',
        '{"a":{"b":1,"b":1}}',
        '{"a":NaN}',
        '{"a":1e999}',
        '{"a":"\\ud800"}',
        "[" * 200_000,
        '{"a":' * 100_000,
        '{"a":"\xff"}'.encode("latin-1"),
    ],
    ids=["cut", "twice", "twice inside", "NaN", "infinite", "half a character", "deep", "deep objects", "no UTF-8"],
)
def test_what_is_no_json_is_refused_with_and_without_a_key(desk, body):
    for headers in ({}, {"HTTP_IDEMPOTENCY_KEY": "a"}):
        refused(desk.generic("POST", HERE, body, "application/json", **headers), 400, "INVALID_JSON")


def test_a_body_is_json_of_at_most_a_mebibyte(desk):
    refused(desk.generic("POST", HERE, "a=1", "application/x-www-form-urlencoded"), 415, "UNSUPPORTED_MEDIA_TYPE")
    large = '{"title":"' + "x" * 1024 * 1024 + '"}'
    refused(desk.generic("POST", HERE, large, "application/json"), 413, "BODY_TOO_LARGE")
    refused(desk.put(HERE, INSIGHT, format="json"), 405, "METHOD_NOT_ALLOWED")
    refused(desk.get(f"{HERE}/batch"), 405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": None}, ("title", "REQUIRED")),
        ({"content": None}, ("content", "REQUIRED")),
        ({"tags": None}, ("tags", "REQUIRED")),
        ({"card_type": "voice"}, ("card_type", "UNKNOWN_FIELD")),
        ({"version": 7}, ("version", "UNKNOWN_FIELD")),
        ({"content": {"key": 3}}, ("content.key", "WRONG_TYPE")),
        ({"tags": ["A"]}, ("tags", "NOT_LOWER_CASE")),
    ],
)
def test_a_bad_change_is_refused(desk, change, field):
    card = made(desk)
    refused(desk.patch(f"{HERE}/{card['card_id']}", change, format="json"), 400, "VALIDATION_ERROR", field)
    assert desk.get(f"{HERE}/{card['card_id']}").json() == card


def test_a_list_of_cards_at_once(desk):
    items = [
        {"card_type": "company", "content": {"name": "Northwind Credit Union", "domain": "northwind.example"}},
        {"card_type": "voice", "content": {"tone": "warm, plain"}, "title": "House voice", "tags": ["default"]},
    ]
    answer = post(desk, {"cards": items}, "/batch")
    told = answer.json()
    assert (answer.status_code, told["created_count"], told["deduplicated_count"]) == (201, 2, 0)
    assert [card["title"] for card in told["cards"]] == ["Northwind Credit Union", "House voice"]
    assert told["cards"][0]["content_hash"] == "b6e4e4fa910127e8b9326e6c86f6195f3adab8ea2f514e04ce4da726f98516a1"
    again = post(desk, {"cards": [items[1], items[0], items[1]]}, "/batch").json()
    assert (again["created_count"], again["deduplicated_count"]) == (0, 3)
    assert [card["title"] for card in again["cards"]] == ["House voice", "Northwind Credit Union", "House voice"]


def test_a_snapshot_gives_four_cards(desk):
    session = str(uuid4())
    body = {"company_snapshot": SNAPSHOT, "source_session_id": session, "created_by": "onboarding"}
    told = post(desk, body, "/batch").json()
    assert [(card["card_type"], card["title"], card["description"]) for card in told["cards"]] == [
        ("company", "Northwind Credit Union", "Member-owned bank"),
        ("audience", "Northwind Credit Union - Target Audience", None),
        ("voice", "Northwind Credit Union - Brand Voice", None),
        ("insight", "Northwind Credit Union - Strategic Insights", None),
    ]
    assert {card["source_session_id"] for card in told["cards"]} == {session}
    assert {card["created_by"] for card in told["cards"]} == {"onboarding"}
    assert desk.get(HERE, {"source_session_id": session}).json()["total"] == 4


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, [("body", "EITHER_OR")]),
        ({"cards": [], "company_snapshot": {}}, [("body", "EITHER_OR")]),
        ({"cards": []}, [("cards", "OUT_OF_RANGE")]),
        ({"cards": [{}] * 101}, [("cards", "OUT_OF_RANGE")]),
        ({"cards": "x"}, [("cards", "WRONG_TYPE")]),
        ({"cards": [3]}, [("cards.0", "WRONG_TYPE")]),
        ({"cards": [{"card_type": "voice", "content": {}, "id": 1}]}, [("cards.0.id", "UNKNOWN_FIELD")]),
        (
            {"cards": [{"card_type": "voice", "content": {}}, {"card_type": "voice"}]},
            [("cards.1.content", "REQUIRED")],
        ),
        ({"cards": [{"card_type": "voice", "content": 1}]}, [("cards.0.content", "WRONG_TYPE")]),
        ({"company_snapshot": 3}, [("company_snapshot", "WRONG_TYPE")]),
        (
            {"company_snapshot": SNAPSHOT | {"voice": None}},
            [("company_snapshot.voice", "REQUIRED")],
        ),
        (
            {"company_snapshot": SNAPSHOT | {"company": {}, "audience": []}},
            [("company_snapshot.audience", "WRONG_TYPE"), ("company_snapshot.company.name", "REQUIRED")],
        ),
        (
            {"company_snapshot": SNAPSHOT | {"voice": {"tone": 1}}},
            [("company_snapshot.voice.tone", "WRONG_TYPE")],
        ),
    ],
)
def test_a_bad_batch_leaves_nothing(desk, body, fields):
    refused(post(desk, body, "/batch"), 400, "VALIDATION_ERROR", *fields)
    assert rows(Card) == []


def test_what_is_kept_is_what_was_hashed(desk):
    content = {"key": "n", "facts": [1, 1.0, -0.0, 0.1, 1e-7, 9007199254740991, True, None, "ç"]}
    card = made(desk, content=content)
    (kept,) = rows(Card, pk=card["card_id"])
    assert canonical(kept.content) == canonical(
        content | {"facts": [1, 1.0, 0.0, 0.1, 1e-7, 2**53 - 1, True, None, "ç"]}
    )
