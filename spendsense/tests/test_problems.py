"""The one error envelope, whatever went wrong."""

import pytest
from django.db import OperationalError, connection

from accounts import people
from accounts.api.users import UserViewSet
from accounts.models import User

KEYS = {"type", "title", "status", "detail", "code", "request_id"}


def envelope(answer, status, code):
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert set(body) >= KEYS
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"] == "/problems/" + code.lower().replace("_", "-")
    assert body["request_id"] == answer["X-Request-ID"]
    return body


def test_an_unknown_route(calling, db):
    envelope(calling().get("/api/no-such-thing"), 404, "NOT_FOUND")


def test_a_wrong_method(calling, maya):
    answer = calling(maya).delete("/api/transactions")
    envelope(answer, 405, "METHOD_NOT_ALLOWED")
    assert "GET" in answer["Allow"]


def test_a_broken_body(calling, maya):
    answer = calling(maya).patch("/api/users/me", "{", content_type="application/json")
    envelope(answer, 400, "INVALID_JSON")


def test_a_wrong_field_is_named(calling, maya):
    body = envelope(calling(maya).patch("/api/users/me", {"monthly_income": -1}, "json"), 400, "VALIDATION_ERROR")
    assert body["detail"] == "1 field is invalid."
    assert [error["field"] for error in body["errors"]] == ["monthly_income"]
    assert body["errors"][0]["code"] == "MIN_VALUE"


def test_a_wrong_media_type(calling, maya):
    answer = calling(maya).patch("/api/users/me", "<x/>", content_type="application/xml")
    envelope(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_body_over_a_mebibyte(calling, maya):
    answer = calling(maya).patch("/api/users/me", {"monthly_income": "1" * 1_100_000}, "json")
    envelope(answer, 413, "BODY_TOO_LARGE")


def test_too_many_requests(calling, maya, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "api": (2, 3600)}
    client = calling(maya)
    first = client.get("/api/users/me")
    assert (first["X-RateLimit-Limit"], first["X-RateLimit-Remaining"]) == ("2", "1")
    client.get("/api/users/me")
    answer = client.get("/api/users/me")
    envelope(answer, 429, "RATE_LIMITED")
    assert 0 < int(answer["Retry-After"]) <= 3600


def test_a_forged_token(calling, db):
    client = calling()
    client.credentials(HTTP_AUTHORIZATION="Bearer not.a.token")
    envelope(client.get("/api/users/me"), 401, "TOKEN_INVALID")


def test_an_unexpected_fault_says_nothing_of_itself(calling, maya, monkeypatch, capsys):
    def broken(*_):
        raise RuntimeError("maya@example.test has 4111111111111111")

    monkeypatch.setattr(UserViewSet, "get_serializer_context", broken, raising=False)
    monkeypatch.setattr("accounts.api.users.Me", broken)
    answer = calling(maya).get("/api/users/me")
    envelope(answer, 500, "INTERNAL_ERROR")
    assert "maya" not in answer.content.decode()
    said = capsys.readouterr()
    assert "4111" not in said.err + said.out


def test_an_answer_of_500_takes_everything_back(calling, maya, monkeypatch, seeing):
    real = people.declare_income

    def writes_then_breaks(**kwargs):
        real(**kwargs)
        raise RuntimeError

    monkeypatch.setattr("accounts.people.declare_income", writes_then_breaks)
    assert calling(maya).patch("/api/users/me", {"monthly_income": 77}, "json").status_code == 500
    with seeing(maya):
        assert User.objects.get(pk=maya.pk).monthly_income is None


def test_a_database_that_is_away(calling, maya, monkeypatch):
    client = calling(maya)

    def away(*_, **__):
        raise OperationalError("could not connect to server at 10.0.0.7")

    with monkeypatch.context() as broken:
        for word in ("ensure_connection", "cursor", "savepoint"):
            broken.setattr(connection, word, away)
        answer = client.get("/api/users/me")
    assert "10.0.0.7" not in answer.content.decode()
    envelope(answer, 503, "DATABASE_UNAVAILABLE")
    assert answer["Retry-After"] == "5"


def test_a_person_gets_a_page(calling, db):
    answer = calling().get("/no-such-page")
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")
    assert answer["X-Request-ID"] in answer.content.decode()


@pytest.mark.parametrize("header", ["X-Request-ID", "X-Trace-ID", "X-Correlation-ID"])
def test_the_callers_id_comes_back(calling, db, header):
    assert calling().get("/health", headers={header: "abc-123"})["X-Request-ID"] == "abc-123"


@pytest.mark.parametrize("bad", ["x" * 65, "a\tb", "ü"])
def test_an_unfit_id_is_replaced(calling, db, bad):
    assert calling().get("/health", headers={"X-Request-ID": bad})["X-Request-ID"] != bad


@pytest.mark.parametrize("url", ["/health", "/api/users/me", "/no-such-page", "/signin/login/", "/api/docs"])
def test_every_answer_has_the_content_security_policy(calling, db, url):
    policy = calling().get(url)["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
