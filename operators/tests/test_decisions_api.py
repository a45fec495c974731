"""One item at the desk over HTTP: what is told, each decision once, and every way of being refused."""

from datetime import timedelta
from json import dumps
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from accounts import consent, rowsecurity
from accounts.models import AuditEntry, Tenant
from accounts.purposes import Purpose
from accounts.tests.factories import TransactionFactory, UserFactory
from recommendations import proposing
from recommendations.models import Recommendation
from recommendations.tests.crowds import NOW as CROWDED
from recommendations.tests.crowds import crowd, stock
from recommendations.tests.proposed import proposed

REASON = "It does not fit what this person has."
ROOT = "/api/operator/recommendations"


@pytest.fixture
def item(maya):
    return proposed(maya, created_at=timezone.now() - timedelta(minutes=3))


@pytest.fixture
def desk(omar, calling):
    return calling(omar)


@pytest.fixture
def send(desk):
    """`send("approve", item)`: what the desk answers."""

    def sent(verb, item, body=None, client=desk, **headers):
        return client.post(f"{ROOT}/{item.pk}/{verb}", body or {}, format="json", headers=headers)

    return sent


def rows():
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return list(AuditEntry.objects.order_by("seq").values_list("action", "object_type", "recommendation_id"))


def held_by(item):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return Recommendation.objects.get(pk=item.pk)


def test_everything_needed_to_decide_is_told_and_leaves_one_row(maya, desk):
    paid = TransactionFactory(user=maya, merchant="Reelhouse")
    item = proposed(maya, rows=[str(paid.id)])
    answer = desk.get(f"{ROOT}/{item.pk}")
    told = answer.json()
    assert (answer.status_code, answer["ETag"]) == (200, '"1"')
    assert (told["recommendation_id"], told["user"]["email"], told["notes_count"]) == (str(item.pk), maya.email, 0)
    assert (told["persona_id"], told["guardrails"]["passed"], told["undo_until"]) == (1, True, None)
    assert told["content"] == item.content and told["disclosure"] == item.disclosure
    assert [move["verb"] for move in told["moves"]] == ["propose"]
    assert told["card"] | {"card_id": ""} == {
        "card_id": "", "key": "own", "title": "Own", "version": 1, "newest_version": 1, "is_active": True,
    }  # fmt: skip
    assert told["signals_used"][0]["label"] == "Visa ending 4523"
    cited = next(one for one in told["citations"] if one["slot"] == "utilization")
    assert (cited["text"], cited["count"], cited["transactions"][0]["merchant"]) == ("68 %", 1, "Reelhouse")
    assert {check["name"]: check["status"] for check in told["guardrail_checks"]} == {
        "consent": "pass", "eligibility": "not_applicable", "advice": "pass", "tone": "pass", "figures": "pass",
        "disclosure": "pass",
    }  # fmt: skip
    assert (told["eligibility"], told["other_items"], told["notes"], told["flags"]) == (None, [], [], [])
    assert rows() == [("view_user", "recommendation", item.pk)]


def test_an_offer_tells_what_makes_it_eligible(maya, desk):
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.grant(user=maya, purpose=Purpose.PARTNER_OFFERS, now=timezone.now() - timedelta(days=1))
    item = proposed(maya, offer=True, created_at=timezone.now())
    asked = desk.get(f"{ROOT}/{item.pk}").json()["eligibility"]
    assert asked["status"] == "eligible"
    assert asked["criteria"] == [
        {"signal": "credit.highest_card_utilization_pct", "op": ">=", "threshold": 30, "value": 68.0, "met": True}
    ]


def test_an_item_is_approved_and_taken_back(omar, item, send):
    told = send("approve", item, {"notes": "Clear."}).json()
    approved_at = timezone.datetime.fromisoformat(told.pop("approved_at"))
    assert timezone.datetime.fromisoformat(told.pop("undo_until")) - approved_at == timedelta(minutes=5)
    assert told == {
        "recommendation_id": str(item.pk), "status": "approved", "approved_by": str(omar.pk), "notes": "Clear.",
    }  # fmt: skip
    undone = send("undo", item).json()
    assert (undone["restored_status"], undone["reverted_from"]) == ("pending", "approved")
    assert undone["undone_by"] == str(omar.pk)
    assert [action for action, _, _ in rows()] == ["approve", "undo"]


def test_an_item_is_rejected_with_a_reason(item, send):
    told = send("reject", item, {"reason": REASON}).json()
    assert (told["status"], told["reason"]) == ("rejected", REASON)
    again = send("reject", item, {"reason": REASON})
    assert (again.status_code, again.json()["code"]) == (409, "ALREADY_DECIDED")
    assert "decided at" in again.json()["detail"] and "omar" not in again.content.decode()


@pytest.mark.parametrize("reason", ["too short", " " * 12, "x" * 501, None, "with \0 inside it"])
@pytest.mark.parametrize("verb", ["reject", "flag"])
def test_a_reason_that_is_none_is_400(item, send, verb, reason):
    answer = send(verb, item, {"reason": reason} if reason is not None else {})
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    assert rows() == []


