"""The caller's own record."""

from decimal import Decimal

from django.db import connection
from django.test.utils import CaptureQueriesContext


def test_a_consumer_reads_who_they_are(calling, maya):
    answer = calling(maya).get("/api/users/me")
    assert answer.status_code == 200
    assert answer.json()["email"] == "maya@example.test"
    assert answer.json()["consent_status"] is True
    assert answer.json()["oauth_providers"] == []


def test_nobody_is_asked_to_sign_in(calling, db):
    answer = calling().get("/api/users/me")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "AUTH_REQUIRED"


def test_staff_without_a_second_factor_are_told_which_step_is_missing(calling, omar):
    answer = calling(omar, second_factor=False).get("/api/users/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "MFA_REQUIRED")


def test_a_token_of_an_ended_session_is_refused(calling, maya):
    client = calling(maya)
    assert client.get("/api/users/me").status_code == 200
    from django.contrib.sessions.models import Session

    from accounts import rowsecurity

    with rowsecurity.viewing(rowsecurity.SIGNIN):
        Session.objects.all().delete()
    answer = client.get("/api/users/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_INVALID")


def test_income_is_declared_and_taken_back(calling, maya):
    client = calling(maya)
    assert client.patch("/api/users/me", {"monthly_income": 3200.5}, "json").json()["monthly_income"] == 3200.50
    assert client.patch("/api/users/me", {"monthly_income": None}, "json").json()["monthly_income"] is None


def test_a_role_in_the_body_is_not_taken(calling, maya, seeing):
    calling(maya).patch("/api/users/me", {"monthly_income": 1, "role": "admin", "level": "senior"}, "json")
    with seeing(maya):
        maya.refresh_from_db()
    assert (maya.role, maya.level, maya.monthly_income) == ("user", None, Decimal("1.00"))


def test_an_authorised_request_costs_one_statement_before_its_own(calling, maya):
    client = calling(maya)
    client.get("/api/users/me")
    with CaptureQueriesContext(
        connection,
    ) as captured:
        client.get("/api/users/me")
    statements = [q["sql"] for q in captured if not q["sql"].startswith(("SELECT set_config(", "SAVEPOINT", "RELEASE"))]
    assert len(statements) == 2, statements  # who is calling, and the record that was asked for
    assert "set_config" in statements[0]
