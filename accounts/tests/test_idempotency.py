"""A repeated write gets the first answer's bytes and changes nothing."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from accounts import idempotency, people, rowsecurity
from accounts.models import StoredAnswer, User
from accounts.tests import factories
from accounts.tests.callers import client_of

URL = "/api/users/me"


def send(client, income=10, key="k-1"):
    return client.patch(URL, {"monthly_income": income}, "json", headers={"Idempotency-Key": key})


def test_the_second_answer_is_the_first_ones_bytes(calling, maya, seeing):
    client = calling(maya)
    first = send(client)
    with seeing(maya):
        User.objects.filter(pk=maya.pk).update(monthly_income=99)
    second = send(client)
    assert second.content == first.content
    assert second["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first
    with seeing(maya):
        assert User.objects.get(pk=maya.pk).monthly_income == 99


def test_another_body_under_the_same_key_is_refused(calling, maya):
    client = calling(maya)
    send(client)
    answer = send(client, income=11)
    assert (answer.status_code, answer.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_two_people_never_share_a_key(calling, maya, noor):
    send(calling(maya), 10)
    assert "Idempotency-Replayed" not in send(calling(noor), 11)


@pytest.mark.parametrize("key", ["", "x" * 256, "ümlaut", "tab\there"])
def test_an_unfit_key_is_refused(calling, maya, key):
    answer = send(calling(maya), key=key)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_IDEMPOTENCY_KEY")


def test_a_refused_request_leaves_the_key_free(calling, maya):
    client = calling(maya)
    assert send(client, income=-1).status_code == 400
    assert send(client, income=5).status_code == 200


def test_an_answer_is_forgotten_after_a_day(calling, maya, now):
    client = calling(maya)
    send(client, 10)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        StoredAnswer.objects.update(expires_at=now - timedelta(seconds=1))
    assert "Idempotency-Replayed" not in send(client, 11)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert idempotency.purge(now=now) == 0
        assert idempotency.purge(now=now + timedelta(days=2)) == 1


def test_twenty_at_once_write_once(live_db, monkeypatch):
    user = factories.consenting("maya")
    written, answers = [], []
    real = people.declare_income
    monkeypatch.setattr("accounts.people.declare_income", lambda **given: (written.append(1), real(**given)))
    clients = [client_of(user) for _ in range(20)]
    together = threading.Barrier(20)

    def call(client):
        try:
            together.wait(20)
            answers.append(send(client))
        finally:
            connection.close()

    threads = [threading.Thread(target=call, args=(client,)) for client in clients]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    good = [answer for answer in answers if answer.status_code == 200]
    waiting = [answer for answer in answers if answer.status_code == 409]
    assert len(good) + len(waiting) == 20 and good
    assert len(written) == 1
    assert len({answer.content for answer in good}) == 1
    assert all(answer.json()["code"] == "IDEMPOTENCY_IN_FLIGHT" and answer["Retry-After"] == "1" for answer in waiting)
