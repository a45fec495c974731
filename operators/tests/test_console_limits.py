"""The console's own pages are limited like the API, and say so on a page."""

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client

from accounts import people, rowsecurity
from accounts.tests.signing import PASSWORD, WRONG, enrol


@pytest.fixture(autouse=True)
def _shipped(limited, quick):
    limited()


@pytest.fixture
def secret(db):
    ada = enrol("ada@example.test", role="admin")
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return people.second_factor_secret(user=ada)


def give(client, password):
    return client.post("/signin/login/", {"login": "ada@example.test", "password": password})


def right(secret):
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def refused(answer):
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 3600
    assert "The limit is reached" in answer.content.decode()


def test_five_wrong_passwords(secret, client):
    for _ in range(5):
        assert "not correct" in give(client, WRONG).content.decode()
    refused(give(client, PASSWORD))


def test_five_wrong_second_factors(secret, client):
    assert give(client, PASSWORD).url == "/signin/2fa/authenticate/"
    for _ in range(5):
        assert "Incorrect code" in client.post("/signin/2fa/authenticate/", {"code": "000000"}).content.decode()
    refused(client.post("/signin/2fa/authenticate/", {"code": right(secret)}))


def signed_in(client, secret):
    give(client, PASSWORD)
    assert client.post("/signin/2fa/authenticate/", {"code": right(secret)}).status_code == 302
    return client


def test_the_present_password_cannot_be_guessed(secret, client):
    signed_in(client, secret)
    sent = {"oldpassword": WRONG, "password1": "Another-one-2026!", "password2": "Another-one-2026!"}
    for _ in range(5):
        assert client.post("/signin/password/change/", sent).status_code == 200
    refused(client.post("/signin/password/change/", {**sent, "oldpassword": PASSWORD}))


def test_a_telephone_is_no_way_into_the_console(client, db):
    assert client.get("/signin/login/code/").url == "/signin/login/"
    assert client.post("/signin/login/code/confirm/", {"code": "123456"}).url == "/signin/login/"
    answer = client.post("/signin/login/", {"login": "+14155550123", "password": PASSWORD})
    assert "valid email address" in answer.content.decode()


def test_without_redis_nobody_signs_in(secret, redis_away):
    answer = give(Client(), PASSWORD)
    assert answer.status_code == 503
    assert "We cannot count attempts" in answer.content.decode()
