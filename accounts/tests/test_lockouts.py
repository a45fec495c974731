"""How often somebody may try, through the routes: passwords, second factors, sign-ups, mails; without Redis too."""

import threading

import pytest
from allauth.account.forms import EmailAwarePasswordResetTokenGenerator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.db import connections
from django.test import Client
from django.urls import resolve
from django_redis import get_redis_connection
from prometheus_client import REGISTRY
from rest_framework.test import APIClient

from accounts import limits, people, rowsecurity
from accounts.limits import Scope
from accounts.models import User
from accounts.tests.signing import APP, PASSWORD, WRONG, enrol, events, login, post, session_of


@pytest.fixture(autouse=True)
def _shipped(limited, quick):
    limited()


def refused(answer):
    assert answer.status_code == 429
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "RATE_LIMITED"
    assert answer["X-RateLimit-Remaining"] == "0"
    assert answer["Retry-After"] == answer["X-RateLimit-Reset"]
    return int(answer["Retry-After"])


def rate(answer):
    return [answer.get(f"X-RateLimit-{name}") for name in ("Limit", "Remaining", "Reset")]


def test_an_address_has_five_wrong_passwords_an_hour(db):
    enrol("maya@example.test")
    for left in "43210":
        answer = login("maya@example.test")
        assert (answer.status_code, rate(answer)[:2]) == (400, ["5", left])
        assert 3590 < int(rate(answer)[2]) <= 3600
    assert 3590 < refused(login("maya@example.test")) <= 3600
    assert 3590 < refused(login("somebody.else@example.test")) <= 3600
    assert login("maya@example.test", PASSWORD, "192.0.2.2").status_code == 200


def test_the_right_password_is_not_told_while_locked_out(db):
    enrol("maya@example.test")
    for _ in range(5):
        login("maya@example.test")
    right, wrong = login("maya@example.test", PASSWORD), login("maya@example.test")
    refused(right)
    told = [{**answer.json(), "request_id": None} for answer in (right, wrong)]
    assert told[0] == told[1]


@pytest.mark.parametrize("known", [True, False])
def test_an_account_is_locked_from_everywhere_whether_it_exists_or_not(db, known):
    user = enrol("maya@example.test") if known else None
    for n in range(10):
        assert login("maya@example.test", address=f"192.0.2.{n}").status_code == 400
    assert 890 < refused(login("Maya@example.test", PASSWORD, "192.0.2.99")) <= 900
    kinds = [kind for kind, _, _ in events()]
    assert kinds == ["sign_in_failed"] * 10 + ["lockout"]
    assert events()[-1][1:] == (user and user.pk, {"seconds": 900})


def test_an_account_has_ten_tries_however_it_is_named(db, now):
    maya = enrol("maya@example.test", phone_number="+14155550123", phone_verified_at=now)
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        maya.emailaddress_set.create(email="maya@work.test", verified=True)
    for n in range(5):
        login("maya@work.test", address=f"192.0.2.{n}")
        post("auth/login", {"phone": "+14155550123", "password": WRONG}, f"198.51.100.{n}")
    refused(login("maya@example.test", PASSWORD, "203.0.113.1"))


