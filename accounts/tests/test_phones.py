"""Codes by SMS through the routes: signing in, linking a number, ending a code, and flooding nobody."""

import json
import re
import threading

import pytest
from django.db import connections
from rest_framework.test import APIClient

from accounts import people, phones, rowsecurity
from accounts.models import User
from accounts.tests.signing import PASSWORD, enrol, events, login, post, session_of

PHONE, OTHER = "+14155550123", "+14155550199"


@pytest.fixture(autouse=True)
def _shipped(limited, quick, outbox):
    limited(**{"sms:gap": (1000, 30)})


def enrolled(now, phone=PHONE, **fields):
    return enrol("maya@example.test", phone_number=phone, phone_verified_at=now, **fields)


def ask(phone=PHONE, session=None, address="192.0.2.1"):
    return post("auth/code/request", {"phone": phone}, address, session)


def confirm(code, session, address="192.0.2.1"):
    return post("auth/code/confirm", {"code": code}, address, session)


def code_in(outbox):
    return re.match(r"(\d{6}) is your SpendSense code", outbox[-1].text)[1]


def wrong(code):
    return f"{(int(code) + 1) % 1_000_000:06}"


def of(user):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return User.objects.get(pk=user.pk)


def test_a_code_signs_in_once(db, outbox, now):
    enrolled(now)
    asked = ask()
    assert {"id": "login_by_code", "is_pending": True} in asked.json()["data"]["flows"]
    assert outbox[0].phone == PHONE and "good for 10 minutes" in outbox[0].text
    session, code = session_of(asked), code_in(outbox)
    answer = confirm(code, session)
    assert answer.status_code == 200
    assert answer.json()["data"]["user"]["email"] == "maya@example.test"
    assert "access_token" in answer.json()["meta"]
    assert confirm(code, session).status_code == 410  # the session of the code is gone with it


def test_a_person_without_an_address_signs_in(db, outbox, now):
    user = enrol("maya@example.test", phone_number=PHONE, phone_verified_at=now)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        user.emailaddress_set.all().delete()
        User.objects.filter(pk=user.pk).update(email=None, password=None)
    answer = confirm(session=session_of(ask()), code=code_in(outbox))
    assert answer.status_code == 200


def test_staff_still_give_their_second_factor(db, outbox, now):
    omar = enrolled(now, role="operator", level="senior")
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        people.second_factor_secret(user=omar)
    answer = confirm(session=session_of(ask()), code=code_in(outbox))
    assert answer.status_code == 401
    assert "mfa_authenticate" in [flow["id"] for flow in answer.json()["data"]["flows"]]


def test_three_wrong_tries_end_a_code(db, outbox, now):
    user = enrolled(now)
    session = session_of(ask())
    code = code_in(outbox)
    assert [confirm(wrong(code), session).status_code for _ in range(3)] == [400, 400, 400]
    assert confirm(code, session).status_code == 409
    assert [event for event in events() if event[0] == "sign_in_failed"] == [
        ("sign_in_failed", user.pk, {"method": "code"})
    ] * 3


def test_a_new_code_has_three_tries_of_its_own(db, outbox, now):
    enrolled(now)
    session = session_of(ask())
    for _ in range(2):
        confirm(wrong(code_in(outbox)), session)
    session = ask(session=session).json()["meta"].get("session_token", session)
    for _ in range(2):
        assert confirm(wrong(code_in(outbox)), session).status_code == 400
    assert confirm(code_in(outbox), session).status_code == 200


def test_a_code_lives_ten_minutes(db, outbox, now, settings):
    enrolled(now)
    assert settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT == settings.ACCOUNT_PHONE_VERIFICATION_TIMEOUT == 600
    session = session_of(ask())
    settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT = -1
    assert confirm(code_in(outbox), session).status_code == 409


