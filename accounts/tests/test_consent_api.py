"""The doors of consent: what stands, agreeing, taking back, history and receipt; for the person and nobody else."""

import hashlib

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.fingerprints import fingerprint
from accounts.models import ConsentRecord
from accounts.purposes import TEXTS, Purpose
from accounts.tests.senders import statements_of

pytestmark = pytest.mark.usefixtures("own_store")
NEVER = {"granted": False, "version": None, "granted_at": None, "revoked_at": None}
AGREE = {"purpose": "analysis", "consent_version": "1.0", "tos_accepted": True}


def agree(client, headers=None, **changed):
    return client.post("/api/consent", {**AGREE, **changed}, format="json", headers=headers)


def test_who_never_agreed_stands_at_nothing(noor, calling):
    said = calling(noor).get("/api/consent").json()
    assert said["user_id"] == str(noor.pk) and said["consent_status"] is False
    assert said["purposes"] == {"analysis": NEVER, "partner_offers": NEVER, "notes": NEVER}


def test_agreeing_is_201_once_and_then_200(noor, calling):
    client = calling(noor)
    first = agree(client)
    assert first.status_code == 201 and first.json()["consent_status"] is True
    stands = first.json()["purposes"]["analysis"]
    assert (stands["granted"], stands["version"], stands["revoked_at"]) == (True, "1.0", None)
    assert stands["granted_at"].endswith("Z") and first.json()["updated_at"].endswith("Z")
    again = agree(client)
    assert again.status_code == 200 and again.json() == first.json()
    assert client.get("/api/consent/").json() == first.json()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"tos_accepted": False}, "TOS_NOT_ACCEPTED"),
        ({"consent_version": "9.9"}, "UNKNOWN_VERSION"),
        ({"purpose": "marketing"}, "VALIDATION_ERROR"),
        ({"tos_accepted": "perhaps"}, "VALIDATION_ERROR"),
        ({"consent_version": None}, "VALIDATION_ERROR"),
    ],
)
def test_what_is_no_agreement_is_refused_and_changes_nothing(noor, calling, changed, code):
    client = calling(noor)
    refused = agree(client, **changed)
    assert (refused.status_code, refused.json()["code"]) == (400, code)
    assert client.get("/api/consent/history").json()["total"] == 0


def test_only_silence_is_not_acceptance(noor, calling):
    assert calling(noor).post("/api/consent", {}, format="json").json()["code"] == "TOS_NOT_ACCEPTED"


def test_the_address_is_counted_over_trusted_proxies_and_a_free_header_is_not_believed(noor, calling, settings, seeing):
    agree(calling(noor), headers={"X-Forwarded-For": "203.0.113.9", "User-Agent": "an app"})
    settings.TRUSTED_PROXIES = 1
    agree(calling(noor), purpose="notes", headers={"X-Forwarded-For": "203.0.113.9"})
    with seeing(noor):
        kept = dict(ConsentRecord.objects.values_list("purpose", "ip_address"))
        assert kept == {"analysis": "127.0.0.1", "notes": "203.0.113.9"}
        assert ConsentRecord.objects.get(purpose="analysis").user_agent == "an app"


def test_taking_back_is_200_also_when_nothing_stood(maya, calling):
    client = calling(maya)
    ended = client.delete("/api/consent").json()
    assert ended["consent_status"] is False and "erasure" not in ended
    stood = ended["purposes"]["analysis"]
    assert stood["granted"] is False and stood["version"] == "1.0" and stood["revoked_at"].endswith("Z")
    again = client.delete("/api/consent?purpose=analysis")
    assert again.status_code == 200 and again.json() == ended
    assert client.delete("/api/consent?purpose=notes").json()["purposes"]["notes"] == NEVER


@pytest.mark.parametrize("query", ["purpose=marketing", "delete_data=perhaps"])
def test_a_wrong_end_is_refused(maya, calling, query):
    client = calling(maya)
    assert client.delete(f"/api/consent?{query}").json()["code"] == "VALIDATION_ERROR"
    assert client.get("/api/consent").json()["consent_status"] is True


