"""The queue over HTTP: what each route gives, what it takes, and what it refuses."""

from uuid import uuid4

import pytest

from accounts import consent, rowsecurity
from accounts.models import AuditEntry, User
from accounts.purposes import Purpose
from accounts.tests import factories
from accounts.tests.callers import client_of
from operators.tests.desk import NOW, item
from operators.tests.factories import TagFactory
from recommendations import claims
from recommendations.models import Recommendation
from recommendations.tests.factories import CardFactory
from recommendations.tests.proposed import proposed

QUEUE = "/api/operator/recommendations"
REASON = "It does not fit what these people have."


@pytest.fixture
def card(maya):
    return CardFactory(tenant=maya.tenant, title="What a limit is", content={"key": "limits"})


@pytest.fixture
def desk(omar):
    return client_of(omar)


def test_a_row_of_the_list_has_the_shape_of_the_contract(maya, junior, desk):
    waiting = proposed(maya)
    TagFactory(recommendation=waiting, tagged_by=junior.pk)
    with rowsecurity.viewing(rowsecurity.of(junior)):
        held = claims.claim(item_id=waiting.pk, by=junior, now=NOW.replace(year=2999))
    answer = desk.get(QUEUE)
    assert answer.status_code == 200
    (row,) = answer.json()["items"]
    assert row == {
        "recommendation_id": str(waiting.pk),
        "user": {"user_id": str(maya.pk), "email": "maya@example.test", "name": None},
        "type": "education",
        "title": waiting.title,
        "rationale": waiting.rationale,
        "status": "pending",
        "priority": "high",
        "persona": "high_utilization",
        "persona_id": 1,
        "strength": "moderate",
        "matched_persona": "high_utilization",
        "subject": "own",
        "as_of": "2026-11-19",
        "stale": row["stale"],
        "created_at": "2026-11-20T08:00:00Z",
        "guardrails": {
            "passed": True, "consent": True, "eligibility": None, "advice": True, "tone": True, "figures": True,
            "disclosure": True,
        },
        "flagged": False,
        "claim": {
            "recommendation_id": str(waiting.pk),
            "operator_id": str(junior.pk),
            "operator_name": "june@example.test",
            "claimed_at": held.claimed_at.isoformat().replace("+00:00", "Z"),
            "expires_at": held.expires_at.isoformat().replace("+00:00", "Z"),
        },
        "notes_count": 0,
        "tags": ["edge_case"],
        "decided_by": None,
        "decided_at": None,
        "undo_until": None,
        "shown_at": None,
        "revision": 1,
    }  # fmt: skip
    assert desk.get("/api/operator/claims").json() == {"items": [row["claim"]], "total": 1}


def test_the_list_is_asked_with_words(maya, desk, card):
    first = item(maya, hours=2, card=card, priority="low")
    second = item(maya, hours=1, card=card)
    told = desk.get(f"{QUEUE}?sort=priority&order=desc&limit=1&offset=1").json()
    assert [one["recommendation_id"] for one in told["items"]] == [str(second.pk)]
    assert (told["total"], told["limit"], told["offset"]) == (2, 1, 1)
    told = desk.get(f"{QUEUE}?priority=low&q=card&created_to=2999-01-01&stale=false").json()
    assert [one["recommendation_id"] for one in told["items"]] == [str(first.pk)]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=201", "offset=-1", "status=open", "persona=saver", "type=advice", "priority=urgent",
        "user_id=7", "tag=urgent", "flagged=perhaps", "stale=perhaps", "created_from=yesterday", "sort=title",
        "order=up", f"q={'x' * 201}", "card_id=7", "decided_by=me", "q=%00",
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_in_a_sentence(desk, query):
    answer = desk.get(f"{QUEUE}?{query}")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


def test_the_numbers_of_the_desk(maya, desk, card):
    item(maya, hours=1, card=card)
    told = desk.get("/api/operator/stats").json()
    assert told | {"oldest_pending_seconds": 0} == {
        "pending": 1, "approved_today": 0, "rejected_today": 0, "flagged": 0, "avg_review_time_seconds": None,
        "oldest_pending_seconds": 0, "my_decisions_today": 0,
    }  # fmt: skip


def sent(desk, **body):
    return desk.post(f"{QUEUE}/bulk", body, format="json")


