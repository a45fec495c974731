"""The doors of leaving: who may take their data along, who may end an account, and who may read the receipt."""

import io
import json
import uuid
import zipfile
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession

from accounts import removal, rowsecurity, storage, takeout
from accounts.models import StoredAnswer, User
from accounts.tests import factories
from accounts.tests.senders import PLAIN, load_all, rows_of
from accounts.uploads import receive

pytestmark = pytest.mark.usefixtures("own_store")
RECEIPT = {
    "erasure_id", "scope", "status", "subject_ref", "requested_at", "completed_at", "rows", "objects",
    "caches_cleared", "verification", "audit_seq", "receipt_hash",
}  # fmt: skip


def sent(user, now):
    receive(user=user, file_name="May.csv", data=PLAIN, options={}, now=now)
    load_all(user, now)


def prepared(user, now):
    return takeout.make(export=takeout.take(tenant_id=user.tenant_id, now=now), now=now)


def cleared(user, now):
    for erasure in removal.due(tenant_id=user.tenant_id, now=now):
        removal.clear(erasure=erasure, now=now)


# -- export


def test_an_export_is_asked_for_made_and_fetched_by_its_link(maya, calling, now):
    sent(maya, now)
    client = calling(maya)
    asked = client.post("/api/users/me/export")
    assert asked.status_code == 202 and set(asked.json()) == {"export_id", "status"}
    address = f"/api/users/me/export/{asked.json()['export_id']}"
    assert asked["Location"] == address
    waiting = client.get(address).json()
    assert waiting == {**asked.json(), "url": None, "expires_at": None, "size": None, "sha256": None}
    export = prepared(maya, now)
    ready = client.get(address).json()
    assert (ready["status"], ready["size"], ready["sha256"]) == ("ready", export.size, export.sha256)
    fetched = calling().get(ready["url"])
    assert fetched.status_code == 200 and "attachment" in fetched["Content-Disposition"]
    archive = zipfile.ZipFile(io.BytesIO(b"".join(fetched.streaming_content)))
    assert len(json.loads(archive.read("transactions.json"))) == 4
    assert client.get(address).json()["expires_at"] > ready["expires_at"]  # renewed
    again = client.post("/api/users/me/export")
    assert (again.status_code, again.json()["code"]) == (429, "RATE_LIMITED")
    assert 0 < int(again["Retry-After"]) <= 86400


def test_an_export_is_its_persons_own(maya, noor, omar, ada, calling, now):
    export_id = calling(maya).post("/api/users/me/export").json()["export_id"]
    prepared(maya, now)
    assert calling(noor).get(f"/api/users/me/export/{export_id}").json()["code"] == "EXPORT_NOT_FOUND"
    assert calling(maya).get("/api/users/me/export/nonsense").status_code == 404
    assert calling(maya).get(f"/api/users/me/export/{uuid.uuid4()}").status_code == 404
    for staff in (omar, ada):
        assert calling(staff).get(f"/api/users/me/export/{export_id}").status_code == 403
        assert calling(staff).post("/api/users/me/export").status_code == 403
    assert calling().post("/api/users/me/export").status_code == 401
    assert calling().get(f"/api/exports/{export_id}/file").status_code == 404
    assert calling().get("/api/exports/nonsense/file?token=x").status_code == 404


def test_a_repeated_request_is_one_export(maya, calling):
    client, key = calling(maya), {"Idempotency-Key": "k"}
    first = client.post("/api/users/me/export", headers=key)
    assert client.post("/api/users/me/export", headers=key).content == first.content


# -- erasure by the person