def test_partner_offers_have_nothing_to_erase(maya, calling):
    refused = calling(maya).delete("/api/consent?purpose=partner_offers&delete_data=true")
    assert (refused.status_code, refused.json()["code"]) == (400, "NOTHING_TO_ERASE")


def test_the_history_is_newest_first_and_paged(noor, calling):
    client = calling(noor)
    agree(client)
    client.delete("/api/consent")
    agree(client)
    said = client.get("/api/consent/history?limit=1").json()
    assert (said["total"], said["limit"], said["offset"]) == (2, 1, 0)
    (newest,) = said["items"]
    assert set(newest) == {"id", "purpose", "version", "granted_at", "revoked_at", "ip_address"}
    assert newest["revoked_at"] is None and newest["ip_address"] == "127.0.0.1"
    (older,) = client.get("/api/consent/history?limit=1&offset=1").json()["items"]
    assert older["revoked_at"] is not None and older["granted_at"] < newest["granted_at"]
    assert client.get("/api/consent/history?limit=0").status_code == 400


def test_the_receipt_holds_the_words_and_a_hash_of_each_and_of_all(noor, calling):
    client = calling(noor)
    agree(client)
    answer = client.get("/api/consent/receipt")
    said = answer.json()
    day = said["issued_at"][:10]
    assert answer["Content-Disposition"] == f'attachment; filename="consent-receipt-{day}.json"'
    (item,) = said["items"]
    text = TEXTS[Purpose.ANALYSIS, "1.0"]
    assert item["text"] == text and item["text_sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert (item["purpose"], item["version"], item["revoked_at"]) == ("analysis", "1.0", None)
    sealed = said.pop("receipt_hash")
    assert sealed == fingerprint(said)
    said["items"][0]["text"] += " And everything else."
    assert sealed != fingerprint(said)


@pytest.mark.parametrize("verb", ["get", "post", "delete"])
def test_nobody_else_agrees_for_anybody(verb, omar, junior, ada, calling):
    assert getattr(calling(), verb)("/api/consent").status_code == 401
    for staff in (omar, junior, ada):
        assert getattr(calling(staff), verb)("/api/consent").json()["code"] == "FORBIDDEN_ROLE"


@pytest.mark.parametrize("part", ["history", "receipt"])
def test_history_and_receipt_are_the_persons_own(part, omar, calling):
    assert calling().get(f"/api/consent/{part}").status_code == 401
    assert calling(omar).get(f"/api/consent/{part}").status_code == 403


def test_a_key_makes_twice_once(noor, calling):
    client = calling(noor)
    first = agree(client, headers={"Idempotency-Key": "k"})
    client.delete("/api/consent")
    replayed = agree(client, headers={"Idempotency-Key": "k"})
    assert replayed.content == first.content and replayed["Idempotency-Replayed"] == "true"
    assert client.get("/api/consent").json()["consent_status"] is False
    assert agree(client, headers={"Idempotency-Key": "k"}, purpose="notes").status_code == 422
    ended = client.delete("/api/consent", headers={"Idempotency-Key": "d"})
    assert client.delete("/api/consent", headers={"Idempotency-Key": "d"}).content == ended.content
    assert client.delete("/api/consent?purpose=notes", headers={"Idempotency-Key": "d"}).status_code == 422


def test_a_change_costs_the_same_few_statements(noor, calling):
    """The caller; the lock, what stands, the change, the event, the line; the user and the purposes to tell."""
    client = calling(noor)
    counts = {}
    for name, change in {
        "grant": lambda: agree(client),
        "revoke": lambda: client.delete("/api/consent"),
        "read": lambda: client.get("/api/consent"),
    }.items():
        with CaptureQueriesContext(connection) as captured:
            assert change().status_code in (200, 201)
        counts[name] = len(statements_of(captured))
    assert counts == {"grant": 7, "revoke": 8, "read": 3}
