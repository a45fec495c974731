"""The page of a reader: what is on it, in which order, from which statements, and never an old one."""

import json
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import consent, erasure, kept, rowsecurity
from accounts.kept import Kind
from accounts.models import User
from accounts.models.leaving import Scope
from accounts.purposes import Purpose
from accounts.tests import factories as people
from accounts.tests.senders import statements_of
from personas.models import Profile
from recommendations.models import Recommendation
from recommendations.tests.factories import ItemFactory

FEED = "/api/recommendations"
APPROVER = uuid4()
WHY = [
    {
        "signal": "credit.highest_card_utilization_pct",
        "label": "Visa ending 4523",
        "value": "68 %",
        "threshold": "50 %",
        "window": "30d",
    }
]
PARTNER = {"name": "Harbor Example Bank", "logo_url": None, "external_url": "https://harbor.example"}


def changed(item, **fields):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert Recommendation.objects.filter(pk=item.pk).update(**fields) == 1


def approved(user, at=None, **fields):
    item = ItemFactory(user=user, **fields)
    changed(item, status="approved", approved_at=at or timezone.now(), approved_by=APPROVER)
    return item


def offered(user, **fields):
    return approved(user, type="partner_offer", presentation={"partner": PARTNER}, partner_checks=["income"], **fields)


def items(client, query=""):
    answer = client.get(f"{FEED}{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()["items"]


def told(answer):
    return answer.status_code, answer.json()["code"]


def row(item):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return Recommendation.objects.get(pk=item.pk)


@pytest.fixture
def agreed(db):
    """Who agreed to offers too."""
    return people.consenting("zoe", Purpose.ANALYSIS, Purpose.PARTNER_OFFERS)


def test_an_item_tells_what_was_frozen_when_it_was_made(calling, maya):
    item = approved(
        maya,
        at=datetime(2026, 11, 20, 9, tzinfo=UTC),
        title="How a card reports",
        presentation={"format": "article", "summary": "Short.", "tags": ["credit"], "why": WHY, "read_time_minutes": 4},
    )
    (one,) = items(calling(maya))
    assert list(one) == [
        *("recommendation_id", "type", "format", "title", "summary", "content", "rationale", "why", "counterfactual"),
        *("category", "tags", "difficulty", "read_time_minutes", "sources", "partner", "partner_checks"),
        *("eligibility", "disclosure", "priority", "position", "persona", "as_of", "stale", "created_at"),
        *("approved_at", "shown_at", "clicked", "feedback"),
    ]
    assert one["recommendation_id"] == str(item.pk)
    assert (one["title"], one["summary"], one["why"]) == ("How a card reports", "Short.", WHY)
    assert (one["approved_at"], one["as_of"], one["stale"]) == ("2026-11-20T09:00:00Z", "2026-11-19", False)
    assert (one["partner"], one["eligibility"], one["feedback"], one["clicked"]) == (None, None, None, False)
    assert calling(maya).get(f"{FEED}/{item.pk}").json() == one


def test_an_offer_says_whose_it_is_and_that_the_reader_may_take_it(calling, agreed):
    offered(agreed)
    (one,) = items(calling(agreed))
    assert (one["type"], one["partner"], one["eligibility"]) == ("partner_offer", PARTNER, "eligible")
    assert one["partner_checks"] == ["income"]


def test_the_page_says_where_the_reader_stands(calling, maya):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Profile.objects.create(
            tenant=maya.tenant,
            user=maya,
            persona="high_utilization",
            persona_id=1,
            persona_name="High Utilization",
            as_of=date(2025, 6, 30),
            refreshed_at=timezone.now(),
        )
    answer = calling(maya).get(FEED).json()
    assert {name: answer[name] for name in ("items", "total", "limit", "offset")} == {
        "items": [],
        "total": 0,
        "limit": 20,
        "offset": 0,
    }
    assert answer["persona"] == {
        "slug": "high_utilization",
        "persona_id": 1,
        "name": "High Utilization",
        "strength": None,
    }
    assert (answer["as_of"], answer["stale"]) == ("2025-06-30", True)
    assert answer["consent"] == {"analysis": True, "partner_offers": False}


def test_pages_are_cut_by_kind_order_and_place(calling, agreed, now):
    for place in (3, 1, 2):
        approved(agreed, at=now + timedelta(minutes=place * place % 7), title=f"At {place}", position=place)
    offered(agreed, title="Offer", position=4)
    client = calling(agreed)
    assert [one["title"] for one in items(client)] == ["At 1", "At 2", "At 3", "Offer"]
    assert [one["title"] for one in items(client, "?sort=date&type=education")] == ["At 2", "At 3", "At 1"]
    assert [one["title"] for one in items(client, "?type=partner_offer")] == ["Offer"]
    part = client.get(f"{FEED}?limit=2&offset=1").json()
    assert [one["title"] for one in part["items"]] == ["At 2", "At 3"]
    assert (part["total"], part["limit"], part["offset"]) == (4, 2, 1)


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "offset=-1", "type=spam", "sort=luck", "limit=many"])
def test_a_page_that_cannot_be_is_refused(calling, maya, query):
    assert told(calling(maya).get(f"{FEED}?{query}")) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("state", ["pending", "flagged", "withdrawn", "foreign", "unknown", "malformed"])
