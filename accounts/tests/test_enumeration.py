"""Nobody learns from an answer who has an account."""

import json

import pytest
from django.core import mail

from accounts import rowsecurity
from accounts.models import Tenant, User
from accounts.tests.signing import PASSWORD, QuickArgon2, enrol, login, post


@pytest.fixture(autouse=True)
def _quick(quick):
    pass


PEOPLE = {
    "unknown": lambda: None,
    "wrong password": lambda: enrol("maya@example.test", "Some-other-2026!"),
    "unusable password": lambda: enrol("maya@example.test", None),
    "absent password": lambda: without_password(enrol("maya@example.test")),
    "inactive": lambda: enrol("maya@example.test", is_active=False),
    "inactive institution": lambda: closed(enrol("maya@example.test", slug="closed")),
}


def without_password(user):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        User.objects.filter(pk=user.pk).update(password=None)


def closed(user):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Tenant.objects.filter(pk=user.tenant_id).update(is_active=False)


@pytest.mark.parametrize("who", PEOPLE)
def test_every_refused_sign_in_is_the_same_and_hashes_once(db, who):
    PEOPLE[who]()
    QuickArgon2.hashed = 0
    answer = login("maya@example.test", PASSWORD)
    assert QuickArgon2.hashed == 1
    assert answer.status_code == 400
    assert answer.json() == {
        "status": 400,
        "errors": [
            {
                "message": "The email address and/or password you specified are not correct.",
                "code": "email_password_mismatch",
                "param": "password",
            }
        ],
    }


@pytest.mark.parametrize("phone", ["+14155550123", "+14155550199"])
def test_a_password_with_a_telephone_is_no_better(db, now, phone):
    enrol("maya@example.test", "Some-other-2026!", phone_number="+14155550123", phone_verified_at=now)
    QuickArgon2.hashed = 0
    answer = post("auth/login", {"phone": phone, "password": PASSWORD})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "phone_password_mismatch")
    assert QuickArgon2.hashed == 1


def told(answer):
    body = json.loads(answer.content)
    body["meta"].pop("session_token", None)
    return answer.status_code, body


def test_a_sign_up_does_not_say_whether_the_address_is_known(db):
    enrol("maya@example.test")
    answers, hashed = [], []
    for email in ("maya@example.test", "new@example.test"):
        QuickArgon2.hashed = 0
        answers.append(post("auth/signup", {"email": email, "password": PASSWORD}))
        hashed.append(QuickArgon2.hashed)
    assert told(answers[0]) == told(answers[1])
    assert ["session_token" in answer.json()["meta"] for answer in answers] == [True, True]
    assert hashed == [1, 1]
    assert [message.to for message in mail.outbox] == [["maya@example.test"], ["new@example.test"]]


def test_who_signed_up_verifies_the_address_first(db):
    post("auth/signup", {"email": "new@example.test", "password": PASSWORD})
    assert login("new@example.test", PASSWORD).status_code == 401
    key = mail.outbox[0].body.split("/confirm-email/")[1].split("/")[0]
    assert post("auth/email/verify", {"key": key}).status_code == 401
    assert login("new@example.test", PASSWORD).status_code == 200


def test_a_reset_does_not_say_whether_the_address_is_known(db):
    enrol("maya@example.test")
    known, unknown = (
        post("auth/password/request", {"email": email}) for email in ("maya@example.test", "nobody@example.test")
    )
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert len(mail.outbox) == 2
