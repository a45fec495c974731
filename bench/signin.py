"""Signing in, refreshing and being known: each through the whole stack, beside what it cannot do without."""

import statistics

from django.conf import settings
from django.contrib.auth.hashers import check_password, get_hasher
from django.db import connection
from django.test import RequestFactory, override_settings
from django.urls import resolve
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import people, rowsecurity, signin, tokens
from accounts.models import OpenSession, Tenant, User
from bench.measure import Contender, table, timed

APP = "/api/auth/app/v1"
PASSWORD = "Long-enough-2026!"  # noqa: S105 (of nobody)
HOST = {"SERVER_NAME": "127.0.0.1"}


def main(arguments: list[str]) -> None:
    rounds = int(arguments[0]) if arguments else 200
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        tenant = Tenant.objects.get(slug="default")
        maya = people.enrol(tenant=tenant, email="maya@example.test", password=PASSWORD)
    hasher = get_hasher()
    print(f"Argon2id: {hasher.memory_cost / 1024:.0f} MiB, {hasher.time_cost} passes, {hasher.parallelism} lanes")
    with override_settings(RATE_LIMITS=dict.fromkeys(settings.RATE_LIMITS, (10**9, 3600))):
        for floor, run, name, contender in (
            ("the hash alone", hash_of(maya), "sign-in", sign_in),
            ("statements and signatures", renewal_of(maya), "refresh", refreshing()),
            ("the view alone", view_for(maya), "one's own record", authorised()),
        ):
            taken = timed({floor: run, name: contender}, rounds)
            for figure, of in (("median", statistics.median), ("p95", lambda s: statistics.quantiles(s, n=20)[-1])):
                print(f"\n{figure} of {rounds}")
                table({which: of(seconds) for which, seconds in taken.items()}, floor, "ms")


def sign_in(_: int = 0) -> dict[str, str]:
    sent = {"email": "maya@example.test", "password": PASSWORD}
    answer = APIClient(**HOST).post(f"{APP}/auth/login", sent, format="json")
    assert answer.status_code == 200, answer.content
    return answer.json()["meta"]


def hash_of(user: User) -> Contender:
    return lambda _: check_password(PASSWORD, user.password)


def refreshing() -> Contender:
    held = {"token": sign_in()["refresh_token"]}

    def refresh(_: int) -> None:
        answer = APIClient(**HOST).post(f"{APP}/tokens/refresh", {"refresh_token": held["token"]}, format="json")
        held["token"] = answer.json()["data"]["refresh_token"]

    return refresh


def renewal_of(user: User) -> Contender:
    """One transaction: who it is, the row under its lock, two updates; one signature read and two written."""
    sign_in()
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        row = OpenSession.objects.filter(user=user).latest("id")
    ask = "SELECT * FROM users JOIN usersessions_usersession USING (user_id) JOIN django_session USING (session_key)"

    def renew(_: int) -> None:
        now = timezone.now()
        pair = tokens.pair(user_id=user.pk, session_id=row.pk, ends_at=row.expires_at, now=now)
        tokens.read(pair.refresh, tokens.Use.REFRESH, now=now)
        with rowsecurity.viewing(rowsecurity.SIGNIN), connection.cursor() as cursor:
            cursor.execute(f"{ask} WHERE id = %s", [row.pk])
            cursor.execute("SELECT * FROM usersessions_usersession WHERE id = %s FOR UPDATE", [row.pk])
            cursor.execute("UPDATE users SET last_active_at = %s WHERE user_id = %s", [now, user.pk])
            cursor.execute(
                "UPDATE usersessions_usersession SET refresh_token = %s, last_seen_at = %s WHERE id = %s",
                [pair.stored, now, row.pk],
            )

    return renew


def authorised() -> Contender:
    client = APIClient(**HOST)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {sign_in()['access_token']}")

    def ask(_: int) -> None:
        assert client.get("/api/users/me").status_code == 200

    return ask


def view_for(user: User) -> Contender:
    """The same view and serializer with its own statement, called by somebody who is known already."""
    sign_in()
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        key = OpenSession.objects.filter(user=user).latest("id").session_id
        known = signin.known(key, now=timezone.now(), introduce=False)
    view = resolve("/api/users/me").func

    def ask(_: int) -> None:
        request = RequestFactory().get("/api/users/me")
        request.known, request.bearer, request.user = known, True, user  # type: ignore[attr-defined]
        with rowsecurity.viewing(rowsecurity.of(user)):
            view(request).render()

    return ask