def test_what_is_not_to_be_seen_is_not_there(calling, maya, now, state):
    owner = people.consenting("zoe") if state == "foreign" else maya
    item = ItemFactory(user=owner) if state == "pending" else approved(owner)
    if state == "flagged":
        changed(item, flagged=True)
    if state == "withdrawn":
        changed(item, status="withdrawn", withdrawn_at=now, withdrawal_reason="expired")
    named = {"unknown": uuid4(), "malformed": "x"}.get(state, item.pk)
    client = calling(maya)
    where = f"{FEED}/{named}"
    refused = [client.get(where), client.post(f"{where}/seen"), client.post(f"{where}/click")]
    refused += [client.post(f"{where}/feedback", {"rating": 5}, format="json"), client.delete(f"{where}/feedback")]
    assert [told(answer) for answer in refused] == [(404, "RECOMMENDATION_NOT_FOUND")] * 5
    shown = [one["recommendation_id"] for one in items(client)]
    assert shown == ([str(item.pk)] if state in ("unknown", "malformed") else [])


def test_without_consent_lists_are_empty_and_acts_refused(calling, noor):
    item, client = approved(noor), calling(noor)
    answer = client.get(FEED).json()
    assert (answer["items"], answer["total"], answer["persona"], answer["as_of"]) == ([], 0, None, None)
    assert answer["consent"] == {"analysis": False, "partner_offers": False}
    where = f"{FEED}/{item.pk}"
    assert told(client.get(where)) == (404, "RECOMMENDATION_NOT_FOUND")
    acts = [client.post(f"{where}/seen"), client.post(f"{where}/click"), client.delete(f"{where}/feedback")]
    acts.append(client.post(f"{where}/feedback", {"helpful": True}, format="json"))
    assert [told(answer) for answer in acts] == [(409, "CONSENT_REQUIRED")] * 4


def test_only_readers_have_a_page(calling, omar, ada):
    for staff in (omar, ada):
        assert told(calling(staff).get(FEED)) == (403, "FORBIDDEN_ROLE")
        assert told(calling(staff).post(f"{FEED}/{uuid4()}/click")) == (403, "FORBIDDEN_ROLE")
    assert told(calling().get(FEED)) == (401, "AUTH_REQUIRED")


@pytest.mark.parametrize("count", [1, 8])
def test_a_page_costs_six_statements_however_many_items_it_has(calling, agreed, count):
    for place in range(count):
        (offered if place % 3 == 2 else approved)(agreed, position=place + 1)
    client = calling(agreed)
    with CaptureQueriesContext(connection) as captured:
        assert len(items(client)) == count
    assert len(statements_of(captured)) == 6


def test_the_first_serving_marks_what_is_on_the_page_and_nothing_else(calling, maya):
    first, second = approved(maya, position=1), approved(maya, position=2)
    client = calling(maya)
    (one,) = items(client, "?limit=1")
    assert (row(first).shown_at is not None, row(second).shown_at) == (True, None)
    again = items(client)
    assert again[0]["shown_at"] == one["shown_at"]
    assert row(second).shown_at is not None


def test_a_kept_page_costs_one_statement_and_is_the_same(calling, maya):
    approved(maya)
    client = calling(maya)
    client.get(FEED)
    cold = client.get(FEED)
    with CaptureQueriesContext(connection) as captured:
        warm = client.get(FEED)
    assert len(statements_of(captured)) == 1
    assert warm.content == cold.content
    assert 3_590 <= cache.ttl(f"recommendations:{maya.pk}") <= 3_600


def test_a_kept_page_still_marks_what_it_serves_first(calling, maya, django_capture_on_commit_callbacks):
    approved(maya, position=1)
    later = approved(maya, position=2)
    client = calling(maya)
    with django_capture_on_commit_callbacks(execute=True):
        client.get(f"{FEED}?limit=1")
    assert (kept_items(maya)[0]["shown_at"] is not None, kept_items(maya)[1]["shown_at"]) == (True, None)
    with CaptureQueriesContext(connection) as captured, django_capture_on_commit_callbacks(execute=True):
        assert len(items(client)) == 2
    assert len(statements_of(captured)) == 2  # who asks, and the mark
    assert row(later).shown_at is not None
    with CaptureQueriesContext(connection) as captured:
        assert len(items(client)) == 2
    assert len(statements_of(captured)) == 1


def kept_items(user):
    return json.loads(cache.get(f"recommendations:{user.pk}")["answers"][""])["items"]