def test_a_bulk_tells_what_became_of_each(maya, desk, card):
    rosa = factories.consenting("rosa")
    first, second, gone = item(maya, hours=2, card=card), item(maya, hours=1, card=card), item(rosa, hours=1)
    with rowsecurity.viewing(rowsecurity.of(rosa)):
        consent.revoke(user=rosa, purpose=Purpose.ANALYSIS, now=NOW)
    ids = [str(second.pk), str(gone.pk), str(first.pk), str(second.pk), "nonsense"]
    answer = sent(desk, action="reject", recommendation_ids=ids, reason=REASON)
    assert answer.status_code == 200
    told = answer.json()
    batch = told.pop("batch_id")
    not_there = {"code": "RECOMMENDATION_NOT_FOUND", "detail": "There is no such recommendation."}
    assert told == {
        "action": "reject",
        "total": 4,
        "succeeded": 2,
        "failed": 2,
        "succeeded_ids": [str(second.pk), str(first.pk)],
        "failed_items": [
            {"recommendation_id": str(gone.pk)} | not_there,
            {"recommendation_id": "nonsense"} | not_there,
        ],
    }
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        rows = AuditEntry.objects.filter(batch_id=batch).order_by("seq").values_list("recommendation_id", flat=True)
        assert list(rows) == [second.pk, first.pk]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"action": "modify", "recommendation_ids": [str(uuid4())]},
        {"action": "tag", "recommendation_ids": [str(uuid4())]},
        {"action": "approve", "recommendation_ids": []},
        {"action": "approve", "recommendation_ids": "all"},
        {"action": "approve", "recommendation_ids": [str(uuid4())] * 101},
        {"action": "approve", "recommendation_ids": [str(uuid4())], "notes": "x" * 501},
        {"action": "reject", "recommendation_ids": [str(uuid4())]},
        {"action": "reject", "recommendation_ids": [str(uuid4())], "reason": "too short"},
        {"action": "reject", "recommendation_ids": [str(uuid4())], "reason": " " * 12},
    ],
)
def test_a_bulk_that_is_wrong_as_a_whole_decides_nothing(desk, body):
    assert sent(desk, **body).status_code == 400


def test_a_bulk_is_for_seniors(maya, junior, card):
    waiting = item(maya, hours=1, card=card)
    answer = sent(client_of(junior), action="approve", recommendation_ids=[str(waiting.pk)])
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN_ROLE")


def test_a_bulk_that_is_sent_again_under_its_key_decides_nothing_again(maya, desk, card):
    waiting = item(maya, hours=1, card=card)
    body = {"action": "approve", "recommendation_ids": [str(waiting.pk)]}
    first, again = (
        desk.post(f"{QUEUE}/bulk", body, format="json", headers={"Idempotency-Key": "once"}) for _ in range(2)
    )
    assert first.content == again.content
    assert again["Idempotency-Replayed"] == "true"


def test_people_are_considered_again_in_the_order_asked(maya, noor, desk, omar):
    """Maya has no data, noor never agreed, an item of theo's is being reviewed, and nobody is the last one."""
    theo = factories.consenting("theo")
    with rowsecurity.viewing(rowsecurity.of(omar)):
        claims.claim(item_id=item(theo, hours=1).pk, by=omar, now=NOW.replace(year=2999))
    nobody = uuid4()
    asked = [str(one) for one in (theo.pk, maya.pk, noor.pk, nobody, maya.pk)]
    answer = desk.post(f"{QUEUE}/generate", {"user_ids": asked}, format="json")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["total"], told["succeeded"], told["failed"]) == (4, 1, 3)
    assert [(one["user_id"], one["outcome"], one["error"]) for one in told["results"]] == [
        (str(theo.pk), "failed", "Somebody is reviewing an item of this person. Try again when they are done."),
        (str(maya.pk), "no_signals", None),
        (str(noor.pk), "no_consent", "The person has not agreed to this, or no longer agrees."),
        (str(nobody), "failed", "There is no such user."),
    ]
    with rowsecurity.viewing(rowsecurity.of(omar)):
        assert [row.action for row in AuditEntry.objects.all()] == ["generate"]


@pytest.mark.parametrize("ids", [[], [str(uuid4())] * 101, ["me"], None])
def test_who_is_considered_is_named_by_one_to_a_hundred_ids(desk, ids):
    assert desk.post(f"{QUEUE}/generate", {"user_ids": ids}, format="json").status_code == 400


def test_whoever_lost_their_level_generates_nothing(maya, omar):
    desk = client_of(omar)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        User.objects.filter(pk=omar.pk).update(level="junior")
    assert desk.post(f"{QUEUE}/generate", {"user_ids": [str(maya.pk)]}, format="json").status_code == 403
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert not Recommendation.objects.exists()
