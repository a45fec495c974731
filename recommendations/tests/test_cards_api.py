"""The cards API: each route for whom it is, with what it gives, counts and refuses."""

import threading
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts import keys, rowsecurity
from accounts.fingerprints import canonical
from accounts.keys import Scope
from accounts.models import ApiKey, AuditEntry, StoredAnswer
from accounts.tests import factories as people
from accounts.tests.callers import client_of
from accounts.tests.senders import statements_of
from recommendations.models import Card, CardUsage, CardVersion
from recommendations.tests.factories import CardFactory

HERE = "/api/v1/cards"
INSIGHT = {"card_type": "insight", "title": "What a limit does", "content": {"key": "utilization-basics"}}
SNAPSHOT = {
    "company": {"name": "Northwind Credit Union", "industry": "Banking", "description": "Member-owned bank"},
    "audience": {"primary": "Savers", "pain_points": ["Fees"]},
    "voice": {"tone": "warm, plain"},
    "insights": {"key_differentiators": ["No monthly fee"]},
}


@pytest.fixture
def desk(omar, calling):
    return calling(omar)


@pytest.fixture
def elsewhere(db):
    return people.TenantFactory(slug="elsewhere")


@pytest.fixture
def stranger(elsewhere, calling):
    return calling(people.UserFactory(role="admin", tenant=elsewhere))


@pytest.fixture
def with_key(ada, now):
    def client(*scopes):
        with rowsecurity.viewing(rowsecurity.of(ada)):
            made = keys.make(by=ada, name="Service", scopes=scopes, expires_at=None, now=now)
        return authorised(made.secret)

    return client


def authorised(secret):
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {secret}")
    return client


def rows(model, **filters):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return list(model.objects.filter(**filters))


def post(client, body, to="", **headers):
    return client.post(f"{HERE}{to}", body, format="json", headers=headers or None)


def made(client, **fields):
    answer = post(client, INSIGHT | {"content": {"key": str(uuid4())}} | fields)
    assert answer.status_code == 201, answer.content
    return answer.json()


def refused(answer, status, code, *fields):
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code), answer.content
    assert answer["Content-Type"] == "application/problem+json"
    if fields:
        assert [(error["field"], error["code"]) for error in told["errors"]] == list(fields)
    return told


def every_route(card_id):
    return {
        "read": [
            ("get", HERE),
            ("get", f"{HERE}/{card_id}"),
            ("post", f"{HERE}/retrieve"),
            ("get", f"{HERE}/{card_id}/versions"),
            ("get", f"{HERE}/{card_id}/versions/1"),
            ("get", f"{HERE}/{card_id}/usage"),
            ("get", f"{HERE}/usage/summary"),
        ],
        "use": [("post", f"{HERE}/{card_id}/usage")],
        "write": [
            ("patch", f"{HERE}/{card_id}"),
            ("post", HERE),
            ("post", f"{HERE}/batch"),
            ("delete", f"{HERE}/{card_id}"),
            ("post", f"{HERE}/{card_id}/restore"),
        ],
    }


BODIES = {
    HERE: INSIGHT,
    f"{HERE}/batch": {"cards": [{"card_type": "voice", "content": {"tone": "plain"}}]},
    f"{HERE}/retrieve": {"card_ids": [str(UUID(int=7))]},
}


def outcomes(client, card_id):
    return {
        kind: {
            getattr(client, verb)(path, BODIES.get(path, {}) if verb != "get" else None, format="json").status_code
            for verb, path in routes
        }
        for kind, routes in every_route(card_id).items()
    }


# -- who may


