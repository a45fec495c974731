"""Sessions begin, are renewed once by whoever comes first, and end at the next request wherever they are open."""

import hashlib
import threading
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import rowsecurity, sessions, signin, tokens
from accounts.models import OpenSession, SecurityEvent, User
from accounts.rowsecurity import SIGNIN, viewing
from accounts.tests import factories
from accounts.tests.callers import client_of, pair_for, session_for
from accounts.tokens import Use

REFRESH = "/api/auth/app/v1/tokens/refresh"
ME = "/api/users/me"
A_MONTH = timedelta(days=30)
A_MOMENT = timedelta(seconds=1)


def bearing(token):
    client = client_of()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def code_of(token):
    """What our API says to whoever brings this token: ok, or the code of its refusal."""
    answer = bearing(token).get(ME)
    assert answer.status_code == 200 or answer["Content-Type"] == "application/problem+json"
    return "ok" if answer.status_code == 200 else f"{answer.status_code} {answer.json()['code']}"


def refreshed(token):
    return client_of().post(REFRESH, {"refresh_token": token}, format="json")


def renewed(token, user, now):
    """The act under the route, at a time of our choosing."""
    named = tokens.read(token, Use.REFRESH, now=now)
    with viewing(SIGNIN):
        return sessions.renew(named=named, user=user, now=now)


def row_of(user):
    with viewing(SIGNIN):
        return OpenSession.objects.filter(user=user).first()


def events(user):
    with viewing(SIGNIN):
        return list(
            SecurityEvent.objects.filter(user=user)
            .exclude(kind="consent_granted")
            .order_by("at")
            .values_list("kind", flat=True)
        )