def test_an_edit_says_what_it_changed_and_what_the_guardrails_say(desk, item, omar):
    answer = desk.patch(f"{ROOT}/{item.pk}", {"title": "Another title", "priority": "low"}, format="json")
    told = answer.json()
    assert told["modifications"] == {
        "title": {"before": item.title, "after": "Another title"},
        "priority": {"before": "high", "after": "low"},
    }
    assert told["guardrails"] == {
        "passed": True, "consent": True, "eligibility": None, "advice": True, "tone": True, "figures": True,
        "disclosure": True,
    }  # fmt: skip
    assert (told["status"], told["modified_by"]) == ("pending", str(omar.pk))


def test_an_edit_that_fails_a_guardrail_is_400_with_the_words(desk, item):
    answer = desk.patch(f"{ROOT}/{item.pk}", {"content": "You should pay this off today."}, format="json")
    told = answer.json()
    assert (answer.status_code, told["code"]) == (400, "GUARDRAIL_FAILED")
    failed = [check for check in told["checks"] if check["status"] == "fail"]
    assert [(check["name"], check["matched"]) for check in failed] == [("advice", ["you should"])]
    assert held_by(item).revision == 1


def test_if_match_holds_a_decision_to_what_was_read(desk, item, send):
    desk.patch(f"{ROOT}/{item.pk}", {"title": "Another title"}, format="json")
    for stale in ('"1"', "2", "W/x", '"1", "2"'):
        answer = send("approve", item, **{"If-Match": stale})
        assert (answer.status_code, answer.json()["code"], answer.json()["revision"]) == (409, "REVISION_CONFLICT", 2)
    assert send("approve", item, **{"If-Match": '"2"'}).status_code == 200


def test_who_holds_an_item_is_told_and_taking_over_is_one_more_word(item, send, ada, omar, calling):
    mine = send("claim", item).json()
    assert (mine["operator_id"], mine["operator_name"]) == (str(omar.pk), "omar@example.test")
    hers = calling(ada)
    refused = send("approve", item, client=hers).json()
    assert (refused["code"], refused["held_by"]) == ("CLAIMED", str(omar.pk))
    assert timezone.datetime.fromisoformat(refused["until"]) > timezone.now()
    assert send("claim", item, client=hers).status_code == 409
    assert send("claim", item, {"take_over": True}, client=hers).json()["operator_id"] == str(ada.pk)
    assert send("approve", item).json()["held_by"] == str(ada.pk)
    assert hers.delete(f"{ROOT}/{item.pk}/claim").status_code == 204
    assert send("approve", item).status_code == 200
    assert [action for action, _, _ in rows()] == ["approve"]  # holding is no act


def test_a_flag_blocks_and_is_resolved_once(desk, item, send, omar):
    raised = send("flag", item, {"reason": REASON})
    flag = raised.json()
    assert (raised.status_code, raised["Location"]) == (201, f"/api/operator/flags/{flag['flag_id']}")
    assert (flag["flagged_by"], flag["flag_reason"], flag["resolved"]) == (str(omar.pk), REASON, False)
    assert send("flag", item, {"reason": REASON}).json()["code"] == "OPEN_FLAG"
    assert send("approve", item).json()["code"] == "OPEN_FLAG"
    assert desk.get("/api/operator/flags?resolved=false").json()["total"] == 1
    assert desk.get(f"/api/operator/flags?flagged_by={uuid4()}").json()["items"] == []
    where = f"/api/operator/flags/{flag['flag_id']}"
    resolved = desk.post(f"{where}/resolve", {"resolution": "Looked, and it is right."}, format="json").json()
    assert (resolved["resolved"], resolved["resolved_by"]) == (True, str(omar.pk))
    again = desk.post(f"{where}/resolve", {"resolution": "Looked, and it is right."}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "FLAG_RESOLVED")
    assert desk.post(f"{where}/resolve", {"resolution": "short"}, format="json").status_code == 400
    assert desk.get(where).json()["resolution"] == "Looked, and it is right."
    assert desk.get("/api/operator/flags?limit=201").status_code == 400
    for unknown in (uuid4(), "no-id"):
        assert desk.get(f"/api/operator/flags/{unknown}").json()["code"] == "FLAG_NOT_FOUND"


