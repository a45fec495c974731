"""The former routes of personas: what their clients have always got, over the new acts."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import consent, keys, rowsecurity
from accounts.models import AuditEntry
from accounts.purposes import Purpose
from accounts.tests import factories
from accounts.tests.senders import statements_of
from personas.models import Person, Portrait, PortraitVersion, Submission
from personas.tests.dossiers import BEGAN, PersonFactory, portrayed, submitted
from personas.tests.web import opened

WALKS, SAVES = "I prefer to walk to work. I like quiet mornings.", "My goal is to save for a small boat."
FORMER = {
    "id", "person_id", "persona", "version", "computed_from_data_ids", "created_at", "updated_at", "raw_text",
}  # fmt: skip


@pytest.fixture
def vera(db):
    return factories.consenting("vera", Purpose.NOTES)


@pytest.fixture
def staff(omar, calling):
    return calling(omar)


@pytest.fixture
def web(settings, monkeypatch):
    with opened(settings, monkeypatch) as made:
        yield made


def told(answer):
    return answer.status_code, answer.json()["code"]


def makes(client, text=WALKS):
    answer = client.post("/v1/persona", {"raw_text": text}, format="json")
    assert answer.status_code == 201, answer.json()
    return answer.json()


def holds():
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return [table.objects.count() for table in (Person, Submission, Portrait, PortraitVersion)]


def hung(omar, *texts, at=BEGAN, **document):
    person = PersonFactory(tenant=omar.tenant)
    for text in texts:
        submitted(person, text, at)
    return portrayed(person, document, at)


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [
        ("get", "", 200), ("put", "", 405), ("post", "", 400), ("get", "/stats", 200), ("get", "/search", 400),
        ("get", "/export", 403), ("get", "/x", 404), ("get", "/x/y", 404),
    ],
)  # fmt: skip
def test_every_answer_tells_its_client_where_to_go(staff, verb, path, status):
    answer = getattr(staff, verb)(f"/v1/persona{path}")
    assert (answer.status_code, answer["Deprecation"]) == (status, "true")
    assert answer["Link"] == '</v1/person>; rel="successor-version"'


def test_so_do_answers_to_nobody_and_the_new_routes_do_not(calling, staff):
    assert calling().get("/v1/persona")["Deprecation"] == "true"
    assert "Deprecation" not in staff.get("/v1/person") and "Deprecation" not in staff.get("/v1/personas")


class TestOne:
    def test_is_made_with_its_person_and_answers_with_three_fields(self, staff):
        made = makes(staff)
        assert set(made) == {"id", "created_at", "updated_at"}
        persona = staff.get(f"/v1/persona/{made['id']}").json()
        assert set(persona) == FORMER and persona["version"] == 1
        moment = made["created_at"]
        assert persona["raw_text"] == f"--- Submission 1 ({moment}) ---\n{WALKS}"
        assert staff.get(f"/v1/persona/{persona['person_id']}").json() == persona
        assert staff.get(f"/v1/person/{persona['person_id']}/persona").json()["id"] == made["id"]
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            assert Person.objects.get().origin == "legacy"

    def test_grows_under_its_id(self, staff):
        made = makes(staff)
        answer = staff.patch(f"/v1/persona/{made['id']}", {"raw_text": SAVES}, format="json")
        persona = answer.json()
        assert (answer.status_code, set(persona)) == (200, FORMER)
        assert (persona["id"], persona["version"], len(persona["computed_from_data_ids"])) == (made["id"], 2, 2)
        assert WALKS in persona["raw_text"] and persona["raw_text"].endswith(f") ---\n{SAVES}")
        assert "\n\n--- Submission 2 (" in persona["raw_text"]
        assert staff.get(f"/v1/persona/{made['id']}").json() == persona

    def test_goes_with_its_person_where_it_began_it(self, staff):
        made = makes(staff)
        assert staff.delete(f"/v1/persona/{made['id']}").status_code == 204
        assert holds() == [0, 0, 0, 0]

    def test_leaves_the_texts_of_a_person_that_began_without_it(self, staff, omar):
        portrait = hung(omar, WALKS)
        assert staff.delete(f"/v1/persona/{portrait.pk}").status_code == 204
        assert holds() == [1, 1, 0, 0]
        assert told(staff.get(f"/v1/persona/{portrait.pk}")) == (404, "PERSONA_NOT_FOUND")

    @pytest.mark.parametrize("verb", ["get", "patch", "delete"])
    def test_unknown_malformed_and_of_others_are_not_there(self, staff, calling, vera, maya, verb):
        person = PersonFactory(user=vera)
        submitted(person, WALKS)
        theirs = portrayed(person)
        fred = factories.UserFactory(role="admin", tenant=factories.TenantFactory(slug="elsewhere"))
        for client, named in ((staff, uuid4()), (staff, "x"), (calling(maya), theirs.pk), (calling(fred), theirs.pk)):
            answer = getattr(client, verb)(f"/v1/persona/{named}", {"raw_text": "x"}, format="json")
            assert told(answer) == (404, "PERSONA_NOT_FOUND")

    def test_of_who_agrees_no_more_is_hidden_and_not_written_to(self, staff, calling, vera, now):
        client = calling(vera)
        made = makes(client)
        with rowsecurity.viewing(rowsecurity.of(vera)):
            consent.revoke(user=vera, purpose=Purpose.NOTES, now=now)
        for caller in (client, staff):
            assert told(caller.get(f"/v1/persona/{made['id']}")) == (404, "PERSONA_NOT_FOUND")
            for verb in ("patch", "delete"):
                answer = getattr(caller, verb)(f"/v1/persona/{made['id']}", {"raw_text": "x"}, format="json")
                assert told(answer) == (409, "CONSENT_REQUIRED")
        assert told(client.post("/v1/persona", {"raw_text": "x"}, format="json")) == (409, "CONSENT_REQUIRED")

    def test_a_consumer_has_one(self, calling, vera):
        client = calling(vera)
        makes(client)
        assert client.get("/v1/person/me").json()["latest_persona_version"] == 1
        assert told(client.post("/v1/persona", {"raw_text": "x"}, format="json")) == (409, "PERSON_EXISTS")
        answer = client.post("/v1/persona/batch", ["x"], format="json")
        assert told(answer) == (409, "PERSON_EXISTS") and holds() == [1, 1, 1, 1]

    @pytest.mark.parametrize(
        ("body", "field", "code"),
        [
            ({}, "body", "NOTHING_SENT"), ({"raw_text": "x" * 50_001}, "raw_text", "MAX_LENGTH"),
            ({"raw_text": " "}, "raw_text", "BLANK"), ({"raw_text": None}, "raw_text", "NULL"),
            ({"urls": []}, "urls", "MIN_LENGTH"), ({"urls": ["http://a.test"] * 11}, "urls", "MAX_LENGTH"),
            ({"text": "x"}, "text", "UNKNOWN_FIELD"),
        ],
    )  # fmt: skip
    def test_what_is_no_text_is_refused(self, staff, body, field, code):
        for answer in (
            staff.post("/v1/persona", body, format="json"),
            staff.patch(f"/v1/persona/{uuid4()}", body, format="json"),
        ):
            assert told(answer) == (400, "VALIDATION_ERROR")
            assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [(field, code)]

    def test_the_same_key_makes_one(self, staff):
        def send():
            return staff.post("/v1/persona", {"raw_text": WALKS}, format="json", headers={"Idempotency-Key": "k"})

        assert send().content == send().content and holds() == [1, 1, 1, 1]


class TestAddresses:
    def test_are_not_fetched_unless_that_is_switched_on(self, staff):
        answer = staff.post("/v1/persona", {"urls": ["https://a.test"], "raw_text": WALKS}, format="json")
        assert told(answer) == (400, "URL_FETCH_DISABLED") and holds() == [0, 0, 0, 0]

    def test_that_cannot_be_read_store_nothing(self, staff, settings):
        settings.PERSON_URL_FETCH = True
        answer = staff.post("/v1/persona", {"urls": ["http://127.0.0.1"], "raw_text": WALKS}, format="json")
        assert told(answer) == (503, "URL_FETCH_FAILED") and holds() == [0, 0, 0, 0]

    @pytest.mark.parametrize("with_text", [True, False])
    def test_become_a_text_of_their_own_behind_that_of_the_caller(self, staff, web, with_text):
        web.serve("blog.example", lambda to: to.answer(b"<p>I prefer quiet mornings.</p><script>x</script>"))
        said = {"raw_text": SAVES} if with_text else {}
        sent = {"urls": ["http://blog.example/a", "http://10.0.0.1/"], **said}
        answer = staff.post("/v1/persona", sent, format="json")
        assert answer.status_code == 201 and set(answer.json()) == {"id", "created_at", "updated_at"}
        person_id = staff.get(f"/v1/persona/{answer.json()['id']}").json()["person_id"]
        page = "Not read: an address (address_not_allowed)\n\nFrom blog.example:\nI prefer quiet mornings."
        kept = staff.get(f"/v1/person/{person_id}/data").json()["items"]
        assert [(row["source"], row["raw_text"]) for row in kept] == [("api", SAVES)] * with_text + [("urls", page)]

    def test_are_read_for_a_persona_that_is_there_already(self, staff, web):
        web.serve("blog.example", lambda to: to.answer(b"My goal is to save for a boat.", kind="text/plain"))
        made = makes(staff)
        answer = staff.patch(f"/v1/persona/{made['id']}", {"urls": ["http://blog.example"]}, format="json")
        assert (answer.status_code, answer.json()["id"], answer.json()["version"]) == (200, made["id"], 2)
        assert answer.json()["persona"]["financial"]["goals"] == ["My goal is to save for a boat."]

    @pytest.mark.parametrize(
        "url",
        [
            "http://127.0.0.1", "http://2130706433", "http://0x7f000001", "http://017700000001", "http://[::1]",
            "http://[::ffff:10.0.0.1]", "http://[2002:a00:1::]", "http://169.254.169.254/latest/meta-data",
            "http://localhost",
        ],
    )  # fmt: skip
    def test_of_machines_that_only_we_reach_are_refused_without_the_address(self, staff, web, url):
        web.names["localhost"] = ["127.0.0.1"]
        answer = staff.post("/v1/persona", {"urls": [url]}, format="json")
        assert told(answer) == (503, "URL_FETCH_FAILED") and holds() == [0, 0, 0, 0] and web.connected == []
        assert [page["reason"] for page in answer.json()["pages"]] == ["address_not_allowed"]
        assert "127.0.0.1" not in answer.content.decode() and "10.0.0.1" not in answer.content.decode()


class TestMany:
    def test_a_page_is_newest_first_with_all_texts(self, staff, omar):
        made = [hung(omar, f"Text {n}.", "More.", at=BEGAN + timedelta(days=n)) for n in range(12)]
        page = staff.get("/v1/persona").json()
        assert (page["total"], page["limit"], page["offset"]) == (12, 10, 0)
        assert [one["id"] for one in page["items"]] == [str(one.pk) for one in reversed(made[2:])]
        assert page["items"][0]["raw_text"] == (
            "--- Submission 1 (2026-11-12T09:00:00Z) ---\nText 11.\n\n"
            "--- Submission 2 (2026-11-12T09:00:00Z) ---\nMore."
        )
        assert [one["id"] for one in staff.get("/v1/persona", {"offset": 11}).json()["items"]] == [str(made[0].pk)]
        assert told(staff.get("/v1/persona", {"limit": 101})) == (400, "VALIDATION_ERROR")

    def test_a_batch_is_made_in_its_order_or_not_at_all(self, staff):
        texts = [f"Text {n}." for n in range(20)]
        answer = staff.post("/v1/persona/batch", texts, format="json")
        assert answer.status_code == 201
        assert [one["raw_text"].split("\n")[1] for one in answer.json()] == texts
        assert {one["version"] for one in answer.json()} == {1} and holds() == [20] * 4
        for bad in ([], [*texts, "x"], ["x", " "], ["x", 5], ["x" * 50_001], {"raw_text": "x"}):
            assert told(staff.post("/v1/persona/batch", bad, format="json")) == (400, "VALIDATION_ERROR")
        assert holds() == [20] * 4

    def test_two_become_the_first(self, staff, omar):
        first, second = hung(omar, WALKS, at=BEGAN + timedelta(days=1)), hung(omar, SAVES, at=BEGAN)
        body = {"persona_id_1": str(first.pk), "persona_id_2": str(second.pk), "merged_raw_text": "They are one."}
        answer = staff.post("/v1/persona/merge", body, format="json")
        merged = answer.json()
        assert (answer.status_code, set(merged)) == (200, FORMER)
        assert (merged["id"], merged["version"]) == (str(first.pk), 2)
        assert [text.split("\n")[1] for text in merged["raw_text"].split("\n\n")] == [SAVES, WALKS, "They are one."]
        assert holds() == [1, 3, 1, 2]
        assert told(staff.get(f"/v1/persona/{second.pk}")) == (404, "PERSONA_NOT_FOUND")
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            assert Submission.objects.get(raw_text="They are one.").source == "merge"

    def test_a_merge_may_be_named_in_the_address_but_never_its_text(self, staff, omar):
        first, second = hung(omar, WALKS), hung(omar, SAVES)
        named = f"persona_id_1={first.pk}&persona_id_2={second.pk}&merged_raw_text=no"
        answer = staff.post(f"/v1/persona/merge?{named}", format="json", headers={"Idempotency-Key": "k"})
        assert answer.status_code == 200 and holds() == [1, 2, 1, 2]
        again = staff.post(f"/v1/persona/merge?{named}", format="json", headers={"Idempotency-Key": "k"})
        assert again["Idempotency-Replayed"] == "true" and again.content == answer.content
        third = hung(omar, SAVES)
        other = f"persona_id_1={first.pk}&persona_id_2={third.pk}"
        answer = staff.post(f"/v1/persona/merge?{other}", format="json", headers={"Idempotency-Key": "k"})
        assert told(answer) == (422, "IDEMPOTENCY_KEY_REUSED")

    def test_a_merge_of_one_of_unknown_and_of_two_users_is_refused(self, staff, omar, vera):
        one = hung(omar, WALKS)
        two = [PersonFactory(user=user) for user in (vera, factories.consenting("theo", Purpose.NOTES))]
        users = []
        for person in two:
            submitted(person, SAVES)
            users.append(portrayed(person))
        for first, second, refused in (
            (one.pk, one.pk, (400, "SAME_PERSON")), (one.pk, one.person_id, (400, "SAME_PERSON")),
            (one.pk, uuid4(), (404, "PERSONA_NOT_FOUND")), (uuid4(), one.pk, (404, "PERSONA_NOT_FOUND")),
            (one.pk, "x", (400, "VALIDATION_ERROR")), (users[0].pk, users[1].pk, (409, "PERSONS_OF_TWO_USERS")),
        ):  # fmt: skip
            body = {"persona_id_1": str(first), "persona_id_2": str(second)}
            assert told(staff.post("/v1/persona/merge", body, format="json")) == refused
        assert holds() == [3, 3, 3, 3]

    def test_juniors_neither_merge_nor_delete(self, calling, junior, omar):
        first, second = hung(omar, WALKS), hung(omar, SAVES)
        client = calling(junior)
        body = {"persona_id_1": str(first.pk), "persona_id_2": str(second.pk)}
        assert told(client.post("/v1/persona/merge", body, format="json")) == (403, "FORBIDDEN_ROLE")
        assert told(client.delete(f"/v1/persona/{first.pk}")) == (403, "FORBIDDEN_ROLE")
        assert client.patch(f"/v1/persona/{first.pk}", {"raw_text": "x"}, format="json").status_code == 200

    def test_words_are_found_in_texts_and_in_what_a_portrait_says_first(self, staff, omar):
        by_text = hung(omar, "She grows Quinces.", at=BEGAN)
        by_meta = [
            hung(omar, "x", at=BEGAN + timedelta(days=n), meta={field: "quince farmer"})
            for n, field in enumerate(("name", "role", "location"), 1)
        ]
        by_core = hung(omar, "x", at=BEGAN + timedelta(days=4), identity={"core_description": "A QUINCE."})
        hung(omar, "x", strengths=["quince"])
        hung(omar, "100% wool_en")
        found = staff.get("/v1/persona/search", {"q": "quince"}).json()
        assert [one["id"] for one in found] == [str(one.pk) for one in [by_core, *reversed(by_meta), by_text]]
        assert [one["id"] for one in staff.get("/v1/persona/search", {"q": "quince", "limit": 1}).json()] == [
            str(by_core.pk)
        ]
        assert len(staff.get("/v1/persona/search", {"q": "0% w"}).json()) == 1
        assert staff.get("/v1/persona/search", {"q": "0_ w"}).json() == []
        for query in ({}, {"q": ""}, {"q": "x" * 201}, {"q": "a\x00"}, {"q": "x", "limit": 101}):
            assert told(staff.get("/v1/persona/search", query)) == (400, "VALIDATION_ERROR")

    def test_stats_are_of_what_the_caller_sees(self, staff, calling, omar, vera):
        empty = {"total_personas": 0, "oldest_created": None, "newest_created": None, "days_active": 0}
        assert staff.get("/v1/persona/stats").json() == empty
        hung(omar, "x")
        hung(omar, "x", at=BEGAN + timedelta(days=3, hours=5))
        assert staff.get("/v1/persona/stats").json() == {
            "total_personas": 2, "oldest_created": "2026-11-01T09:00:00Z",
            "newest_created": "2026-11-04T14:00:00Z", "days_active": 3,
        }  # fmt: skip
        assert calling(vera).get("/v1/persona/stats").json() == empty


class TestExport:
    def read(self, answer):
        assert answer.status_code == 200
        return json.loads(b"".join(answer.streaming_content))

    def test_everything_is_streamed_and_who_looked_is_sealed(self, calling, ada, omar):
        made = [hung(omar, f"Text {n}.", at=BEGAN + timedelta(minutes=n)) for n in range(120)]
        exported = self.read(calling(ada).get("/v1/persona/export", {"limit": 110}))
        assert set(exported) == {"export_format", "exported_at", "total_exported", "total_in_system", "personas"}
        assert (exported["export_format"], exported["total_exported"], exported["total_in_system"]) == (
            "json",
            110,
            120,
        )
        assert [one["id"] for one in exported["personas"]] == [str(one.pk) for one in reversed(made[10:])]
        assert exported["personas"][0]["raw_text"].endswith("Text 119.")
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            assert AuditEntry.objects.filter(action="view_person", operator_id=ada.pk).count() == 110

    def test_of_nothing_is_empty(self, calling, ada):
        exported = self.read(calling(ada).get("/v1/persona/export"))
        assert (exported["total_exported"], exported["total_in_system"], exported["personas"]) == (0, 0, [])

    def test_is_for_admins_and_for_keys_that_read(self, calling, staff, junior, vera, ada, now):
        for client in (staff, calling(junior), calling(vera)):
            assert told(client.get("/v1/persona/export")) == (403, "FORBIDDEN_ROLE")
        with rowsecurity.viewing(rowsecurity.of(ada)):
            made = keys.make(by=ada, name="Intake", scopes=["persons:read"], expires_at=None, now=now)
        client = calling()
        client.credentials(HTTP_AUTHORIZATION=f"Api-Key {made.secret}")
        assert self.read(client.get("/v1/persona/export"))["total_exported"] == 0

    @pytest.mark.parametrize("query", [{"format": "csv"}, {"limit": 0}, {"limit": 10_001}])
    def test_in_another_format_there_is_none(self, calling, ada, query):
        assert told(calling(ada).get("/v1/persona/export", query)) == (400, "VALIDATION_ERROR")


def test_statements_do_not_grow_with_personas_or_texts(staff, omar):
    for people, texts in ((2, 1), (20, 5)):
        for _ in range(people):
            hung(omar, *(f"Text {n}." for n in range(texts)))
        for path, budget in (("", 7), ("/search?q=text", 6)):
            with CaptureQueriesContext(connection) as asked:
                assert staff.get(f"/v1/persona{path}").status_code == 200
            assert len(statements_of(asked.captured_queries)) == budget
        with CaptureQueriesContext(connection) as asked:
            assert staff.post("/v1/persona/batch", ["x"] * people, format="json").status_code == 201
        assert len(statements_of(asked.captured_queries)) == 11
