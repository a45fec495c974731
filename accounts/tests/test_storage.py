"""Local disk and S3 say the same words and do the same: what is kept, what a form admits, what is told when away."""

import base64
import json
from datetime import datetime, timedelta

import pytest
from moto import mock_aws

from accounts import analytics, buckets, loads, rowsecurity, storage, uploads
from accounts.models import Transaction, Upload
from accounts.models.uploads import MAX_BYTES, Status
from accounts.tests import factories, stores
from accounts.tests.senders import PLAIN, send


@pytest.fixture(params=["disk", "s3"])
def store(request, settings, monkeypatch):
    if request.param == "disk":
        request.getfixturevalue("own_store")
        yield "disk"
    else:
        with mock_aws():
            stores.on_s3(settings, monkeypatch)
            list(buckets.set_up())
            yield "s3"


def presigned(client, data=PLAIN, **announced):
    wanted = {"file_name": "May.csv", "file_size": len(data), "file_type": "csv", **announced}
    answer = client.post("/api/uploads/presign", wanted, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def policy_of(form):
    return json.loads(base64.b64decode(form["fields"]["policy"]))


# -- objects


def test_what_is_put_is_got_measured_listed_and_deleted(store):
    storage.put("uploads/u/1/a.csv", b"first")
    storage.put("uploads/u/1/a.csv", b"second!")
    storage.put("uploads/u/2/b.csv", b"")
    storage.put("uploads/v/3/c.csv", b"other")
    assert storage.get("uploads/u/1/a.csv") == b"second!"
    assert (storage.size("uploads/u/1/a.csv"), storage.size("uploads/u/2/b.csv")) == (7, 0)
    assert list(storage.keys("uploads/u/")) == ["uploads/u/1/a.csv", "uploads/u/2/b.csv"]
    storage.delete("uploads/u/1/a.csv")
    storage.delete("uploads/u/1/a.csv")  # twice is once
    assert list(storage.keys("uploads/u/")) == ["uploads/u/2/b.csv"]


def test_the_two_stores_are_apart(store):
    storage.put("a/b", b"x", store=storage.ANALYTICS)
    assert list(storage.keys("a/")) == [] and list(storage.keys("a/", store=storage.ANALYTICS)) == ["a/b"]
    assert list(storage.keys("", store=storage.ANALYTICS)) == ["a/b"]


@pytest.mark.parametrize("ask", [storage.get, storage.size])
def test_an_object_that_is_not_there_is_named_so(store, ask):
    with pytest.raises(storage.NoObject):
        ask("uploads/nobody/a.csv")


def test_a_statement_of_the_largest_size_comes_back_whole(store):
    largest = bytes(range(256)) * (MAX_BYTES // 256)
    storage.put("uploads/u/1/a.csv", largest)
    assert storage.get("uploads/u/1/a.csv") == largest


def test_erasing_takes_everything_under_a_prefix_and_nothing_beside_it(store):
    for key in ("uploads/u/1/a.csv", "uploads/u/2/b.csv", "uploads/u2/1/a.csv"):
        storage.put(key, b"x")
    storage.erase("uploads/u/")
    storage.erase("uploads/u/")
    assert list(storage.keys("uploads/")) == ["uploads/u2/1/a.csv"]


def test_deleting_leaves_no_former_version_behind(settings, monkeypatch):
    with mock_aws():
        stores.on_s3(settings, monkeypatch)
        list(buckets.set_up())
        versions = storage._bucket(storage.DATA).object_versions
        for key in ("uploads/u/a.csv", "uploads/u/a.csv.csv", "uploads/v/a.csv"):
            storage.put(key, b"first")
            storage.put(key, b"second")
        assert len(list(versions.all())) == 6
        storage.delete("uploads/u/a.csv")
        assert {version.object_key for version in versions.all()} == {"uploads/u/a.csv.csv", "uploads/v/a.csv"}
        storage.erase("uploads/u/")
        assert {version.object_key for version in versions.all()} == {"uploads/v/a.csv"}


def test_objects_are_encrypted_at_rest(settings, monkeypatch):
    with mock_aws():
        stores.on_s3(settings, monkeypatch)
        list(buckets.set_up())
        storage.put("uploads/u/a.csv", b"x")
        assert storage._bucket(storage.DATA).Object("uploads/u/a.csv").server_side_encryption == "AES256"


def test_on_local_disk_nobody_else_of_the_machine_reads_an_object(own_store):
    storage.put("uploads/u/1/a.csv", b"x")
    folder = own_store / "spendsense-data" / "uploads" / "u"
    assert [oct(path.stat().st_mode & 0o777) for path in (folder, folder / "1", folder / "1" / "a.csv")] == [
        *("0o700", "0o700", "0o600")
    ]


# -- away


def test_a_disk_that_cannot_be_written_is_away_and_leaves_no_row(own_store, maya, calling, seeing):
    own_store.write_bytes(b"a file where the folder should be")
    answer = send(calling(maya), PLAIN)
    assert (answer.status_code, answer.json()["code"]) == (503, "STORAGE_UNAVAILABLE")
    with seeing(maya):
        assert not Upload.objects.exists()
    with pytest.raises(storage.Unreachable):
        storage.probe()


def test_a_server_that_does_not_answer_is_away(settings, monkeypatch):
    stores.on_s3(settings, monkeypatch, endpoint="http://127.0.0.1:1")
    for ask in (storage.probe, lambda: storage.get("a"), lambda: storage.put("a", b"x"), lambda: storage.erase("a/")):
        with pytest.raises(storage.Unreachable):
            ask()


def test_a_bucket_that_is_not_ours_is_away(settings, monkeypatch):
    with mock_aws():
        stores.on_s3(settings, monkeypatch)
        with pytest.raises(storage.Unreachable):
            storage.put("uploads/u/a.csv", b"x")


def test_a_probe_of_a_store_that_answers_is_silent(store):
    storage.probe()


# -- a form and its walk


def test_a_form_becomes_rows_analytics_files_and_is_taken_back(store, maya, calling, now, seeing):
    client = calling(maya)
    form = presigned(client)
    upload_id, key = form["upload_id"], f"uploads/{maya.pk}/{form['upload_id']}/May.csv"
    assert (form["s3_key"], form["s3_bucket"]) == (key, "spendsense-data")
    assert (form["expires_in"], form["max_bytes"]) == (900, 10_485_760)
    assert client.post(f"/api/uploads/{upload_id}/complete").json()["code"] == "OBJECT_MISSING"

    assert stores.posted(form["url"], form["fields"], PLAIN) == 204
    assert storage.get(key) == PLAIN
    for _ in range(2):  # again is the current state
        answer = client.post(f"/api/uploads/{upload_id}/complete")
        assert (answer.status_code, answer.json()["status"]) == (200, "processing")

    claimed = loads.claim(tenant_id=maya.tenant_id, now=now)
    assert claimed and claimed.attempts == 1 and str(claimed.pk) == upload_id
    ended = loads.load(upload=claimed, now=now)
    assert ended.status == Status.COMPLETED
    assert client.post(f"/api/uploads/{upload_id}/complete").json()["status"] == "completed"
    written = analytics.write(upload=ended, now=now)
    assert written == list(storage.keys("", store=storage.ANALYTICS))
    assert [name.split("/")[0] for name in written] == ["accounts", "transactions"]

    assert client.post(f"/api/uploads/{upload_id}/revert").status_code == 200
    assert list(storage.keys("", store=storage.ANALYTICS)) == []
    assert storage.get(key) == PLAIN  # what was sent is kept
    with seeing(maya):
        assert not Transaction.objects.exists()


def test_the_s3_policy_holds_exactly_its_conditions(settings, monkeypatch, maya, now):
    with mock_aws():
        stores.on_s3(settings, monkeypatch)
        form = storage.presign("uploads/u/1/a.json", content_type="application/json", max_bytes=99, post_to="", now=now)
    policy = json.loads(base64.b64decode(form.fields["policy"]))
    signing = [{name: form.fields[name]} for name in ("x-amz-algorithm", "x-amz-credential", "x-amz-date")]
    expected = [
        {"bucket": "spendsense-data"},
        {"key": "uploads/u/1/a.json"},
        {"Content-Type": "application/json"},
        {"x-amz-server-side-encryption": "AES256"},
        ["content-length-range", 1, 99],
        *signing,
    ]
    assert sorted(map(str, policy["conditions"])) == sorted(map(str, expected))
    until = datetime.fromisoformat(policy["expiration"])
    assert timedelta(seconds=898) <= until - now <= timedelta(seconds=900)
    assert form.fields.keys() == {
        *("key", "Content-Type", "x-amz-server-side-encryption", "policy", "x-amz-signature"),
        *("x-amz-algorithm", "x-amz-credential", "x-amz-date"),
    }


def test_a_form_goes_to_the_region_of_the_bucket(settings, monkeypatch, now):
    """The global address answers a post to a new bucket elsewhere with a redirect that few clients follow."""
    stores.on_s3(settings, monkeypatch, region="eu-central-1")
    form = storage.presign("uploads/u/1/a.csv", content_type="text/csv", max_bytes=99, post_to="", now=now)
    assert form.url == "https://spendsense-data.s3.eu-central-1.amazonaws.com/"


def test_both_forms_end_a_quarter_of_an_hour_after_the_now_they_are_told(store, now):
    early = now - timedelta(minutes=20)
    form = storage.presign("uploads/u/1/a.csv", content_type="text/csv", max_bytes=99, post_to="", now=early)
    until = datetime.fromisoformat(json.loads(base64.b64decode(form.fields["policy"]))["expiration"])
    assert timedelta(seconds=898) <= until - early <= timedelta(seconds=900)


def test_a_form_of_local_disk_has_the_fields_of_s3(own_store, maya, calling):
    form = presigned(calling(maya))
    assert form["url"] == f"http://testserver/api/uploads/{form['upload_id']}/object"
    conditions = {"key": form["s3_key"], "Content-Type": "text/csv", "x-amz-server-side-encryption": "AES256"}
    assert policy_of(form)["conditions"] == conditions and policy_of(form)["max_bytes"] == 10_485_760
    assert form["fields"].keys() == {*conditions, "policy", "signature"}


# -- what a form of local disk refuses


@pytest.mark.parametrize(
    "changed",
    [
        {"key": "uploads/somebody/else.csv"},
        {"Content-Type": "text/html"},
        {"x-amz-server-side-encryption": "none"},
        {"acl": "public-read"},
        {"signature": "0" * 64},
        {"policy": base64.b64encode(b"{}").decode()},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_changed_form_is_refused_and_keeps_nothing(own_store, maya, calling, changed):
    form = presigned(calling(maya))
    assert stores.posted(form["url"], form["fields"], PLAIN, **changed) == 403
    assert list(storage.keys("uploads/")) == []


def test_a_form_serves_only_its_own_upload(own_store, maya, calling):
    client = calling(maya)
    form, other = presigned(client), presigned(client)
    assert stores.posted(other["url"], form["fields"], PLAIN) == 403
    assert stores.posted("http://testserver/api/uploads/nonsense/object", form["fields"], PLAIN) == 404
    assert list(storage.keys("uploads/")) == []


def test_an_empty_and_a_too_large_file_are_refused_and_keep_nothing(own_store, maya, calling):
    form = presigned(calling(maya))
    assert stores.posted(form["url"], form["fields"], b"") == 400
    assert stores.posted(form["url"], form["fields"], b"x" * (MAX_BYTES + 1)) == 413
    assert list(storage.keys("uploads/")) == []


def test_a_form_is_over_after_a_quarter_of_an_hour(own_store, maya, now):
    form = upload_form(maya, now)
    late = now + timedelta(minutes=15)
    with pytest.raises(uploads.FormRefused, match="no longer valid"):
        uploads.accept_form(upload_id=form[0].pk, form=form[1].fields, data=PLAIN, now=late)
    uploads.accept_form(upload_id=form[0].pk, form=form[1].fields, data=PLAIN, now=late - timedelta(seconds=1))
    assert storage.get(form[0].s3_key) == PLAIN


def upload_form(user, now):
    return uploads.presign(
        user=user,
        file_name="May.csv",
        file_size=len(PLAIN),
        kind=uploads.FileType.CSV,
        options={},
        post_to="http://testserver/api/uploads/{upload_id}/object",
        now=now,
    )


def test_a_file_may_be_posted_again_until_the_upload_is_completed(own_store, maya, calling):
    client = calling(maya)
    form = presigned(client)
    assert stores.posted(form["url"], form["fields"], PLAIN[:-1]) == 204
    assert client.post(f"/api/uploads/{form['upload_id']}/complete").json()["code"] == "OBJECT_MISSING"
    assert stores.posted(form["url"], form["fields"], PLAIN) == 204
    assert client.post(f"/api/uploads/{form['upload_id']}/complete").status_code == 200


def test_a_form_posts_nothing_once_its_upload_is_completed(own_store, maya, calling):
    client = calling(maya)
    form = presigned(client)
    stores.posted(form["url"], form["fields"], PLAIN)
    client.post(f"/api/uploads/{form['upload_id']}/complete")
    assert stores.posted(form["url"], form["fields"], b"another file") == 403
    assert storage.get(form["s3_key"]) == PLAIN


# -- completion


def test_a_file_of_another_size_than_announced_is_not_completed(store, maya, calling, seeing):
    client = calling(maya)
    form = presigned(client, file_size=len(PLAIN) + 1)
    stores.posted(form["url"], form["fields"], PLAIN)
    answer = client.post(f"/api/uploads/{form['upload_id']}/complete")
    assert (answer.status_code, answer.json()["code"]) == (409, "OBJECT_MISSING")
    with seeing(maya):
        assert Upload.objects.get().status == Status.PENDING


def test_somebody_elses_upload_is_not_there(own_store, maya, calling):
    form = presigned(calling(maya))
    stores.posted(form["url"], form["fields"], PLAIN)
    answer = calling(factories.consenting("theo")).post(f"/api/uploads/{form['upload_id']}/complete")
    assert (answer.status_code, answer.json()["code"]) == (404, "UPLOAD_NOT_FOUND")


def test_an_upload_that_nobody_completed_fails_after_a_day_and_its_object_goes(store, maya, now):
    (forgotten, _), (fresh, _) = upload_form(maya, now - timedelta(hours=24)), upload_form(maya, now)
    storage.put(forgotten.s3_key, PLAIN)
    storage.put(fresh.s3_key, PLAIN)
    assert uploads.expire(tenant_id=maya.tenant_id, now=now) == 1
    assert uploads.expire(tenant_id=maya.tenant_id, now=now) == 0
    assert list(storage.keys("uploads/")) == [fresh.s3_key]
    with pytest.raises(uploads.UploadExpired):
        uploads.complete(user=maya, upload_id=forgotten.pk, now=now)
    with rowsecurity.viewing(rowsecurity.of(maya)):
        ended = Upload.objects.get(pk=forgotten.pk)
    assert (ended.status, ended.validation_errors[0]["code"]) == (Status.FAILED, "UPLOAD_EXPIRED")


def test_completion_comes_too_late_after_a_day_even_before_anybody_expires_it(own_store, maya, now):
    upload, _ = upload_form(maya, now - timedelta(hours=24, seconds=1))
    storage.put(upload.s3_key, PLAIN)
    with pytest.raises(uploads.UploadExpired):
        uploads.complete(user=maya, upload_id=upload.pk, now=now)


def test_a_presigned_file_that_was_sent_before_is_a_duplicate(store, maya, now, seeing):
    first = uploads.receive(user=maya, file_name="a.csv", data=PLAIN, options={}, now=now).upload
    loads.load(upload=loads.claim(tenant_id=maya.tenant_id, now=now), now=now)
    upload, form = upload_form(maya, now)
    stores.posted(form.url, form.fields, PLAIN)
    uploads.complete(user=maya, upload_id=upload.pk, now=now)
    ended = loads.load(upload=loads.claim(tenant_id=maya.tenant_id, now=now), now=now)
    assert (ended.status, ended.duplicate_of) == (Status.COMPLETED, first.pk)
    with seeing(maya):
        assert Transaction.objects.count() == 4


# -- what must stand, and what must be gone


def test_what_is_put_once_is_never_written_over(store):
    assert storage.put_once("ledger/consent/2026-11-20/a.json", b"first")
    assert not storage.put_once("ledger/consent/2026-11-20/a.json", b"second")
    assert storage.get("ledger/consent/2026-11-20/a.json") == b"first"
    assert list(storage.keys("ledger")) == ["ledger/consent/2026-11-20/a.json"]


def test_a_file_is_kept_piece_by_piece_and_read_so(store, tmp_path):
    (tmp_path / "large").write_bytes(b"abc" * 100_000)
    with (tmp_path / "large").open("rb") as file:
        storage.put_file("exports/u/1.zip", file)
    with storage.opened("exports/u/1.zip") as stored:
        assert stored.read(4) == b"abca"
    assert storage.size("exports/u/1.zip") == 300_000


def test_objects_are_counted_in_a_folder_or_under_one_key(store):
    for key in ("uploads/u/1/a.csv", "uploads/u/1/a.csv", "uploads/u/1/a.csv.bak", "uploads/uu/b.csv"):
        storage.put(key, b"x")
    versions = 2 if store == "s3" else 1  # the former one is a person's as well
    assert storage.count("uploads/u/") == versions + 1
    assert storage.count("uploads/u/1/a.csv") == versions
    assert storage.count("uploads/nobody/") == storage.count("uploads/u/1/a") == 0