def test_leaving_takes_everything_and_the_token_tells_of_it_afterwards(maya, calling, now):
    sent(maya, now)
    client = calling(maya)
    said = client.delete("/api/users/me")
    assert said.status_code == 202 and set(said.json()) == RECEIPT | {"receipt_token"}
    receipt = said.json()
    assert (receipt["scope"], receipt["status"], receipt["rows"]["transactions"]) == ("account", "rows_erased", 4)
    assert receipt["verification"]["rows_remaining"] == 0 and receipt["objects"]["found"] == 1
    assert client.get("/api/users/me").json()["code"] == "TOKEN_INVALID"
    address = f"/api/erasures/{receipt['erasure_id']}?token={receipt.pop('receipt_token')}"
    assert calling().get(address).json() == receipt
    cleared(maya, now)
    ended = calling().get(address).json()
    assert ended["status"] == "complete" and ended["objects"] == {"found": 1, "deleted": 1, "remaining": 0}
    assert ended["receipt_hash"] == receipt["receipt_hash"] and list(storage.keys("uploads")) == []
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert not User.objects.filter(pk=maya.pk).exists()


@pytest.mark.parametrize("minutes", [10, 600])
def test_who_signed_in_too_long_ago_proves_it_again_first(maya, calling, now, minutes):
    client = calling(maya)
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        UserSession.objects.update(created_at=now - timedelta(minutes=minutes))
    refused = client.delete("/api/users/me")
    assert (refused.status_code, refused.json()["code"]) == (401, "REAUTH_REQUIRED")
    assert client.get("/api/users/me").status_code == 200


def test_staff_do_not_erase_themselves_and_nobody_is_not_somebody(omar, ada, calling):
    for staff in (omar, ada):
        assert calling(staff).delete("/api/users/me").json()["code"] == "FORBIDDEN_ROLE"
    assert calling().delete("/api/users/me").status_code == 401


def test_a_consent_that_ends_with_its_data(maya, calling, now):
    sent(maya, now)
    client = calling(maya)
    said = client.delete("/api/consent?purpose=analysis&delete_data=true")
    assert said.status_code == 200 and said.json()["consent_status"] is False
    receipt = said.json()["erasure"]
    assert set(receipt) == RECEIPT | {"receipt_token"} and receipt["scope"] == "analysis"
    assert set(rows_of(maya).values()) == {0}
    assert client.get("/api/users/me").status_code == 200
    notes = client.delete("/api/consent?purpose=notes&delete_data=true").json()["erasure"]
    assert notes["scope"] == "notes"


def test_a_key_does_not_keep_the_token_that_is_shown_once(maya, calling):
    client, key = calling(maya), {"Idempotency-Key": "k"}
    token = client.delete("/api/consent?delete_data=true", headers=key).json()["erasure"]["receipt_token"]
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert not StoredAnswer.objects.exists()
    assert client.delete("/api/consent?delete_data=true", headers=key).json()["erasure"]["receipt_token"] != token


# -- the receipt


def test_a_receipt_is_read_with_its_own_token_by_anybody_and_by_nobody_without(maya, noor, ada, calling):
    mine = calling(maya).delete("/api/consent?delete_data=true").json()["erasure"]
    other = calling(noor).delete("/api/consent?delete_data=true").json()["erasure"]
    address = f"/api/erasures/{mine['erasure_id']}"
    for client in (calling(), calling(maya), calling(ada)):
        assert client.get(f"{address}?token={mine['receipt_token']}").status_code == 200
        for wrong in ("", "?token=", f"?token={other['receipt_token']}", "?token=%00", f"?token={'x' * 5000}"):
            assert client.get(address + wrong).json()["code"] == "ERASURE_NOT_FOUND"
    assert calling().get(f"/api/erasures/{uuid.uuid4()}?token={mine['receipt_token']}").status_code == 404
    assert calling().get(f"/api/erasures/nonsense?token={mine['receipt_token']}").status_code == 404


def test_a_token_is_in_no_log(maya, calling, caplog):
    receipt = calling(maya).delete("/api/consent?delete_data=true").json()["erasure"]
    calling().get(f"/api/erasures/{receipt['erasure_id']}?token={receipt['receipt_token']}")
    assert "api/erasures/" in caplog.text and receipt["receipt_token"] not in caplog.text


def test_after_an_erasure_with_data_nothing_of_another_is_gone(maya, calling, now):
    theo = factories.consenting("theo")
    sent(maya, now)
    sent(theo, now)
    calling(maya).delete("/api/users/me")
    cleared(maya, now)
    assert rows_of(theo)["transactions"] == 4 and list(storage.keys(f"uploads/{theo.pk}"))