class TestRefresh:
    def test_each_use_gives_the_next_pair(self, maya):
        first = pair_for(maya)
        second = refreshed(first.refresh)
        assert second.status_code == 200
        assert set(second.json()["data"]) == {"access_token", "refresh_token"}
        third = refreshed(second.json()["data"]["refresh_token"]).json()["data"]
        assert code_of(first.access) == code_of(third["access_token"]) == "ok"

    def test_only_the_hash_of_the_current_one_is_kept(self, maya, now):
        pair = pair_for(maya)
        kept = row_of(maya)
        named = tokens.read(pair.refresh, Use.REFRESH, now=now)
        assert kept.refresh_token == tokens.fingerprint(named.token_id)
        assert pair.refresh not in str(vars(kept)) and named.token_id not in str(vars(kept))

    def test_the_loser_of_a_race_is_refused_and_nothing_else_happens(self, maya):
        first = pair_for(maya)
        winner = refreshed(first.refresh).json()["data"]
        before = vars(row_of(maya))
        for _ in range(2):
            assert refreshed(first.refresh).status_code == 400
        assert {**vars(row_of(maya)), "_state": 0} == {**before, "_state": 0}
        assert code_of(winner["access_token"]) == "ok"
        assert refreshed(winner["refresh_token"]).status_code == 200

    @pytest.mark.parametrize(("later", "ended"), [(9.999, False), (10, True)])
    def test_ten_seconds_part_a_race_from_a_theft(self, maya, now, later, ended):
        first = pair_for(maya, now=now)
        assert renewed(first.refresh, maya, now)
        assert renewed(first.refresh, maya, now + timedelta(seconds=later)) is None
        assert (row_of(maya) is None) is ended
        assert ("refresh_reuse" in events(maya)) is ended

    def test_each_former_token_has_its_own_ten_seconds(self, maya, now):
        """a is replaced at 0 s, b at 6 s: at 9 s a is still a race, at 12 s it is a theft and b is not."""
        a = pair_for(maya, now=now)
        b = renewed(a.refresh, maya, now)
        c = renewed(b.refresh, maya, now + timedelta(seconds=6))
        assert renewed(a.refresh, maya, now + timedelta(seconds=9)) is None
        assert renewed(b.refresh, maya, now + timedelta(seconds=12)) is None
        assert row_of(maya).refresh_token == c.stored
        assert renewed(a.refresh, maya, now + timedelta(seconds=12)) is None
        assert row_of(maya) is None

    def test_reuse_ends_the_session_for_thief_and_owner_and_is_written_down(self, maya, now):
        then = now - timedelta(minutes=1)
        stolen = pair_for(maya, now=then)
        honest = renewed(stolen.refresh, maya, then)
        assert refreshed(stolen.refresh).status_code == 400
        assert code_of(honest.access) == code_of(stolen.access) == "401 TOKEN_INVALID"
        assert refreshed(honest.refresh).status_code == 400
        assert events(maya) == ["sign_in", "refresh_reuse"]

    def test_a_token_forgotten_long_ago_is_reuse_too(self, maya, now):
        first = pair_for(maya, now=now)
        second = renewed(first.refresh, maya, now)
        renewed(second.refresh, maya, now + timedelta(hours=1))
        assert first.stored not in row_of(maya).replaced
        assert renewed(first.refresh, maya, now + timedelta(hours=1)) is None
        assert row_of(maya) is None

    def test_it_ends_thirty_days_after_sign_in_however_often_it_was_used(self, maya, now):
        begun = now - A_MONTH + timedelta(minutes=1)
        pair = pair_for(maya, now=begun)
        for day in range(0, 29, 7):
            pair = renewed(pair.refresh, maya, begun + timedelta(days=day))
        assert tokens.read(pair.refresh, Use.REFRESH, now=begun + A_MONTH - A_MOMENT)
        assert tokens.read(pair.refresh, Use.REFRESH, now=begun + A_MONTH) is None
        assert row_of(maya).expires_at == begun + A_MONTH
        with viewing(SIGNIN):
            key = row_of(maya).session_id
            assert signin.known(key, now=begun + A_MONTH - A_MOMENT, introduce=False)
            assert signin.known(key, now=begun + A_MONTH, introduce=False) is None

    def test_sign_in_and_refresh_mark_the_person_as_active(self, maya, now):
        begun = now - timedelta(hours=1)
        pair = pair_for(maya, now=begun)
        with viewing(SIGNIN):
            assert User.objects.get(pk=maya.pk).last_active_at == begun
        renewed(pair.refresh, maya, now)
        with viewing(SIGNIN):
            assert User.objects.get(pk=maya.pk).last_active_at == now
        assert row_of(maya).last_seen_at == now

    @pytest.mark.parametrize("sent", [{}, {"refresh_token": ""}, {"refresh_token": "é.b.c"}, {"refresh_token": 7}])
    def test_what_is_no_refresh_token_is_refused_by_the_library(self, db, sent):
        assert client_of().post(REFRESH, sent, format="json").status_code == 400

    def test_an_access_token_does_not_refresh(self, maya):
        assert refreshed(pair_for(maya).access).status_code == 400

    def test_of_two_at_once_one_wins(self, live_db):
        maya = factories.consenting("maya")
        pair = pair_for(maya)
        both, won = threading.Barrier(2), []

        def race():
            named = tokens.read(pair.refresh, Use.REFRESH, now=timezone.now())
            both.wait(timeout=10)
            with viewing(SIGNIN):
                won.append(sessions.renew(named=named, user=maya, now=timezone.now()))
            connection.close()

        threads = [threading.Thread(target=race) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(pair is None for pair in won) == [False, True]
        assert row_of(maya).refresh_token == next(pair.stored for pair in won if pair)
        connection.close()


class TestEnding:
    def test_all_or_all_but_one(self, maya, noor):
        keys = [session_for(maya).session_key for _ in range(3)]
        other = pair_for(noor)
        assert sessions.end_all(user=maya, except_=keys[1]) == 2
        assert row_of(maya).session_id == keys[1]
        assert sessions.end_all(user=maya) == 1
        with viewing(SIGNIN):
            assert not Session.objects.filter(pk__in=keys).exists()
        assert code_of(other.access) == "ok"

    def test_it_takes_the_same_statements_for_one_and_for_twenty(self, maya, django_assert_num_queries):
        for how_many in (1, 20):
            for _ in range(how_many):
                session_for(maya)
            with viewing(SIGNIN), django_assert_num_queries(6):  # two of them ours; savepoint, eyes, eyes, release
                sessions.end_all(user=maya)

    def test_staff_end_the_sessions_of_others(self, maya, omar):
        pair = pair_for(maya)
        with viewing(rowsecurity.of(omar)):
            assert sessions.end_all(user=maya) == 1
            assert rowsecurity.viewer() == rowsecurity.of(omar)
        assert code_of(pair.access) == "401 TOKEN_INVALID"
        assert refreshed(pair.refresh).status_code == 400

    def test_a_session_and_its_row_go_together_whoever_deletes(self, maya):
        session = session_for(maya)
        session.flush()
        assert row_of(maya) is None
        session_for(maya)
        with viewing(rowsecurity.MAINTENANCE):
            User.objects.filter(pk=maya.pk).delete()
            assert OpenSession.objects.count() == 0

    def test_redis_remembers_every_token_that_may_still_live(self, maya, now, django_capture_on_commit_callbacks):
        first = pair_for(maya, now=now - timedelta(seconds=899))
        second = renewed(first.refresh, maya, now - A_MOMENT)
        with django_capture_on_commit_callbacks(execute=True):
            sessions.end_all(user=maya)
        for pair in (first, second):
            named = tokens.read(pair.access, Use.ACCESS, now=now - A_MOMENT)
            assert cache.get(f"blacklist:token:{named.token_id}") is True
            assert 0 < cache.ttl(f"blacklist:token:{named.token_id}") <= 900

    def test_the_hint_is_not_the_truth(self, maya, django_capture_on_commit_callbacks):
        pair = pair_for(maya)
        with django_capture_on_commit_callbacks(execute=True):
            sessions.end_all(user=maya)
        assert code_of(pair.access) == "401 TOKEN_INVALID"
        cache.clear()
        assert code_of(pair.access) == "401 TOKEN_INVALID"

    def test_nothing_changes_where_redis_is_away(self, maya, settings, django_capture_on_commit_callbacks):
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
        pair = pair_for(maya)
        assert code_of(pair.access) == "ok"
        second = refreshed(pair.refresh).json()["data"]
        assert code_of(second["access_token"]) == "ok"
        with django_capture_on_commit_callbacks(execute=True):
            assert sessions.end_all(user=maya) == 1
        assert code_of(second["access_token"]) == "401 TOKEN_INVALID"
        assert refreshed(second["refresh_token"]).status_code == 400

    def test_a_session_that_only_the_cache_still_knows_opens_nothing(self, maya):
        key = session_for(maya).session_key
        with viewing(SIGNIN):
            Session.objects.filter(pk=key).delete()
        assert cache.get(f"session:{key}")
        answer = client_of().get("/api/auth/app/v1/account/email", headers={"X-Session-Token": key})
        assert answer.status_code == 410
        browser = Client()
        browser.cookies["sessionid"] = key
        assert browser.get(ME).status_code == 401
        assert cache.get(f"session:{key}") is None


class TestRefused:
    """401 TOKEN_INVALID on our routes, whatever is wrong with the token."""

    def test_a_refresh_token_opens_nothing(self, maya):
        assert code_of(pair_for(maya).refresh) == "401 TOKEN_INVALID"

    @pytest.mark.parametrize("token", ["", "x", "a.b.c", "a" * 9000])
    def test_what_is_no_token(self, db, token):
        assert code_of(token) == "401 TOKEN_INVALID"

    def test_a_session_that_never_was(self, maya, now):
        pair_for(maya)
        stray = tokens.pair(user_id=maya.pk, session_id=2**40, ends_at=now + A_MONTH, now=now)
        assert code_of(stray.access) == "401 TOKEN_INVALID"

    def test_the_session_of_somebody_else_with_ones_own_name(self, maya, noor, now):
        pair_for(noor)
        swapped = tokens.pair(user_id=maya.pk, session_id=row_of(noor).pk, ends_at=now + A_MONTH, now=now)
        assert code_of(swapped.access) == "401 TOKEN_INVALID"
        assert refreshed(swapped.refresh).status_code == 400
        assert row_of(noor), "a stranger's try ends nobody's session"

    def test_somebody_who_is_not_active(self, maya):
        pair = pair_for(maya)
        with viewing(SIGNIN):
            User.objects.filter(pk=maya.pk).update(is_active=False)
        assert code_of(pair.access) == "401 TOKEN_INVALID"
        assert refreshed(pair.refresh).status_code == 400

    def test_an_institution_that_is_closed(self, maya):
        pair = pair_for(maya)
        maya.tenant.is_active = False
        maya.tenant.save()
        assert code_of(pair.access) == "401 TOKEN_INVALID"

    def test_an_access_token_of_yesterday(self, maya, now):
        assert code_of(pair_for(maya, now=now - timedelta(seconds=901)).access) == "401 TOKEN_INVALID"


class TestStaff:
    @pytest.mark.parametrize(
        ("seen", "begun", "stands"),
        [
            (timedelta(minutes=29, seconds=59), timedelta(hours=1), True),
            (timedelta(minutes=30), timedelta(hours=1), False),
            (timedelta(0), timedelta(hours=7, minutes=59, seconds=59), True),
            (timedelta(0), timedelta(hours=8), False),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("role", ["operator", "admin"])
    def test_half_an_hour_idle_and_eight_hours_in_all(self, db, now, role, seen, begun, stands):
        level = "junior" if role == "operator" else None
        omar = factories.UserFactory(email="o@example.test", role=role, level=level)
        session = session_for(omar, now=now - begun)
        with viewing(SIGNIN):
            OpenSession.objects.update(last_seen_at=now - seen)
            assert bool(signin.known(session.session_key, now=now, introduce=False)) is stands

    def test_a_consumer_may_be_away_for_weeks(self, maya, now):
        session = session_for(maya, now=now - timedelta(days=29))
        with viewing(SIGNIN):
            assert signin.known(session.session_key, now=now, introduce=False)

    def test_being_used_is_marked_once_a_minute(self, omar, now, statements):
        browser = Client()
        browser.cookies["sessionid"] = session_for(omar, now=now - timedelta(minutes=2)).session_key
        first, second = statements(browser), statements(browser)
        assert len(first) == len(second) + 1
        assert 'UPDATE "usersessions_usersession"' in first[1]
        assert row_of(omar).last_seen_at > now

    def test_nobody_waits_for_a_mark(self, live_db, now):
        omar = factories.UserFactory(email="o@example.test", role="admin")
        session_for(omar, now=now - timedelta(minutes=2))
        held = row_of(omar).pk
        waited = []

        def mark():
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '2s'")
            sessions.touch(session_id=held, now=now)
            waited.append("no")
            connection.close()

        with viewing(SIGNIN):
            OpenSession.objects.select_for_update().get(pk=held)
            other = threading.Thread(target=mark)
            other.start()
            other.join()
        assert waited == ["no"]
        assert row_of(omar).last_seen_at == now - timedelta(minutes=2)
        connection.close()

    def test_after_too_long_a_browser_signs_in_with_a_new_session(self, omar, now):
        browser = Client()
        old = session_for(omar, now=now - timedelta(hours=9)).session_key
        browser.cookies["sessionid"] = old
        answer = browser.get("/admin/")
        assert answer.status_code == 302 and "/admin/login/" in answer["Location"]
        assert row_of(omar) is None
        assert browser.get("/signin/login/").status_code == 200


@pytest.fixture
def statements():
    def of(client, path=ME):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        told = ("SELECT set_config(", "SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
        return [query["sql"] for query in captured if not query["sql"].startswith(told)]

    return of


class TestFreshly:
    """Whether the caller proved who they are within ten minutes."""

    def known(self, session, now):
        with viewing(SIGNIN):
            return signin.known(session.session_key, now=now, introduce=False)

    def test_a_sign_in_is_a_proof_for_ten_minutes(self, maya, now):
        found = self.known(session_for(maya, now=now), now)
        assert signin.freshly_proven(found, now=now + timedelta(minutes=9, seconds=59))
        assert not signin.freshly_proven(found, now=now + timedelta(minutes=10))

    def test_so_is_a_password_given_again(self, maya, now):
        session = session_for(maya, now=now - timedelta(days=3))
        assert not signin.freshly_proven(self.known(session, now), now=now)
        again = {"method": "password", "at": now.timestamp(), "reauthenticated": True}
        session[signin.METHODS] = [*session[signin.METHODS], again]
        session.save()
        assert signin.freshly_proven(self.known(session, now), now=now + timedelta(minutes=9))


class TestView:
    """Seed 004's `sessions`."""

    def rows(self, viewer):
        with viewing(viewer), connection.cursor() as cursor:
            cursor.execute(
                "SELECT session_id::text, user_id, refresh_token, expires_at, created_at, last_used_at FROM sessions"
            )
            return cursor.fetchall()

    def test_it_shows_a_person_their_own(self, maya, noor, omar, now):
        pair = pair_for(maya, now=now)
        pair_for(noor)
        digest = hashlib.md5(row_of(maya).session_id.encode(), usedforsecurity=False).hexdigest()
        (row,) = self.rows(rowsecurity.of(maya))
        assert row[0].replace("-", "") == digest
        assert row[1:] == (maya.pk, pair.stored, now + A_MONTH, now, now)
        assert len(self.rows(SIGNIN)) == 2
        assert self.rows(rowsecurity.of(omar)) == self.rows(rowsecurity.NOBODY) == []

    @pytest.mark.parametrize("write", ["DELETE FROM sessions", "UPDATE sessions SET user_id = user_id"])
    def test_it_is_for_reading(self, maya, write):
        session_for(maya)
        with pytest.raises(DatabaseError, match="cannot"), viewing(SIGNIN), connection.cursor() as cursor:
            cursor.execute(write)
