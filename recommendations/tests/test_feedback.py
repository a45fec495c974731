"""What a reader does with an item: the first time is kept, an answer may be changed and taken back."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from accounts import consent, rowsecurity
from accounts.purposes import Purpose
from accounts.tests import factories as people
from recommendations import feed, feedback
from recommendations.models import Feedback
from recommendations.tests.test_feed import FEED, PARTNER, agreed, approved, offered, row, told

__all__ = ["agreed"]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def reading(user, act, **given):
    with rowsecurity.viewing(rowsecurity.of(user)):
        return act(user=user, **given)


@pytest.mark.parametrize("act", [feedback.seen, feedback.click])
def test_the_first_time_is_kept(maya, act):
    item = approved(maya)
    reading(maya, act, item_id=item.pk, now=NOON)
    reading(maya, act, item_id=item.pk, now=NOON + timedelta(hours=1))
    after = row(item)
    assert after.shown_at == NOON
    assert (after.seen_at, after.clicked_at) == ((NOON, None) if act is feedback.seen else (None, NOON))


def test_seen_and_clicked_are_told(calling, maya, agreed):
    item, client = approved(maya), calling(maya)
    seen = client.post(f"{FEED}/{item.pk}/seen")
    assert (seen.status_code, list(seen.json())) == (200, ["recommendation_id", "shown_at", "seen_at"])
    assert seen.json()["seen_at"] == seen.json()["shown_at"]
    clicked = client.post(f"{FEED}/{item.pk}/click").json()
    assert (clicked["recommendation_id"], clicked["clicked"], clicked["destination_url"]) == (str(item.pk), True, None)
    offer = offered(agreed)
    assert calling(agreed).post(f"{FEED}/{offer.pk}/click").json()["destination_url"] == PARTNER["external_url"]


def test_an_answer_is_given_changed_and_taken_back(calling, maya):
    item, client = approved(maya), calling(maya)
    where = f"{FEED}/{item.pk}/feedback"
    first = client.post(where, {"rating": 4, "comment": "  Clear.  "}, format="json")
    assert (first.status_code, list(first.json())) == (
        201,
        ["rating", "helpful", "completed", "comment", "updated_at", "recommendation_id"],
    )
    assert (first.json()["rating"], first.json()["comment"]) == (4, "Clear.")
    second = client.post(where, {"helpful": False, "rating": None}, format="json")
    assert second.status_code == 200
    assert {name: second.json()[name] for name in ("rating", "helpful", "completed", "comment")} == {
        "rating": None,
        "helpful": False,
        "completed": None,
        "comment": "Clear.",
    }
    assert client.delete(where).status_code == 204
    assert client.delete(where).status_code == 204
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert Feedback.objects.count() == 0


BAD = [
    {},
    {"rating": None},
    {"comment": "   "},
    {"rating": 0},
    {"rating": 6},
    {"rating": "good"},
    {"helpful": "perhaps"},
    {"comment": "x" * 1001},
    {"comment": "a\x00b"},
    [],
    "five",
]


@pytest.mark.parametrize("said", BAD, ids=range(len(BAD)))
def test_an_answer_that_says_nothing_or_too_much_is_refused(calling, maya, said):
    item = approved(maya)
    answer = calling(maya).post(f"{FEED}/{item.pk}/feedback", said, format="json")
    assert told(answer) == (400, "VALIDATION_ERROR")
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert Feedback.objects.count() == 0


def test_the_longest_comment_stands(calling, maya):
    item = approved(maya)
    assert calling(maya).post(f"{FEED}/{item.pk}/feedback", {"comment": "x" * 1000}, format="json").status_code == 201


def test_staff_read_an_answer_while_the_person_agrees(maya, omar, now):
    item = approved(maya)
    reading(maya, feedback.answer, item_id=item.pk, said={"rating": 2}, now=now)
    with rowsecurity.viewing(rowsecurity.of(omar)):
        assert [one.rating for one in Feedback.objects.all()] == [2]
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now)
    for viewer in (omar, maya):
        with rowsecurity.viewing(rowsecurity.of(viewer)):
            assert Feedback.objects.count() == 0


def test_a_repeated_key_repeats_the_answer_while_the_item_is_to_be_seen(calling, maya, now):
    item, client, key = approved(maya), calling(maya), {"Idempotency-Key": "feedback-key-0001"}
    where = f"{FEED}/{item.pk}/feedback"
    first = client.post(where, {"rating": 5}, format="json", headers=key)
    again = client.post(where, {"rating": 5}, format="json", headers=key)
    assert (again.status_code, again.content, again["Idempotency-Replayed"]) == (201, first.content, "true")
    assert told(client.post(where, {"rating": 1}, format="json", headers=key)) == (422, "IDEMPOTENCY_KEY_REUSED")
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now)
    assert told(client.post(where, {"rating": 5}, format="json", headers=key)) == (404, "RECOMMENDATION_NOT_FOUND")


def at_once(count, act):
    barrier, results = Barrier(count), []

    def run():
        try:
            barrier.wait(20)
            results.append(act())
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_many_answers_at_once_are_one_row_and_one_of_them_is_the_first(live_db, now):
    maya = people.consenting("maya")
    item = approved(maya)
    results = at_once(8, lambda: reading(maya, feedback.answer, item_id=item.pk, said={"rating": 3}, now=now)[1])
    assert sorted(results) == [False] * 7 + [True]


def test_many_pages_at_once_tell_one_first_time(live_db, now):
    maya = people.consenting("maya")
    for place in range(5):
        approved(maya, position=place + 1)

    def page():
        def served(user):
            found = feed.told(user=user, today=now.date())
            moment = datetime.now(UTC)
            return tuple(
                one["shown_at"] for one in feedback.serve(user=user, found=found, items=found.items, now=moment)
            )

        return reading(maya, served)

    shown = at_once(8, page)
    assert len(shown) == 8
    assert len(set(shown)) == 1
