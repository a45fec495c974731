"""The shelf that a process keeps: never older than the last write, never of a write that was taken back."""

from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts import rowsecurity
from accounts.tests import factories as people
from accounts.tests.senders import statements_of
from recommendations import cards, shelf
from recommendations.remembered import Remembered

BY = "key:test"


@pytest.fixture
def tenant(live_db, settings):
    settings.CACHE_PREFIX = f"{uuid4()}:"
    return people.TenantFactory()


def seen(tenant):
    """Titles on the shelf, and the statements that it took to see them."""
    with CaptureQueriesContext(connection) as captured:
        found = shelf.shelf(tenant_id=tenant.pk)
    return sorted(piece.title for piece in found.pieces), len(statements_of(captured))


def writing(tenant):
    return rowsecurity.viewing(rowsecurity.service(tenant.pk, BY))


def made(tenant, now, *keys):
    items = [{"card_type": "insight", "title": key, "content": {"key": key}} for key in keys]
    with writing(tenant):
        return cards.create_batch(tenant_id=tenant.pk, by=BY, items=items, now=now).cards


def retitled(tenant, now, card, title):
    return cards.change(tenant_id=tenant.pk, card_id=card.pk, by=BY, fields={"title": title}, now=now)


def test_only_what_is_missing_is_read(tenant, now):
    made(tenant, now, "a", "b")
    assert seen(tenant) == (["a", "b"], 2)
    assert seen(tenant) == (["a", "b"], 0)
    made(tenant, now, "c")
    with CaptureQueriesContext(connection) as captured:
        assert len(shelf.shelf(tenant_id=tenant.pk).pieces) == 3
    assert statements_of(captured)[1].count("'::uuid") <= 2  # the institution and the one new card


def test_every_kind_of_write_is_seen_at_once(tenant, now):
    a, b = made(tenant, now, "a", "b")
    assert seen(tenant)[0] == ["a", "b"]
    with writing(tenant):
        retitled(tenant, now, a, "a2")
    assert seen(tenant)[0] == ["a2", "b"]
    with writing(tenant):
        cards.remove(tenant_id=tenant.pk, card_id=b.pk, by=BY, now=now)
    assert seen(tenant)[0] == ["a2"]
    with writing(tenant):
        cards.restore(tenant_id=tenant.pk, card_id=b.pk, by=BY, now=now)
    assert seen(tenant)[0] == ["a2", "b"]


def test_a_write_that_is_taken_back_was_never_on_the_shelf(tenant, now):
    (card,) = made(tenant, now, "a")
    assert seen(tenant)[0] == ["a"]
    with writing(tenant):
        retitled(tenant, now, card, "never")
        assert seen(tenant)[0] == ["never"]  # its own transaction sees it
        transaction.set_rollback(True)
    assert seen(tenant) == (["a"], 0)
    with writing(tenant):
        retitled(tenant, now, card, "second")  # version 2, as the one that never was
    assert seen(tenant)[0] == ["second"]


def test_another_process_that_wrote_is_heard_of(tenant, now):
    (card,) = made(tenant, now, "a")
    assert seen(tenant)[0] == ["a"]
    lists, shelf._lists = shelf._lists, Remembered(1, shelf.time.monotonic)  # the writer's own is another one
    with writing(tenant):
        retitled(tenant, now, card, "b")
    shelf._lists = lists
    assert seen(tenant)[0] == ["b"]


def test_a_number_that_is_lost_drops_the_list(tenant, now):
    made(tenant, now, "a")
    seen(tenant)
    assert seen(tenant)[1] == 0
    redis = shelf.get_redis_connection("default")
    before = int(redis.get(shelf._name(tenant.pk)))
    redis.delete(shelf._name(tenant.pk))
    assert seen(tenant) == (["a"], 1)
    assert int(redis.get(shelf._name(tenant.pk))) > before


def test_without_redis_the_list_is_read_each_time(tenant, now, redis_away):
    made(tenant, now, "a")
    assert [seen(tenant) for _ in range(2)] == [(["a"], 2), (["a"], 1)]


def test_the_shelf_is_of_one_institution_whoever_looks(tenant, now):
    made(tenant, now, "a")
    other = people.TenantFactory(slug="elsewhere")
    made(other, now, "b")
    maya = people.consenting("maya", tenant=tenant)
    with rowsecurity.viewing(rowsecurity.of(maya)):
        assert seen(tenant)[0] == ["a"]
        assert rowsecurity.viewer() == rowsecurity.of(maya)
    assert seen(other)[0] == ["b"]


def test_hits_and_misses_are_counted_by_type(tenant, now):
    def counted(counter):
        return counter.labels("insight")._value.get()

    made(tenant, now, "a", "b")
    hits, misses = counted(shelf.hits), counted(shelf.misses)
    seen(tenant)
    assert (counted(shelf.hits) - hits, counted(shelf.misses) - misses) == (0, 2)
    seen(tenant)
    assert (counted(shelf.hits) - hits, counted(shelf.misses) - misses) == (2, 2)


def test_the_expired_go_first_then_what_was_not_asked_for_longest():
    at = [0.0]
    kept = Remembered(3, lambda: at[0])
    kept.put("brief", 1, 10)
    kept.put("old", 2, 100)
    kept.put("new", 3, 100)
    at[0] = 10.0
    kept.put("newer", 4, 100)
    assert [kept.get(key) for key in ("brief", "old", "new", "newer")] == [None, 2, 3, 4]
    kept.get("old")
    kept.put("newest", 5, 100)
    assert [kept.get(key) for key in ("new", "old", "newer", "newest")] == [None, 2, 4, 5]
    at[0] = 200.0
    assert kept.get("old") is None and len(kept) == 2


def test_each_type_lives_as_long_as_is_said():
    assert shelf.LIFE == {"voice": 7_200, "company": 3_600, "audience": 3_600, "insight": 1_800}
    assert shelf.MOST == 1_000