def test_two_sign_ups_at_once_are_one_person(live_db):
    sent = {"email": "new@example.test", "password": PASSWORD}
    together, answers = threading.Barrier(4), []

    def one():
        try:
            together.wait()
            answers.append(post("auth/signup", sent).status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {401, 409} and 401 in answers
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert User.objects.filter(email="new@example.test").count() == 1


@pytest.mark.parametrize("client", ["app", "browser"])
@pytest.mark.parametrize(
    "route",
    [
        "auth/signup",
        "auth/code/request",
        "auth/code/confirm",
        "auth/phone/verify",
        "auth/2fa/authenticate",
        "auth/2fa/reauthenticate",
        "account/password/change",
    ],
)
def test_apps_and_browsers_come_to_the_counted_route(client, route):
    view = resolve(f"/api/auth/{client}/v1/{route}").func
    ours = view.view_initkwargs.get("input_class", view.view_class)
    assert ours.__module__ == "accounts.api.guesses"


def test_a_second_lockout_lasts_longer(db):
    enrol("maya@example.test")
    account = limits.by_hash(Scope.ACCOUNT, "maya@example.test")
    for n in range(10):
        login("maya@example.test", address=f"192.0.2.{n}")
    get_redis_connection("default").expire(account.key, 0)
    for n in range(10):
        login("maya@example.test", address=f"198.51.100.{n}")
    assert 1790 < refused(login("maya@example.test", address="203.0.113.1")) <= 1800


def test_a_right_password_costs_nothing(db):
    enrol("maya@example.test")
    for _ in range(7):
        answer = login("maya@example.test", PASSWORD)
        assert (answer.status_code, answer["X-RateLimit-Remaining"]) == (200, "5")


def test_fifty_wrong_passwords_at_once_are_five_tries(live_db):
    enrol("maya@example.test")
    answers = []

    def one():
        try:
            answers.append(login("maya@example.test").status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (answers.count(400), answers.count(429)) == (5, 45)
    assert [kind for kind, _, _ in events()] == ["sign_in_failed"] * 5


def test_a_challenge_is_asked_for_after_three_failures_where_there_is_one(db, settings):
    settings.CHALLENGE_VERIFIER = "a verifier"
    asked = [login("maya@example.test").get("X-Challenge-Required") for _ in range(6)]
    assert asked == [None, None, "true", "true", "true", "true"]
    settings.CHALLENGE_VERIFIER = ""
    assert "X-Challenge-Required" not in login("maya@example.test")


def test_a_free_header_is_another_address_to_nobody(db):
    for _ in range(5):
        login("maya@example.test")
    sent = {"email": "maya@example.test", "password": WRONG}
    spoofing = APIClient(REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="198.51.100.7")
    refused(spoofing.post(f"{APP}/auth/login", sent, format="json"))


def test_ten_sign_ups_an_hour_known_or_not(db):
    enrol("maya@example.test")
    emails = ["maya@example.test", *(f"new{n}@example.test" for n in range(9))]
    for n, email in enumerate(emails):
        answer = post("auth/signup", {"email": email, "password": PASSWORD})
        assert (answer.status_code, rate(answer)[:2]) == (401, ["10", str(9 - n)])
    refused(post("auth/signup", {"email": "one.more@example.test", "password": PASSWORD}))
    assert len(mail.outbox) == 10


def code(secret):
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def test_five_wrong_second_factors_in_a_quarter_of_an_hour(db):
    omar = enrol("omar@example.test", role="operator", level="senior")
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        secret = people.second_factor_secret(user=omar)
    session = session_of(login("omar@example.test", PASSWORD))
    for left in "43210":
        answer = post("auth/2fa/authenticate", {"code": "000000"}, session=session)
        assert (answer.status_code, rate(answer)[:2]) == (400, ["5", left])
    assert 890 < refused(post("auth/2fa/authenticate", {"code": code(secret)}, session=session)) <= 900
    another = session_of(login("omar@example.test", PASSWORD, "192.0.2.7"))
    refused(post("auth/2fa/authenticate", {"code": code(secret)}, "192.0.2.7", another))
    assert events()[-1] == ("sign_in_failed", omar.pk, {"method": "second_factor"})


def test_a_right_second_factor_costs_nothing(db):
    omar = enrol("omar@example.test", role="operator", level="senior")
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        secret = people.second_factor_secret(user=omar)
    session = session_of(login("omar@example.test", PASSWORD))
    assert post("auth/2fa/authenticate", {"code": code(secret)}, session=session).status_code == 200
    assert get_redis_connection("default").get(limits.Use(Scope.SECOND_FACTOR, str(omar.pk)).key) is None


def test_the_present_password_cannot_be_guessed_in_a_stolen_session(db):
    enrol("maya@example.test")
    session = session_of(login("maya@example.test", PASSWORD))
    for _ in range(5):
        sent = {"current_password": WRONG, "new_password": "Another-one-2026!"}
        assert post("account/password/change", sent, session=session).status_code == 400
    right = {"current_password": PASSWORD, "new_password": "Another-one-2026!"}
    refused(post("account/password/change", right, session=session))
    assert post("account/password/change", right, "192.0.2.2", session).status_code == 200


def test_re_authentication_is_a_try_like_any_other(db):
    enrol("maya@example.test")
    session = session_of(login("maya@example.test", PASSWORD))
    for _ in range(5):
        assert post("auth/reauthenticate", {"password": WRONG}, session=session).status_code == 400
    refused(post("auth/reauthenticate", {"password": PASSWORD}, session=session))


@pytest.mark.parametrize("known", [True, False])
def test_three_reset_mails_an_hour_then_the_usual_answer_and_nothing(db, known):
    if known:
        enrol("maya@example.test")
    answers = [post("auth/password/request", {"email": "maya@example.test"}) for _ in range(5)]
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert len(mail.outbox) == 3


def test_who_resets_the_password_is_not_locked_out_any_more(db):
    enrol("maya@example.test")
    for n in range(10):
        login("maya@example.test", address=f"192.0.2.{n}")
    post("auth/password/request", {"email": "maya@example.test"})
    key = mail.outbox[-1].body.split("/key/")[1].split("/")[0]
    reset = {"key": key, "password": "Another-one-2026!"}
    assert post("auth/password/reset", reset).status_code == 401
    assert login("maya@example.test", "Another-one-2026!", "198.51.100.1").status_code == 200
    assert post("auth/password/reset", reset).status_code == 400


@pytest.mark.parametrize(("seconds", "status"), [(1790, 401), (1801, 400)])
def test_a_reset_key_lives_half_an_hour(db, seconds, status):
    maya = enrol("maya@example.test")
    keys = EmailAwarePasswordResetTokenGenerator()
    made = keys._num_seconds(keys._now()) - seconds
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        key = f"{user_pk_to_url_str(maya)}-{keys._make_token_with_timestamp(maya, made, keys.secret)}"
    answer = post("auth/password/reset", {"key": key, "password": "Another-one-2026!"})
    assert answer.status_code == status


def test_the_library_s_other_routes_are_in_the_general_limit(db, limited):
    limited(api=(2, 3600))
    enrol("maya@example.test")
    answers = [post("auth/email/verify", {"key": "none"}) for _ in range(3)]
    assert [rate(answer)[:2] for answer in answers] == [["2", "1"], ["2", "0"], ["2", "0"]]
    refused(answers[-1])
    assert login("maya@example.test", PASSWORD).status_code == 200


def test_a_route_counts_once(calling, maya):
    client = calling(maya)
    assert rate(client.get("/api/users/me"))[:2] == ["1000", "999"]
    login("maya@example.test")
    assert rate(client.get("/api/users/me"))[:2] == ["1000", "998"]
    for route in ("/health", "/ready"):
        assert rate(Client().get(route)) == [None, None, None]


@pytest.mark.parametrize(
    ("route", "sent"),
    [
        ("auth/login", {"email": "maya@example.test", "password": PASSWORD}),
        ("auth/signup", {"email": "new@example.test", "password": PASSWORD}),
        ("auth/password/request", {"email": "maya@example.test"}),
        ("auth/password/request", {"email": "nobody@example.test"}),
        ("auth/code/request", {"phone": "+14155550123"}),
    ],
)
def test_without_redis_nobody_may_try(db, redis_away, route, sent):
    enrol("maya@example.test")
    answer = post(route, sent)
    assert (answer.status_code, answer.json()["code"]) == (503, "RATE_LIMITER_UNAVAILABLE")
    assert not mail.outbox


def test_without_redis_the_api_serves_on(calling, maya, redis_away):
    client = calling(maya)
    assert client.get("/api/users/me").status_code == 200
    assert "X-RateLimit-Limit" not in client.get("/api/users/me")
    assert post("auth/email/verify", {"key": "none"}).status_code == 400


def test_a_try_and_a_failure_are_numbers_for_the_alert(db):
    def counted(name, **labels):
        return REGISTRY.get_sample_value(f"{name}_total", labels) or 0

    enrol("maya@example.test")
    before = counted("sign_in_attempts", method="password"), counted("sign_in_failures", method="password")
    login("maya@example.test")
    login("maya@example.test", PASSWORD)
    after = counted("sign_in_attempts", method="password"), counted("sign_in_failures", method="password")
    assert (after[0] - before[0], after[1] - before[1]) == (2, 1)
    let_in, kept_out = counted("authorisations", outcome="admitted"), counted("authorisations", outcome="refused")
    APIClient().get("/api/users/me")
    APIClient().get("/health")
    assert counted("authorisations", outcome="refused") - kept_out == 1
    assert counted("authorisations", outcome="admitted") == let_in