@pytest.mark.parametrize("slash", ["", "/"])
def test_every_route_is_for_whom_it_is(desk, junior, ada, maya, calling, with_key, slash):
    card_id = made(desk)["card_id"]
    good = {200, 201, 204}
    for client, read, use, write in (
        (calling(), {401}, {401}, {401}),
        (calling(maya), {403}, {403}, {403}),
        (calling(junior), good, good, {403}),
        (with_key(Scope.CARDS_READ), good, {403}, {403}),
        (with_key(Scope.METRICS_READ), {403}, {403}, {403}),
        (with_key(Scope.CARDS_WRITE), good, good, good),
    ):
        found = outcomes(client, card_id)
        assert found["read"] <= read and found["use"] <= use and found["write"] <= write, found
    refused(calling().get(f"{HERE}{slash}"), 401, "AUTH_REQUIRED")
    refused(calling(maya).get(f"{HERE}/{uuid4()}{slash}"), 403, "FORBIDDEN_ROLE")
    refused(authorised("ss_guessed").get(f"{HERE}{slash}"), 401, "TOKEN_INVALID")
    assert calling(ada).get(f"{HERE}{slash}").status_code == 200


def test_another_institution_finds_nothing_and_leaves_nothing(desk, stranger):
    card = made(desk)
    here = f"{HERE}/{card['card_id']}"
    for answer in (
        stranger.get(here),
        stranger.patch(here, {"title": "Mine"}, format="json"),
        stranger.delete(here, headers={"Idempotency-Key": "a"}),
        post(stranger, {}, f"/{card['card_id']}/restore"),
        post(stranger, {}, f"/{card['card_id']}/usage", **{"Idempotency-Key": "b"}),
        stranger.get(f"{here}/usage"),
        stranger.get(f"{here}/versions"),
        stranger.get(f"{here}/versions/1"),
    ):
        assert "not found" in refused(answer, 404, "CARD_NOT_FOUND")["detail"]
    told = post(stranger, {"card_ids": [card["card_id"]]}, "/retrieve").json()
    assert (told["cards"], told["missing_ids"]) == ([], [card["card_id"]])
    assert stranger.get(HERE).json()["total"] == 0
    assert rows(CardUsage) == rows(StoredAnswer) == []
    assert desk.get(here).json() == card


@pytest.mark.parametrize("id", ["1", "none", "usages", str(UUID(int=7))])
def test_what_is_not_there_is_not_found(desk, id):
    here = f"{HERE}/{id}"
    for answer in (
        desk.get(here),
        desk.patch(here, {}, format="json"),
        desk.delete(here),
        post(desk, {}, f"/{id}/restore"),
        post(desk, {}, f"/{id}/usage"),
        desk.get(f"{here}/usage"),
        desk.get(f"{here}/versions"),
        desk.get(f"{here}/versions/1"),
    ):
        refused(answer, 404, "CARD_NOT_FOUND")
    assert rows(CardUsage) == []


def test_a_header_only_repeats_the_institution(desk, omar, elsewhere):
    assert desk.get(HERE, headers={"X-Tenant-ID": str(omar.tenant_id).upper()}).status_code == 200
    for other in (elsewhere.pk, uuid4()):
        refused(post(desk, INSIGHT, **{"X-Tenant-ID": str(other)}), 404, "TENANT_NOT_FOUND")
    for malformed in ("", "1", omar.tenant_id.hex):
        refused(post(desk, INSIGHT, **{"X-Tenant-ID": malformed}), 401, "TENANT_INVALID")
    for path, body in BODIES.items():
        told = desk.post(path, body | {"tenant_id": str(elsewhere.pk)}, format="json")
        refused(told, 403, "TENANT_MISMATCH")
    assert post(desk, INSIGHT | {"tenant_id": str(omar.tenant_id)}).status_code == 201
    assert len(rows(Card)) == 1


def test_a_key_of_the_platform_says_for_whom(omar, db):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        ApiKey.objects.create(name="Platform", prefix="0", key_hash=keys._hashed("ss_platform"), scopes=["cards:write"])
    platform = authorised("ss_platform")
    refused(post(platform, INSIGHT, **{"Idempotency-Key": "a"}), 401, "TENANT_REQUIRED")
    refused(post(platform, INSIGHT, **{"X-Tenant-ID": str(uuid4())}), 404, "TENANT_NOT_FOUND")
    named = {"X-Tenant-ID": str(omar.tenant_id), "Idempotency-Key": "a"}
    assert post(platform, INSIGHT, **named).status_code == 201
    assert post(platform, INSIGHT, **named)["X-Idempotency-Cache"] == "HIT"
    assert [card.tenant_id for card in rows(Card)] == [omar.tenant_id]


