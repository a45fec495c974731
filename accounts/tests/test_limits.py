"""The limiter itself, against a real Redis: what is taken, given back, locked, and what happens without it."""

import threading
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django_redis import get_redis_connection
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts import limits
from accounts.api import throttling
from accounts.keys import Service
from accounts.limits import Scope, Use


@pytest.fixture(autouse=True)
def _shipped(limited):
    limited()


def redis():
    return get_redis_connection("default")


def test_a_use_stands_under_its_published_name(settings):
    settings.CACHE_PREFIX = "union:"
    assert Use(Scope.LOGIN, "192.0.2.1").key == "union:ratelimit:login:192.0.2.1"
    assert Use(Scope.ACCOUNT, "abc").key == "union:ratelimit:login:account:abc"
    assert Use(Scope.SMS_DAY, "+14155550123").key == "union:ratelimit:sms:day:+14155550123"
    assert Use(Scope.SMS_ADDRESS, "192.0.2.1").key == "union:ratelimit:sms:ip:192.0.2.1"


def test_every_scope_has_its_rate(settings):
    assert set(settings.RATE_LIMITS) == set(Scope.values())


def test_what_is_taken_is_counted_until_its_window_ends():
    use = Use(Scope.LOGIN, "192.0.2.1")
    assert [limits.take(use).remaining for _ in range(5)] == [4, 3, 2, 1, 0]
    with pytest.raises(limits.Limited) as refused:
        limits.take(use)
    assert refused.value.left == (5, 0, 3600, 5)
    assert redis().get(use.key) == b"5"
    redis().expire(use.key, 0)
    assert limits.take(use).remaining == 4


def test_all_are_taken_or_none():
    full, free = Use(Scope.SMS_GAP, "+14155550123"), Use(Scope.SMS, "+14155550123")
    limits.take(full)
    with pytest.raises(limits.Limited) as refused:
        limits.take(free, full)
    assert refused.value.left.limit == 1
    assert redis().get(free.key) is None


def test_the_answer_tells_of_the_scope_nearest_to_its_end():
    address, account = Use(Scope.LOGIN, "192.0.2.1"), Use(Scope.ACCOUNT, "abc")
    for _ in range(7):
        limits.take(account)
    assert limits.take(address, account) == (10, 2, 3600, 8)


def test_of_two_that_are_used_up_the_longer_wait_is_told():
    gap, day = Use(Scope.SMS_GAP, "+14155550123"), Use(Scope.SMS_DAY, "+14155550123")
    limits.take(gap)
    for _ in range(10):
        limits.take(day)
    with pytest.raises(limits.Limited) as refused:
        limits.take(gap, day)
    assert refused.value.left.limit == 10


def test_what_is_given_back_leaves_no_trace():
    use = Use(Scope.LOGIN, "192.0.2.1")
    limits.take(use)
    limits.take(use)
    limits.give_back(use)
    assert redis().get(use.key) == b"1"
    limits.give_back(use)
    assert redis().get(use.key) is None
    limits.give_back(use)
    assert redis().get(use.key) is None


def test_a_lockout_begins_with_the_last_try_and_doubles_up_to_a_day():
    use = Use(Scope.ACCOUNT, "abc")
    lasted = []
    for _ in range(9):
        for _ in range(9):
            limits.take(use)
            assert limits.lock(use) == 0
        limits.take(use)
        lasted.append(limits.lock(use))
        assert redis().ttl(use.key) == lasted[-1]
        redis().expire(use.key, 0)
    assert lasted == [900, 1800, 3600, 7200, 14400, 28800, 57600, 86400, 86400]


def test_who_fails_at_the_same_moment_does_not_lock_twice():
    use = Use(Scope.ACCOUNT, "abc")
    for _ in range(10):
        limits.take(use)
    assert [limits.lock(use) for _ in range(3)] == [900, 0, 0]
    limits.give_back(use)  # somebody who was judged before is right: the others stay locked out
    with pytest.raises(limits.Limited):
        limits.take(use)


def test_a_forgotten_lockout_was_never_there():
    use = Use(Scope.ACCOUNT, "abc")
    for _ in range(10):
        limits.take(use)
    limits.lock(use)
    limits.forget(use)
    assert limits.take(use).remaining == 9
    assert redis().get(use.lockouts) is None


def test_fifty_at_once_take_no_more_than_there_is():
    use, got = Use(Scope.LOGIN, "192.0.2.1"), []
    together = threading.Barrier(50)

    def one():
        together.wait()
        try:
            got.append(limits.take(use).remaining)
        except limits.Limited:
            got.append(None)

    threads = [threading.Thread(target=one) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(left for left in got if left is not None) == [0, 1, 2, 3, 4]
    assert got.count(None) == 45


def test_an_ipv6_network_is_one_address_and_a_mapped_one_is_its_ipv4():
    def who(address):
        return limits.by_address(Scope.LOGIN, address).who

    assert who("2001:db8:1:2:3:4:5:6") == who("2001:db8:1:2:ffff::1") == "2001:db8:1:2::"
    assert who("2001:db8:1:3::1") == "2001:db8:1:3::"
    assert who("::ffff:192.0.2.1") == who("192.0.2.1") == "192.0.2.1"


def test_an_address_is_known_by_a_hash_that_names_nobody():
    key = limits.by_hash(Scope.ACCOUNT, " Maya@Example.test").key
    assert key == limits.by_hash(Scope.ACCOUNT, "maya@example.test").key
    assert "maya" not in key.lower()


class View:
    pass


class Chat:
    limit = "chat"


def asked(user):
    request = Request(APIRequestFactory().get("/"))
    request.user = user
    return request


def test_a_route_may_have_a_limit_of_its_own(maya):
    request = asked(maya)
    throttling.GeneralLimit().allow_request(request, View())
    assert request._request.rate.limit == 1000
    for _ in range(10):
        throttling.GeneralLimit().allow_request(request, Chat())
    with pytest.raises(limits.Limited):
        throttling.GeneralLimit().allow_request(request, Chat())
    assert redis().get(Use(Scope.CHAT, str(maya.user_id)).key) == b"10"
    assert redis().get(Use(Scope.API, str(maya.user_id)).key) == b"1"


def test_a_key_and_a_stranger_are_counted_too():
    key = Service(uuid4(), None, frozenset())
    throttling.GeneralLimit().allow_request(asked(key), View())
    throttling.GeneralLimit().allow_request(asked(AnonymousUser()), View())
    assert redis().get(Use(Scope.API, str(key.key_id)).key) == b"1"
    assert redis().get(Use(Scope.API, "127.0.0.1").key) == b"1"


def test_without_redis_a_limit_of_its_own_admits_nobody(maya, redis_away):
    request = asked(maya)
    assert throttling.GeneralLimit().allow_request(request, View())
    with pytest.raises(limits.LimiterAway):
        throttling.GeneralLimit().allow_request(request, Chat())


def test_without_redis_nothing_is_taken_but_what_may_go_on(redis_away):
    use = Use(Scope.LOGIN, "192.0.2.1")
    for act in (limits.take, limits.give_back, limits.lock, limits.forget):
        with pytest.raises(limits.LimiterAway):
            act(use)
    assert limits.admit(use) is None