def test_notes_and_tags_come_and_go(desk, item, junior, calling):
    notes, tags = f"{ROOT}/{item.pk}/notes", f"{ROOT}/{item.pk}/tags"
    note = desk.post(notes, {"note_text": "See <the> statement."}, format="json")
    assert (note.status_code, note.json()["note_text"]) == (201, "See <the> statement.")
    mine = f"/api/operator/notes/{note.json()['note_id']}"
    assert desk.patch(mine, {"note_text": "Seen."}, format="json").json()["note_text"] == "Seen."
    june = calling(junior)
    assert june.patch(mine, {"note_text": "Mine now."}, format="json").json()["code"] == "FORBIDDEN_ROLE"
    assert june.get(notes).json()["items"][0]["note_text"] == "Seen."
    assert (june.delete(mine).status_code, desk.delete(mine).status_code) == (403, 204)
    assert desk.delete(mine).json()["code"] == "NOTE_NOT_FOUND"
    assert desk.get(notes).json()["total"] == 0
    assert desk.post(notes, {"note_text": "  "}, format="json").status_code == 400
    added = june.post(tags, {"tag_name": "edge_case"}, format="json")
    assert added.status_code == 201
    assert desk.post(tags, {"tag_name": "edge_case"}, format="json").json()["code"] == "DUPLICATE_TAG"
    assert desk.post(tags, {"tag_name": "nice"}, format="json").json()["code"] == "UNKNOWN_TAG"
    assert [tag["tag_name"] for tag in desk.get(tags).json()["items"]] == ["edge_case"]
    told = desk.get("/api/operator/tags/statistics").json()
    assert (told["total_tags"], told["tagged_recommendations"], len(told["available_tags"])) == (1, 1, 8)
    assert told["tag_counts"][0] == {"tag_name": "edge_case", "count": 1}
    assert desk.delete(f"/api/operator/tags/{added.json()['tag_id']}").status_code == 204
    assert desk.delete(f"/api/operator/tags/{added.json()['tag_id']}").json()["code"] == "TAG_NOT_FOUND"
    assert desk.get("/api/operator/tags/available").json()["display_names"]["llm_error"] == "Llm error"


def test_a_trace_is_shown(desk, item):
    told = desk.get(f"{ROOT}/{item.pk}/trace").json()
    assert told["trace"]["recommendation_id"] == str(item.pk)
    assert [move["verb"] for move in told["moves"]] == ["propose"]
    assert rows() == [("view_trace", "trace", item.pk)]


def test_a_trace_is_made_again(live_db, calling):
    tenant = Tenant.objects.get(slug="default")
    stock(tenant)
    someone = crowd(tenant, 3)
    with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
        proposing.propose(user_ids=someone, tenant_id=tenant.pk, now=CROWDED)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        omar = UserFactory(email="omar@example.test", role="operator", level="junior", tenant=tenant)
        item = Recommendation.objects.earliest("position")
    again = calling(omar).post(f"{ROOT}/{item.pk}/trace/replay", {}, format="json").json()
    assert 0 <= again.pop("duration_ms") < 5000
    assert again == {
        "recommendation_id": str(item.pk), "result": "identical", "reason": None, "engine_changed": False,
        "differences": [],
    }  # fmt: skip
    assert rows() == [("view_trace", "trace", item.pk)]


ACTS = [
    ("GET", "", None),
    ("PATCH", "", {"title": "Another title"}),
    ("POST", "/approve", {}),
    ("POST", "/reject", {"reason": REASON}),
    ("POST", "/flag", {"reason": REASON}),
    ("POST", "/undo", {}),
    ("POST", "/claim", {}),
    ("GET", "/trace", None),
    ("POST", "/trace/replay", {}),
    ("GET", "/notes", None),
    ("POST", "/notes", {"note_text": "x"}),
    ("GET", "/tags", None),
    ("POST", "/tags", {"tag_name": "edge_case"}),
]


@pytest.mark.parametrize(("method", "path", "body"), ACTS)
def test_who_revoked_a_second_ago_and_what_never_was_are_404(maya, item, desk, method, path, body):
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=timezone.now())
    for named in (item.pk, uuid4(), "no-id-at-all"):
        answer = desk.generic(method, f"{ROOT}/{named}{path}", "" if body is None else dumps(body), "application/json")
        assert (answer.status_code, answer.json()["code"]) == (404, "RECOMMENDATION_NOT_FOUND"), path
    assert rows() == []


@pytest.mark.parametrize(("method", "path", "body"), [act for act in ACTS if act[1] in ("/flag",) or act[0] == "PATCH"])
def test_a_junior_does_not_edit_or_flag(item, junior, calling, method, path, body):
    answer = calling(junior).generic(method, f"{ROOT}/{item.pk}{path}", dumps(body), "application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN_ROLE")


def test_a_key_repeats_the_answer_and_not_the_decision(item, send, maya):
    first = send("approve", item, **{"Idempotency-Key": "once"})
    again = send("approve", item, **{"Idempotency-Key": "once"})
    assert (again.status_code, again.content, again["Idempotency-Replayed"]) == (200, first.content, "true")
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=timezone.now())
    assert send("approve", item, **{"Idempotency-Key": "once"}).status_code == 404


def test_a_decision_over_http_costs_so_many_statements(item, send, django_assert_num_queries):
    send("claim", item)
    with django_assert_num_queries(19):
        assert send("approve", item).status_code == 200


def test_ids_are_read_in_either_case(item, desk):
    assert desk.get(f"{ROOT}/{str(item.pk).upper()}").status_code == 200
    assert UUID(desk.get(f"{ROOT}/{item.pk}/trace").json()["trace"]["recommendation_id"]) == item.pk