def test_a_header_alone_is_trusted_only_where_the_setting_says_so(omar, settings, calling):
    named = {"X-Tenant-ID": str(omar.tenant_id)}
    refused(post(calling(), INSIGHT, **named), 401, "AUTH_REQUIRED")
    settings.CARDS_TRUST_TENANT_HEADER = True
    assert post(calling(), INSIGHT, **named).status_code == 201
    refused(calling().get(HERE), 401, "AUTH_REQUIRED")
    refused(calling().get(HERE, headers={"X-Tenant-ID": str(uuid4())}), 404, "TENANT_NOT_FOUND")


# -- one card


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


# -- many


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


# -- versions and uses


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


def test_a_use_is_told_kept_and_counted(desk):
    card = made(desk)
    to = f"/{card['card_id']}/usage"
    answer = desk.post(f"{HERE}{to}")
    told = answer.json()
    assert (answer.status_code, answer["X-Event-Recorded"], told.pop("last_used_at")[-1]) == (200, "true", "Z")
    assert told == {"card_id": card["card_id"], "usage_count": 1, "unique_usage_count": 1, "event_recorded": True}
    said = {"workflow_id": "w", "workflow_type": "operator_preview", "metadata": {"a": [1]}}
    assert post(desk, said, to, **{"X-Session-ID": "tab-1", "X-Trace-ID": "t-1"})["X-Event-Recorded"] == "true"
    again = post(desk, said | {"session_id": "other"}, to)
    assert (again["X-Event-Recorded"], again.json()["usage_count"], again.json()["unique_usage_count"]) == (
        "false",
        3,
        2,
    )
    (event, _) = desk.get(f"{HERE}{to}").json()["items"]
    assert {name: event[name] for name in event if name not in ("usage_id", "used_at")} == {
        "card_version": 1,
        "workflow_id": "w",
        "workflow_type": "operator_preview",
        "session_id": "tab-1",
        "metadata": {"a": [1]},
    }
    assert {event.trace_id for event in rows(CardUsage)} >= {"t-1"}
    assert desk.get(f"{HERE}/{card['card_id']}").json()["updated_at"] == card["updated_at"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"workflow_id": "x" * 256}, ("workflow_id", "TOO_LONG")),
        ({"workflow_type": 3}, ("workflow_type", "WRONG_TYPE")),
        ({"session_id": "a\x00"}, ("session_id", "NOT_TEXT")),
        ({"metadata": []}, ("metadata", "WRONG_TYPE")),
        ({"metadata": {"a": "x" * 8192}}, ("metadata", "TOO_LARGE")),
        ({"metadata": {"a": "\x00"}}, ("metadata.a", "NOT_TEXT")),
        ({"usage_count": 7}, ("usage_count", "UNKNOWN_FIELD")),
    ],
)
def test_a_bad_use_is_refused_and_not_counted(desk, body, field):
    card = made(desk)
    refused(post(desk, body, f"/{card['card_id']}/usage"), 400, "VALIDATION_ERROR", field)
    assert desk.get(f"{HERE}/{card['card_id']}").json()["usage_count"] == 0
    assert rows(CardUsage) == []


