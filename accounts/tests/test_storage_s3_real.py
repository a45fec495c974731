"""What a real S3 server makes of our forms: Ceph's gateway, where it is installed, refuses every wrong one."""

from datetime import timedelta

import pytest
import requests
from django.utils import timezone

from accounts import analytics, buckets, storage, uploads
from accounts.models.uploads import MAX_BYTES, Status
from accounts.tests import radosgw, stores
from accounts.tests.senders import PLAIN, load_all

pytestmark = pytest.mark.s3_real


@pytest.fixture(scope="session")
def gateway(tmp_path_factory):
    if absent := radosgw.missing():
        pytest.skip(f"No real S3 server here: {', '.join(absent)} missing (apt-get install radosgw ceph-mon ceph-osd).")
    try:
        with radosgw.gateway(tmp_path_factory.mktemp("ceph")) as running:
            yield running
    except radosgw.DidNotStart as slow:
        pytest.skip(f"The S3 server of this machine did not start in time: {slow}")


@pytest.fixture(autouse=True)
def _on_the_gateway(gateway, settings, monkeypatch):
    stores.on_s3(settings, monkeypatch, endpoint=gateway.url, keys=gateway.keys)
    for bucket in (settings.DATA_BUCKET, settings.ANALYTICS_BUCKET):
        storage._bucket(storage.DATA).meta.client.create_bucket(Bucket=bucket)


@pytest.fixture
def form(maya, calling):
    wanted = {"file_name": "May.csv", "file_size": len(PLAIN), "file_type": "csv"}
    return calling(maya).post("/api/uploads/presign", wanted, format="json").json()


def kept(form):
    """What is under the key of the form."""
    return list(storage.keys(form["s3_key"].rpartition("/")[0]))


def test_a_right_form_is_accepted_and_becomes_rows_and_files_and_is_taken_back(form, maya, calling, now):
    assert stores.posted(form["url"], form["fields"], PLAIN) == 204
    client, upload_id = calling(maya), form["upload_id"]
    assert client.post(f"/api/uploads/{upload_id}/complete").json()["status"] == "processing"
    (upload,) = load_all(maya, now)
    assert upload.status == Status.COMPLETED
    keys = analytics.write(upload=upload, now=now)
    assert [key for name in ("accounts", "transactions") for key in storage.keys(name, store=storage.ANALYTICS)] == keys
    assert client.post(f"/api/uploads/{upload_id}/revert").status_code == 200
    assert list(storage.keys("", store=storage.ANALYTICS)) == []


def test_the_largest_file_is_accepted_and_one_byte_more_is_not(form):
    assert stores.posted(form["url"], form["fields"], b"x" * (MAX_BYTES + 1)) == 400
    assert kept(form) == []
    assert stores.posted(form["url"], form["fields"], b"x" * MAX_BYTES) == 204
    assert storage.size(form["s3_key"]) == MAX_BYTES


def test_an_empty_file_is_refused(form):
    assert stores.posted(form["url"], form["fields"], b"") == 400
    assert kept(form) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"key": "uploads/somebody/else.csv"},
        {"Content-Type": "text/html"},
        {"x-amz-server-side-encryption": ""},
        {"acl": "public-read"},
        {"policy": "e30="},
        {"x-amz-signature": "0" * 64},
        {"x-amz-credential": "somebody/20250630/us-east-1/s3/aws4_request"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_changed_form_is_refused_and_keeps_nothing(form, changed):
    assert stores.posted(form["url"], form["fields"], PLAIN, **changed) in (400, 403)
    assert kept(form) == [] and list(storage.keys("uploads/somebody")) == []


@pytest.mark.parametrize("without", ["Content-Type", "x-amz-server-side-encryption", "policy", "x-amz-signature"])
def test_a_form_without_one_of_its_fields_is_refused_and_keeps_nothing(form, without):
    fields = {name: value for name, value in form["fields"].items() if name != without}
    assert stores.posted(form["url"], fields, PLAIN) in (400, 403)
    assert kept(form) == []


def test_a_form_is_over_after_a_quarter_of_an_hour(maya):
    """The server has its own clock, so it is the form that is of long ago."""

    def given_out(ago):
        key = f"uploads/{maya.pk}/1/a.csv"
        return storage.presign(key, content_type="text/csv", max_bytes=99, post_to="", now=timezone.now() - ago)

    late, in_time = given_out(timedelta(minutes=15, seconds=1)), given_out(timedelta(minutes=14))
    assert stores.posted(late.url, late.fields, b"x") == 403
    assert stores.posted(in_time.url, in_time.fields, b"x") == 204


def test_a_file_of_another_size_than_announced_is_not_completed(form, maya, calling):
    assert stores.posted(form["url"], form["fields"], PLAIN[:-1]) == 204
    answer = calling(maya).post(f"/api/uploads/{form['upload_id']}/complete")
    assert (answer.status_code, answer.json()["code"]) == (409, "OBJECT_MISSING")


def test_objects_are_put_got_listed_and_erased_with_every_version():
    buckets.STEPS["versioning"](storage._bucket(storage.DATA).meta.client, "spendsense-data", [])
    for data in (b"first", b"second", b"x" * (9 * 1024 * 1024)):  # the last one goes in parts
        storage.put("uploads/u/1/a.csv", data)
    storage.put("uploads/u2/1/a.csv", b"beside it")
    assert storage.get("uploads/u/1/a.csv") == data and storage.size("uploads/u/1/a.csv") == len(data)
    storage.delete("uploads/u/1/a.csv")
    with pytest.raises(storage.NoObject):
        storage.get("uploads/u/1/a.csv")
    storage.put("uploads/u/1/b.csv", b"first")
    storage.put("uploads/u/1/b.csv", b"second")
    storage.erase("uploads/u/")
    versions = storage._bucket(storage.DATA).object_versions.filter(Prefix="uploads/u")
    assert [version.object_key for version in versions if version.object_key[9] in "/2"] == ["uploads/u2/1/a.csv"]


def test_setting_up_applies_what_the_server_knows_and_names_what_it_does_not(settings):
    """Ceph 16 has no default encryption of a bucket; each of our objects asks for its own."""
    done = []
    try:
        for _ in range(2):
            with pytest.raises(buckets.NotApplied, match=r"encryption of spendsense-data \(\w+\), encryption of"):
                for step in buckets.set_up():
                    done.append(step)
    finally:
        for alias, name in ((storage.DATA, settings.DATA_BUCKET), (storage.ANALYTICS, settings.ANALYTICS_BUCKET)):
            # Under BlockPublicAcls this version of Ceph refuses every PUT, private ones too.
            storage._bucket(alias).meta.client.delete_public_access_block(Bucket=name)
    known = ["bucket", "public access block", "versioning", "life cycle"]
    assert done == 2 * [(name, what) for name in ("spendsense-data", "spendsense-analytics") for what in known]


def test_nobody_reads_without_a_key(form):
    stores.posted(form["url"], form["fields"], PLAIN)
    assert requests.get(f"{form['url']}/{form['s3_key']}", timeout=30).status_code == 403


def test_an_upload_that_nobody_completed_is_removed(maya, now):
    upload, form = uploads.presign(
        user=maya,
        file_name="May.csv",
        file_size=len(PLAIN),
        kind=uploads.FileType.CSV,
        options={},
        post_to="",
        now=now,
    )
    assert stores.posted(form.url, form.fields, PLAIN) == 204
    assert uploads.expire(tenant_id=maya.tenant_id, now=now + uploads.EXPIRY) == 1
    with pytest.raises(storage.NoObject):
        storage.size(upload.s3_key)
