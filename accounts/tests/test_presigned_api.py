"""A file announced first, posted by the client itself, then completed; on local disk, where the form is ours."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts import storage, uploads
from accounts.tests.senders import PLAIN, load_all


@pytest.fixture(autouse=True)
def _files_stay_here(own_store):
    pass


def told(answer):
    return answer.status_code, answer.json()["code"]


def announce(client, **change):
    wanted = {"file_name": "june.csv", "file_size": len(PLAIN), "file_type": "csv", **change}
    return client.post("/api/uploads/presign", wanted, format="json")


def post_form(client, form, data=PLAIN):
    path = form["url"].removeprefix("http://testserver")
    return client.post(path, {**form["fields"], "file": SimpleUploadedFile("x", data)}, format="multipart")


def test_an_announced_file_is_posted_completed_and_loaded(calling, maya, now):
    client = calling(maya)
    answer = announce(client)
    form = answer.json()
    assert answer.status_code == 201
    assert set(form) == {"upload_id", "url", "fields", "s3_key", "s3_bucket", "expires_in", "max_bytes"}
    assert (form["expires_in"], form["max_bytes"]) == (900, 10_485_760)
    assert form["s3_key"] == f"uploads/{maya.pk}/{form['upload_id']}/june.csv"
    assert told(client.post(f"/api/uploads/{form['upload_id']}/complete")) == (409, "OBJECT_MISSING")
    assert post_form(calling(), form).status_code == 204  # the form itself is the permission
    completed = client.post(f"/api/uploads/{form['upload_id']}/complete")
    assert (completed.status_code, completed.json()["status"]) == (200, "processing")
    again = client.post(f"/api/uploads/{form['upload_id']}/complete")
    assert (again.status_code, again.json()["status"]) == (200, "processing")
    assert [upload.status for upload in load_all(maya, now)] == ["completed"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"file_size": 0}, "file_size"),
        ({"file_size": 10_485_761}, "file_size"),
        ({"file_type": "xlsx"}, "file_type"),
        ({"file_name": ""}, "file_name"),
        ({"sign_policy": "both"}, "sign_policy"),
    ],
)
def test_an_announcement_outside_the_limits_is_told_by_its_field(calling, maya, change, field):
    answer = announce(calling(maya), **change)
    assert told(answer) == (400, "VALIDATION_ERROR")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_size_other_than_announced_is_not_completed(calling, maya):
    client = calling(maya)
    form = announce(client, file_size=len(PLAIN) + 1).json()
    post_form(client, form)
    assert told(client.post(f"/api/uploads/{form['upload_id']}/complete")) == (409, "OBJECT_MISSING")


def test_a_changed_form_is_refused(calling, maya):
    client = calling(maya)
    form = announce(client).json()
    for change in ({"key": "uploads/elsewhere/x.csv"}, {"signature": "0" * 64}, {"policy": "e30="}):
        forged = {**form, "fields": {**form["fields"], **change}}
        assert told(post_form(client, forged)) == (403, "FORM_REFUSED")
    other = announce(client).json()
    crossed = {**form, "url": other["url"]}
    assert told(post_form(client, crossed)) == (403, "FORM_REFUSED")
    assert told(post_form(client, form, b"")) == (400, "EMPTY_FILE")
    assert list(storage.keys(f"uploads/{maya.pk}")) == []


def test_an_upload_that_was_forgotten_can_no_longer_be_completed(calling, maya, now):
    client = calling(maya)
    form = announce(client).json()
    post_form(client, form)
    uploads.expire(tenant_id=maya.tenant_id, now=now + timedelta(hours=25))
    assert told(client.post(f"/api/uploads/{form['upload_id']}/complete")) == (409, "UPLOAD_EXPIRED")
    assert list(storage.keys(f"uploads/{maya.pk}")) == []
    report = client.get(f"/api/uploads/{form['upload_id']}/report").json()
    assert (report["status"], report["errors"][0]["code"]) == ("failed", "UPLOAD_EXPIRED")