def test_uses_are_summed_up(desk, now):
    one = made(desk)
    two = post(desk, {"cards": [{"card_type": "voice", "content": {"tone": "plain"}}]}, "/batch").json()["cards"][0]
    for card, workflow in ((one, "w-1"), (one, "w-2"), (two, "w-1"), (one, None)):
        said = {"workflow_id": workflow, "workflow_type": workflow and "recommendation_generation"}
        post(desk, said, f"/{card['card_id']}/usage")
    today = now.date().isoformat()

    def summed(**query):
        return desk.get(f"{HERE}/usage/summary", {"from": today, "to": today, **query}).json()

    told = summed()
    assert told.pop("groups") == [
        {"key": "insight", "events": 3, "distinct_cards": 1},
        {"key": "voice", "events": 1, "distinct_cards": 1},
    ]
    assert told == {
        "from": today,
        "to": today,
        "group_by": "card_type",
        "total_events": 4,
        "distinct_cards": 2,
        "distinct_workflows": 2,
    }
    assert [group["key"] for group in summed(group_by="workflow_type")["groups"]] == ["recommendation_generation", None]
    assert summed(group_by="day")["groups"] == [{"key": today, "events": 4, "distinct_cards": 2}]
    assert [group["key"] for group in summed(group_by="card")["groups"]] == [one["card_id"], two["card_id"]]
    assert desk.get(f"{HERE}/usage/summary").json()["total_events"] == 4
    assert desk.get(f"{HERE}/usage/summary", {"to": "2020-01-01"}).json()["groups"] == []
    here = f"{HERE}/{one['card_id']}/usage"
    assert desk.get(here, {"from": today, "to": today}).json()["total"] == 3
    assert desk.get(here, {"to": "2020-01-01"}).json()["total"] == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2025-01-01", "to": "2026-01-02"}, ("from", "OUT_OF_RANGE")),
        ({"from": "2025-01-02", "to": "2025-01-01"}, ("from", "OUT_OF_RANGE")),
        ({"from": "yesterday"}, ("from", "NOT_A_DATE")),
        ({"to": "2025-02-30"}, ("to", "NOT_A_DATE")),
        ({"group_by": "moon"}, ("group_by", "UNKNOWN_CHOICE")),
    ],
)
def test_a_bad_summary_is_refused(desk, query, field):
    refused(desk.get(f"{HERE}/usage/summary", query), 400, "VALIDATION_ERROR", field)


def test_a_summary_covers_366_days(desk):
    assert desk.get(f"{HERE}/usage/summary", {"from": "2024-01-01", "to": "2024-12-31"}).status_code == 200


# -- once


def keyed(client, body=INSIGHT, to="", key="k-1"):
    return post(client, body, to, **{"Idempotency-Key": key})