def at_once(count, call):
    answers = []

    def one():
        try:
            answers.append(call().status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_twenty_wrong_codes_at_once_are_three_tries(live_db, outbox, now):
    enrolled(now)
    session = session_of(ask())
    answers = at_once(20, lambda: confirm(wrong(code_in(outbox)), session))
    assert answers.count(400) <= 3
    assert set(answers) <= {400, 409, 429}
    assert confirm(code_in(outbox), session).status_code in (409, 429)


def test_of_a_right_code_given_twice_at_once_one_signs_in(live_db, outbox, now):
    enrolled(now)
    session = session_of(ask())
    answers = at_once(3, lambda: confirm(code_in(outbox), session))
    assert answers.count(200) == 1


def told(answer):
    """An answer without what is different each time."""
    body = json.loads(answer.content)
    body.get("meta", {}).pop("session_token", None)
    return answer.status_code, body, answer.get("X-RateLimit-Limit"), answer.get("X-RateLimit-Remaining")


def test_an_unknown_number_looks_like_a_known_one(db, outbox, now):
    enrolled(now)
    known, unknown = ask(PHONE, address="192.0.2.1"), ask(OTHER, address="192.0.2.2")
    assert told(known) == told(unknown)
    assert [message.phone for message in outbox] == [PHONE]
    for _ in range(4):
        assert told(confirm(wrong(code_in(outbox)), session_of(known))) == told(
            confirm(wrong(code_in(outbox)), session_of(unknown))
        )


@pytest.mark.parametrize("fields", [{"is_active": False}, {"phone_verified_at": None}])
def test_neither_an_inactive_account_nor_an_unproven_number_signs_in(db, outbox, now, fields):
    enrol("maya@example.test", **{"phone_number": PHONE, "phone_verified_at": now, **fields})
    assert told(ask(PHONE)) == told(ask(OTHER, address="192.0.2.2"))
    assert not outbox


def refused(answer):
    assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMITED")
    return int(answer["Retry-After"])


@pytest.mark.parametrize("phone", [PHONE, OTHER])
def test_a_number_gets_one_message_in_half_a_minute(db, limited, outbox, now, phone):
    limited()
    enrolled(now)
    assert ask(phone).status_code == 401
    assert 0 < refused(ask(phone, address="192.0.2.2")) <= 30
    assert len(outbox) == (phone == PHONE)


@pytest.mark.parametrize("phone", [PHONE, OTHER])
def test_a_number_gets_five_messages_an_hour_from_wherever_they_are_asked_for(db, outbox, now, phone):
    enrolled(now)
    for n in range(5):
        assert ask(phone, address=f"192.0.2.{n}").status_code == 401
    assert 3590 < refused(ask(phone, address="198.51.100.1")) <= 3600
    assert len(outbox) == (5 if phone == PHONE else 0)


def test_a_number_gets_ten_messages_a_day(db, limited, outbox, now):
    limited(sms=(1000, 3600), **{"sms:gap": (1000, 30)})
    enrolled(now)
    for n in range(10):
        assert ask(address=f"192.0.2.{n}").status_code == 401
    assert 86390 < refused(ask(address="198.51.100.1")) <= 86400


def test_an_address_asks_for_twenty_messages_an_hour(db, outbox):
    for n in range(20):
        assert ask(f"+1415555{n:04}").status_code == 401
    refused(ask("+14155559999"))
    assert ask("+14155559999", address="192.0.2.2").status_code == 401


def test_a_service_that_fails_is_a_sentence(db, settings, now, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "nobody")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", "http://127.0.0.1:1")
    settings.SMS_SENDER, settings.SMS_REGION = "sns", "eu-west-3"  # no other test has a client there
    enrolled(now)
    for phone in (PHONE, OTHER):
        answer = ask(phone)
        assert (answer.status_code, answer.json()["code"]) == (503, "SMS_UNAVAILABLE")
    settings.SMS_SENDER = "outbox"
    assert ask(PHONE)["X-RateLimit-Remaining"] == "4"  # what was not sent was not counted


@pytest.mark.parametrize("phone", ["4155550123", "+1415", "+123456", "+1415555012345678", "+1٤١٥٥٥٥٠١٢٣", ""])
def test_a_number_is_written_with_its_country(db, outbox, phone):
    answer = ask(phone)
    assert (answer.status_code, answer.json()["errors"][0]["param"]) == (400, "phone")


def test_a_code_does_not_come_by_mail(db, mailoutbox):
    enrol("maya@example.test")
    assert post("auth/code/request", {"email": "maya@example.test"}).status_code == 400
    assert not mailoutbox


def link(session, phone=PHONE, address="192.0.2.1"):
    return post("account/phone", {"phone": phone}, address, session)


def test_a_number_is_stored_when_it_is_proven(db, outbox):
    maya = enrol("maya@example.test")
    session = session_of(login("maya@example.test", PASSWORD))
    assert link(session).status_code == 202
    assert of(maya).phone_number is None
    answer = post("auth/phone/verify", {"code": code_in(outbox)}, session=session)
    assert answer.status_code == 200
    assert of(maya).phone_number == PHONE and of(maya).phone_verified_at is not None
    assert ("method_linked", maya.pk, {"method": "phone", "replaced": False}) in events()


def test_linking_ends_after_three_wrong_codes(db, outbox):
    maya = enrol("maya@example.test")
    session = session_of(login("maya@example.test", PASSWORD))
    link(session)
    sent = {"code": wrong(code_in(outbox))}
    assert [post("auth/phone/verify", sent, session=session).status_code for _ in range(3)] == [400] * 3
    assert post("auth/phone/verify", {"code": code_in(outbox)}, session=session).status_code == 409
    assert of(maya).phone_number is None


def test_a_number_of_somebody_else_is_not_told_before_it_is_proven(db, outbox, now):
    enrolled(now)
    theo = enrol("theo@example.test")
    session = session_of(login("theo@example.test", PASSWORD))
    assert link(session).status_code == 202
    answer = post("auth/phone/verify", {"code": code_in(outbox)}, session=session)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "phone_taken")
    assert of(theo).phone_number is None


def test_a_number_belongs_to_one_account_whoever_is_first(db, now):
    enrol("maya@example.test", phone_number=PHONE)  # not proven, and still the only one that may have it
    theo = enrol("theo@example.test")
    with rowsecurity.viewing(rowsecurity.SIGNIN), pytest.raises(phones.PhoneTaken):
        phones.prove(user=theo, phone=PHONE, now=now)
    assert of(theo).phone_number is None


def test_a_number_proven_again_changes_nothing(db, now):
    maya = enrolled(now)
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        phones.prove(user=maya, phone=PHONE, now=now)
    assert events() == []


def test_the_last_address_stays(db):
    enrol("maya@example.test")
    session = session_of(login("maya@example.test", PASSWORD))
    answer = APIClient().delete(
        "/api/auth/app/v1/account/email",
        {"email": "maya@example.test"},
        format="json",
        headers={"X-Session-Token": session},
    )
    assert answer.status_code == 400
