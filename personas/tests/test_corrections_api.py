"""Correcting over HTTP: what is taken, what is answered, who may read along."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import consent, rowsecurity
from accounts.purposes import Purpose
from accounts.tests import factories
from accounts.tests.senders import statements_of
from personas.models import Correction
from personas.tests.factories import STATEMENT, loaded, refreshed

ROUTE = "/api/corrections"
GYM = {"kind": "not_subscription", "merchant_key": "corner gym"}


@pytest.fixture
def client(maya, own_store, now, calling):
    loaded(maya, STATEMENT, now)
    refreshed(maya, now)
    return calling(maya)


def told(answer):
    return answer.status_code, answer.json()["code"]


def post(client, **sent):
    return client.post(ROUTE, sent, format="json")


def test_a_correction_answers_with_what_it_changes(client, maya):
    answer = post(client, **GYM, note="It is a church.")
    made = answer.json()
    assert answer.status_code == 201
    assert set(made) == {
        *("correction_id", "kind", "merchant", "merchant_key", "transaction_id", "note", "created_at", "withdrawn_at"),
        "effect",
    }
    assert (made["kind"], made["merchant"], made["merchant_key"]) == ("not_subscription", "Corner Gym", "corner gym")
    assert (made["transaction_id"], made["note"], made["withdrawn_at"]) == (None, "It is a church.", None)
    assert made["created_at"].endswith("Z")
    assert made["effect"]["rows"] == 3
    assert {
        "window": "30d", "signal": "subscriptions.recurring_merchant_count", "before": 1, "after": 0,
    } in made["effect"]["changes"]  # fmt: skip


def test_a_row_is_named_by_the_id_that_the_transactions_show(client, maya):
    row = next(one for one in client.get("/api/transactions").json()["items"] if one["merchant"] == "Aunt Vera")
    made = post(client, kind="transfer", transaction_id=row["transaction_id"]).json()
    assert (made["transaction_id"], made["merchant_key"], made["merchant"]) == (
        row["transaction_id"],
        None,
        "Aunt Vera",
    )
    assert (made["note"], made["effect"]["rows"]) == (None, 1)


def test_a_correction_that_makes_no_sense_is_refused(client, maya, noor):
    row = str(factories.TransactionFactory(user=maya).id)
    theirs = str(factories.TransactionFactory(user=noor).id)
    assert told(post(client, kind="not_rent", merchant_key="corner gym")) == (400, "VALIDATION_ERROR")
    assert told(post(client, kind="transfer")) == (400, "VALIDATION_ERROR")
    both = {"merchant_key": "corner gym", "transaction_id": row}
    assert told(post(client, kind="transfer", **both)) == (400, "VALIDATION_ERROR")
    assert told(post(client, kind="transfer", transaction_id="17")) == (400, "VALIDATION_ERROR")
    assert told(post(client, kind="transfer", merchant_key="")) == (400, "VALIDATION_ERROR")
    assert told(post(client, **GYM, note="x" * 501)) == (400, "VALIDATION_ERROR")
    assert told(post(client, kind="not_subscription", transaction_id=row)) == (400, "VALIDATION_ERROR")
    assert told(post(client, kind="transfer", merchant_key="nowhere")) == (404, "MERCHANT_NOT_FOUND")
    assert told(post(client, kind="transfer", transaction_id=theirs)) == (404, "TRANSACTION_NOT_FOUND")


def test_twice_is_a_duplicate_and_with_a_key_the_same_answer(client):
    headers = {"Idempotency-Key": "once-and-only-once"}
    first = client.post(ROUTE, GYM, format="json", headers=headers)
    again = client.post(ROUTE, GYM, format="json", headers=headers)
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert told(post(client, **GYM)) == (409, "DUPLICATE_CORRECTION")


def test_a_correction_is_withdrawn_and_withdrawn_again(client):
    made = post(client, **GYM).json()
    first = client.delete(f"{ROUTE}/{made['correction_id']}")
    assert first.status_code == 200 and first.json()["withdrawn_at"] is not None
    assert first.json() == made | {"withdrawn_at": first.json()["withdrawn_at"]}
    assert client.delete(f"{ROUTE}/{made['correction_id']}").json() == first.json()
    assert told(client.delete(f"{ROUTE}/none-such")) == (404, "CORRECTION_NOT_FOUND")
    assert told(client.delete(f"{ROUTE}/{factories.UserFactory().pk}")) == (404, "CORRECTION_NOT_FOUND")


def test_the_list_is_newest_first_and_tells_what_is_in_force(client):
    gym = post(client, **GYM).json()
    pay = post(client, kind="not_income", merchant_key="northwind payroll").json()
    client.delete(f"{ROUTE}/{gym['correction_id']}")
    page = client.get(ROUTE).json()
    assert [one["correction_id"] for one in page["items"]] == [pay["correction_id"], gym["correction_id"]]
    assert (page["total"], page["limit"], page["offset"]) == (2, 50, 0)

    def kinds(asked):
        return [one["kind"] for one in client.get(f"{ROUTE}?active={asked}").json()["items"]]

    assert (kinds("true"), kinds("false")) == (["not_income"], ["not_subscription"])
    assert told(client.get(f"{ROUTE}?active=perhaps")) == (400, "VALIDATION_ERROR")
    with CaptureQueriesContext(connection) as captured:
        client.get(ROUTE)
    assert len(statements_of(captured)) == 3


def test_without_consent_there_is_nothing_to_see_or_to_correct(client, maya, now):
    post(client, **GYM)
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now)
    assert client.get(ROUTE).json()["items"] == []
    assert told(post(client, kind="transfer", merchant_key="corner gym")) == (409, "CONSENT_REQUIRED")


def test_only_people_themselves_correct(calling, omar, ada):
    assert told(calling().get(ROUTE)) == (401, "AUTH_REQUIRED")
    for staff in (omar, ada):
        assert told(post(calling(staff), **GYM)) == (403, "FORBIDDEN_ROLE")
        assert told(calling(staff).get(ROUTE)) == (403, "FORBIDDEN_ROLE")
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert not Correction.objects.exists()


def test_staff_read_the_corrections_of_people_who_agreed(client, calling, maya, noor, junior):
    made = post(client, **GYM).json()
    staff = calling(junior)
    page = staff.get(f"/api/operator/users/{maya.pk}/corrections").json()
    assert (page["items"], page["total"]) == ([made], 1)
    assert staff.get(f"/api/operator/users/{maya.pk}/corrections?active=false").json()["total"] == 0
    elsewhere = factories.consenting("elsewhere", tenant=factories.TenantFactory(slug="other"))
    for hidden in (noor.pk, elsewhere.pk, "me", "x"):
        assert told(staff.get(f"/api/operator/users/{hidden}/corrections")) == (404, "USER_NOT_FOUND")
    assert told(client.get(f"/api/operator/users/{maya.pk}/corrections")) == (403, "FORBIDDEN_ROLE")
    assert told(calling().get(f"/api/operator/users/{maya.pk}/corrections")) == (401, "AUTH_REQUIRED")