def test_a_mark_belongs_to_the_row_and_not_to_the_kept_page(calling, maya, now, django_capture_on_commit_callbacks):
    """A page kept before another request showed the item says the time that the row has."""
    item = approved(maya)
    before = now - timedelta(hours=1)
    client = calling(maya)
    with django_capture_on_commit_callbacks(execute=True):
        client.get(f"{FEED}?type=partner_offer")
    changed(item, shown_at=before)
    assert items(client)[0]["shown_at"] == before.isoformat().replace("+00:00", "Z")


OVERTAKEN = {
    "flag": {"flagged": True},
    "undo": {"status": "pending", "approved_at": None, "approved_by": None},
    "override": {"status": "withdrawn", "withdrawn_at": timezone.now(), "withdrawal_reason": "overridden"},
    "expiry": {"status": "withdrawn", "withdrawn_at": timezone.now(), "withdrawal_reason": "expired"},
}


@pytest.mark.parametrize("how", OVERTAKEN)
def test_what_moves_an_item_is_not_served_from_what_was_kept(calling, maya, how):
    """The test's transaction never commits, so nothing is cleared: the answer itself has become too old."""
    item, client = approved(maya), calling(maya)
    client.get(FEED), client.get(FEED)
    assert kept_items(maya)
    changed(item, **OVERTAKEN[how])
    assert items(client) == []


def test_an_approval_is_served_at_once(calling, maya, now):
    client = calling(maya)
    assert items(client) == []
    assert kept_items(maya) == []
    approved(maya)
    assert len(items(client)) == 1


def test_an_edit_after_an_undo_is_served_as_it_stands(calling, maya):
    item, client = approved(maya, title="Before"), calling(maya)
    client.get(FEED), client.get(FEED)
    changed(item, **OVERTAKEN["undo"])
    changed(item, title="After")
    changed(item, status="approved", approved_at=timezone.now(), approved_by=APPROVER)
    assert [one["title"] for one in items(client)] == ["After"]


def test_what_a_reader_does_is_on_the_next_page(calling, maya):
    item, client = approved(maya), calling(maya)
    client.get(FEED), client.get(FEED)
    client.post(f"{FEED}/{item.pk}/click")
    assert items(client)[0]["clicked"] is True
    client.post(f"{FEED}/{item.pk}/feedback", {"rating": 4}, format="json")
    assert items(client)[0]["feedback"]["rating"] == 4
    client.delete(f"{FEED}/{item.pk}/feedback")
    assert items(client)[0]["feedback"] is None


@pytest.mark.parametrize("purpose", [Purpose.ANALYSIS, Purpose.PARTNER_OFFERS])
def test_a_revocation_empties_the_next_page(calling, agreed, now, purpose):
    approved(agreed), offered(agreed)
    client = calling(agreed)
    client.get(FEED), client.get(FEED)
    assert len(kept_items(agreed)) == 2
    with rowsecurity.viewing(rowsecurity.of(agreed)):
        consent.revoke(user=agreed, purpose=purpose, now=now)
    assert len(items(client)) == (0 if purpose == Purpose.ANALYSIS else 1)
    with rowsecurity.viewing(rowsecurity.of(agreed)):
        consent.grant(user=agreed, purpose=purpose, now=now + timedelta(minutes=1))
    assert len(items(client)) == (0 if purpose == Purpose.ANALYSIS else 1)  # a new consent brings nothing old back


def test_an_erasure_empties_the_next_page(calling, live_db, own_store):
    maya = people.consenting("maya")
    approved(maya)
    client = calling(maya)
    client.get(FEED), client.get(FEED)
    assert kept_items(maya)
    erasure.erase(user=maya, scope=Scope.ANALYSIS, now=timezone.now())
    assert cache.get(f"recommendations:{maya.pk}") is None
    assert items(client) == []


def test_items_that_wait_leave_what_is_kept_alone(calling, maya, now):
    """Only what a reader may see makes their answers old: a run over a population writes no user."""
    waiting = ItemFactory(user=maya)
    before = generation(maya)
    changed(waiting, title="Another", status="withdrawn", withdrawn_at=now, withdrawal_reason="superseded")
    assert generation(maya) == before
    item = approved(maya)
    assert generation(maya) == before + 1
    changed(item, shown_at=now, seen_at=now, clicked=True, clicked_at=now)
    assert generation(maya) == before + 1


def generation(user):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return User.objects.get(pk=user.pk).cache_generation


def test_a_page_of_yesterday_is_not_served(calling, maya):
    client = calling(maya)
    client.get(FEED), client.get(FEED)
    with rowsecurity.viewing(rowsecurity.of(maya)):
        user, today = User.objects.get(pk=maya.pk), timezone.now().date()
    assert kept.answer(Kind.RECOMMENDATIONS, user=user, today=today)
    assert kept.answer(Kind.RECOMMENDATIONS, user=user, today=today + timedelta(days=1)) is None


def test_without_redis_every_page_is_read(calling, maya, settings):
    approved(maya)
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    client = calling(maya)
    assert [len(items(client)) for _ in range(2)] == [1, 1]