def test_a_repeated_batch_gets_the_first_counts(desk):
    body = {"cards": [{"card_type": "voice", "content": {"tone": "plain"}}]}
    first, second = keyed(desk, body, "/batch"), keyed(desk, body, "/batch")
    assert second.content == first.content and second.json()["created_count"] == 1
    assert (first["X-Idempotency-Cache"], second["X-Idempotency-Cache"]) == ("MISS", "HIT")
    assert second["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first
    refused(keyed(desk, {"cards": [{"card_type": "voice", "content": {}}]}, "/batch"), 422, "IDEMPOTENCY_KEY_REUSED")


def test_a_key_is_of_one_institution_and_one_service(desk, stranger, with_key):
    clients = [desk, stranger, with_key(Scope.CARDS_WRITE), with_key(Scope.CARDS_WRITE)]
    answers = [keyed(client, INSIGHT | {"content": {"key": str(nr)}}) for nr, client in enumerate(clients)]
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({card.tenant_id for card in rows(Card)}) == 2


def test_a_repeated_deletion_answers_as_the_first(desk):
    here = f"{HERE}/{made(desk)['card_id']}"
    for cache in ("MISS", "HIT"):
        answer = desk.delete(here, headers={"Idempotency-Key": "a"})
        assert (answer.status_code, answer["X-Idempotency-Cache"]) == (204, cache)


def test_nothing_of_a_deleted_card_is_repeated(desk):
    card_id = made(desk)["card_id"]
    used = keyed(desk, {"workflow_id": "w"}, f"/{card_id}/usage")
    again = keyed(desk, {"workflow_id": "w"}, f"/{card_id}/usage")
    assert (used.content, used["X-Event-Recorded"]) == (again.content, again["X-Event-Recorded"])
    assert again["Idempotency-Replayed"] == "true"
    desk.delete(f"{HERE}/{card_id}")
    refused(keyed(desk, {"workflow_id": "w"}, f"/{card_id}/usage"), 404, "CARD_NOT_FOUND")


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
def test_an_unfit_key_is_refused(desk, key):
    refused(keyed(desk, key=key), 400, "INVALID_IDEMPOTENCY_KEY")


def test_twenty_at_once_make_one_card(live_db):
    omar = people.UserFactory(email="omar@example.test", role="operator", level="senior")
    clients, answers, together = [client_of(omar) for _ in range(20)], [], threading.Barrier(20)

    def call(client):
        try:
            together.wait(20)
            answers.append(keyed(client))
        finally:
            connection.close()

    threads = [threading.Thread(target=call, args=(client,)) for client in clients]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    good = [answer for answer in answers if answer.status_code == 201]
    assert good and len(answers) == 20
    assert {answer.json()["code"] for answer in answers if answer not in good} <= {"IDEMPOTENCY_IN_FLIGHT"}
    assert len({answer.content for answer in good}) == len(rows(Card)) == len(rows(CardVersion)) == 1


# -- how often, how much, and what is seen of it


def test_an_institution_has_its_limit_of_each_group(desk, ada, stranger, calling, limited):
    limited(**{"cards:write": (2, 60), "cards:read": (1, 60)})
    answer = keyed(desk)
    assert (answer["X-RateLimit-Limit"], answer["X-RateLimit-Remaining"]) == ("2", "1")
    assert keyed(desk)["Idempotency-Replayed"] == "true"
    last = keyed(calling(ada), INSIGHT | {"content": {}})
    assert refused(last, 429, "RATE_LIMITED") and int(last["Retry-After"]) <= 60
    assert last["X-RateLimit-Remaining"] == "0" and last["X-RateLimit-Reset"].isdecimal()
    assert keyed(stranger).status_code == 201
    assert [desk.get(HERE).status_code for _ in range(2)] == [200, 429]
    assert post(desk, BODIES[f"{HERE}/retrieve"], "/retrieve").status_code == 200


def test_without_redis_everybody_is_admitted(desk, limited, redis_away):
    limited(**{"cards:read": (1, 60)})
    assert [desk.get(HERE).status_code for _ in range(3)] == [200, 200, 200]


def test_statements_do_not_grow_with_cards(desk, omar, with_key):
    cards = [str(CardFactory(tenant=omar.tenant).pk) for _ in range(30)]
    service = with_key(Scope.CARDS_WRITE)
    service.get(HERE)  # notes that the key was used

    def asked(call):
        with CaptureQueriesContext(connection) as captured:
            assert call().status_code in (200, 201)
        return len(statements_of(captured))

    for count in (1, 30):
        assert asked(lambda count=count: post(service, {"card_ids": cards[:count]}, "/retrieve")) == 2
        assert asked(lambda count=count: service.get(HERE, {"page_size": count})) == 3
    assert asked(lambda: post(service, {}, f"/{cards[0]}/usage")) == 2
    for start, count in ((0, 1), (1, 40)):
        items = [{"card_type": "voice", "content": {"tone": str(n)}} for n in range(start, start + count)]
        assert asked(lambda items=items: post(service, {"cards": items}, "/batch")) == 6


def test_metrics_hold_no_ids(desk):
    card = made(desk)
    desk.get(f"{HERE}/{card['card_id']}")
    post(desk, {"workflow_id": "w", "workflow_type": str(uuid4())}, f"/{card['card_id']}/usage")
    desk.generic("BREW", f"{HERE}/{card['card_id']}")
    told = desk.get("/metrics").content.decode()
    lines = [line for line in told.splitlines() if line.startswith(("cards_api", "card_usage", "cards_usage"))]
    assert 'endpoint="/api/v1/cards/{card_id}",method="GET",status="200"' in "\n".join(lines)
    assert 'card_usage_events_total{card_type="insight",workflow_type="other"}' in "\n".join(lines)
    assert 'cards_api_operations_total{operation="create",status="201"}' in "\n".join(lines)
    assert card["card_id"] not in told and "BREW" not in told


def test_what_is_kept_is_what_was_hashed(desk):
    content = {"key": "n", "facts": [1, 1.0, -0.0, 0.1, 1e-7, 9007199254740991, True, None, "ç"]}
    card = made(desk, content=content)
    (kept,) = rows(Card, pk=card["card_id"])
    assert canonical(kept.content) == canonical(
        content | {"facts": [1, 1.0, 0.0, 0.1, 1e-7, 2**53 - 1, True, None, "ç"]}
    )
