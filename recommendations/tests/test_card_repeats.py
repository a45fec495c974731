"""A write of the cards API with an Idempotency-Key: done once, answered as often as it is asked."""

import threading

import pytest
from django.db import connection

from accounts.keys import Scope
from accounts.tests import factories as people
from accounts.tests.callers import client_of
from recommendations.models import Card, CardVersion
from recommendations.tests.carding import HERE, INSIGHT, keyed, made, refused, rows


def test_a_repeated_batch_gets_the_first_counts(desk):
    body = {"cards": [{"card_type": "voice", "content": {"tone": "plain"}}]}
    first, second = keyed(desk, body, "/batch"), keyed(desk, body, "/batch")
    assert second.content == first.content and second.json()["created_count"] == 1
    assert (first["X-Idempotency-Cache"], second["X-Idempotency-Cache"]) == ("MISS", "HIT")
    assert second["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first
    refused(keyed(desk, {"cards": [{"card_type": "voice", "content": {}}]}, "/batch"), 422, "IDEMPOTENCY_KEY_REUSED")


def test_a_key_is_of_one_institution_and_one_service(desk, stranger, with_key):
    clients = [desk, stranger, with_key(Scope.CARDS_WRITE), with_key(Scope.CARDS_WRITE)]
    answers = [keyed(client, INSIGHT | {"content": {"key": str(nr)}}) for nr, client in enumerate(clients)]
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({card.tenant_id for card in rows(Card)}) == 2


def test_a_repeated_deletion_answers_as_the_first(desk):
    here = f"{HERE}/{made(desk)['card_id']}"
    for cache in ("MISS", "HIT"):
        answer = desk.delete(here, headers={"Idempotency-Key": "a"})
        assert (answer.status_code, answer["X-Idempotency-Cache"]) == (204, cache)


def test_nothing_of_a_deleted_card_is_repeated(desk):
    card_id = made(desk)["card_id"]
    used = keyed(desk, {"workflow_id": "w"}, f"/{card_id}/usage")
    again = keyed(desk, {"workflow_id": "w"}, f"/{card_id}/usage")
    assert (used.content, used["X-Event-Recorded"]) == (again.content, again["X-Event-Recorded"])
    assert again["Idempotency-Replayed"] == "true"
    desk.delete(f"{HERE}/{card_id}")
    refused(keyed(desk, {"workflow_id": "w"}, f"/{card_id}/usage"), 404, "CARD_NOT_FOUND")


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
def test_an_unfit_key_is_refused(desk, key):
    refused(keyed(desk, key=key), 400, "INVALID_IDEMPOTENCY_KEY")


def test_twenty_at_once_make_one_card(live_db):
    omar = people.UserFactory(email="omar@example.test", role="operator", level="senior")
    clients, answers, together = [client_of(omar) for _ in range(20)], [], threading.Barrier(20)

    def call(client):
        try:
            together.wait(20)
            answers.append(keyed(client))
        finally:
            connection.close()

    threads = [threading.Thread(target=call, args=(client,)) for client in clients]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    good = [answer for answer in answers if answer.status_code == 201]
    assert good and len(answers) == 20
    assert {answer.json()["code"] for answer in answers if answer not in good} <= {"IDEMPOTENCY_IN_FLIGHT"}
    assert len({answer.content for answer in good}) == len(rows(Card)) == len(rows(CardVersion)) == 1
