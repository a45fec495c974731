"""The buckets as they must be, however often they are set up and whoever made them; what local disk deletes itself."""

import os
from datetime import timedelta
from io import StringIO

import boto3
import pytest
from botocore.exceptions import ClientError
from django.core.management import call_command
from moto import mock_aws

from accounts import buckets, storage
from accounts.tests import stores

BOTH = ("spendsense-data", "spendsense-analytics")
APPLIED = ["bucket", "public access block", "encryption", "versioning", "life cycle"]


@pytest.fixture
def s3(settings, monkeypatch):
    with mock_aws():
        stores.on_s3(settings, monkeypatch)
        yield boto3.client("s3", region_name="us-east-1")


def assert_safe(s3, name):
    assert s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    }
    rules = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert [rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] for rule in rules] == ["AES256"]
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"


def life_of(s3, name):
    """Prefix, days until cold, days until deleted, days of a former version."""
    return [
        (
            rule["Filter"]["Prefix"],
            [(step["Days"], step["StorageClass"]) for step in rule.get("Transitions", [])],
            rule["Expiration"]["Days"],
            rule["NoncurrentVersionExpiration"]["NoncurrentDays"],
        )
        for rule in s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    ]


def test_both_buckets_are_made_closed_encrypted_versioned_and_aged(s3):
    assert list(buckets.set_up()) == [(name, what) for name in BOTH for what in APPLIED]
    for name in BOTH:
        assert_safe(s3, name)
    assert life_of(s3, "spendsense-data") == [("uploads/", [(90, "GLACIER")], 365, 30), ("exports/", [], 7, 7)]
    assert life_of(s3, "spendsense-analytics") == [("", [(180, "GLACIER")], 730, 30)]


def test_twice_is_once_and_keeps_what_is_stored(s3):
    first = list(buckets.set_up())
    storage.put("uploads/u/1/a.csv", b"kept")
    assert list(buckets.set_up()) == first
    assert storage.get("uploads/u/1/a.csv") == b"kept"
    assert len(life_of(s3, "spendsense-data")) == 2


def test_buckets_that_were_there_open_and_unencrypted_become_safe(s3):
    for name in BOTH:
        s3.create_bucket(Bucket=name)
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={"BlockPublicAcls": False})
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    list(buckets.set_up())
    for name in BOTH:
        assert_safe(s3, name)


def test_a_bucket_is_made_in_the_region_of_the_settings(settings, monkeypatch):
    with mock_aws():
        stores.on_s3(settings, monkeypatch, region="eu-central-1")
        list(buckets.set_up())
        where = boto3.client("s3", region_name="eu-central-1").get_bucket_location(Bucket="spendsense-data")
        assert where["LocationConstraint"] == "eu-central-1"


def test_what_the_store_refuses_is_named_when_the_rest_is_done(s3, monkeypatch):
    """The one thing moto cannot do by itself is refuse: a right of ours is missing here."""

    def without_the_right(client, name, life):
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "PutBucketEncryption")

    monkeypatch.setitem(buckets.STEPS, "encryption", without_the_right)
    applied = []
    with pytest.raises(buckets.NotApplied) as refused:
        for step in buckets.set_up():
            applied.append(step)
    assert applied == [(name, what) for name in BOTH for what in APPLIED if what != "encryption"]
    assert str(refused.value) == (
        "The store refused: encryption of spendsense-data (AccessDenied), encryption of spendsense-analytics "
        "(AccessDenied). Allow it and run this again."
    )


def test_a_store_that_is_away_is_said_to_be_away(settings, monkeypatch):
    stores.on_s3(settings, monkeypatch, endpoint="http://127.0.0.1:1")
    with pytest.raises(storage.Unreachable):
        list(buckets.set_up())


def test_on_local_disk_both_buckets_are_folders(own_store):
    for _ in range(2):
        assert list(buckets.set_up()) == [(name, "folder") for name in BOTH]
    assert sorted(folder.name for folder in own_store.iterdir()) == sorted(BOTH)


def test_the_command_says_what_was_applied(s3):
    said = StringIO()
    call_command("setup_storage", stdout=said)
    assert said.getvalue().splitlines() == [f"{name}  {what}" for name in BOTH for what in APPLIED]


def test_local_disk_deletes_what_is_past_its_days_and_never_the_ledger(own_store, now):
    ages = {"uploads/u/old": 366, "uploads/u/new": 364, "exports/u/old": 8, "exports/u/new": 6, "ledger/old": 9999}
    for key, days in ages.items():
        aged(own_store / "spendsense-data", key, now - timedelta(days=days), storage.DATA)
    assert sorted(buckets.expire(storage.DATA, now=now)) == ["exports/u/old", "uploads/u/old"]
    assert list(buckets.expire(storage.DATA, now=now)) == []
    assert list(storage.keys("")) == ["exports/u/new", "ledger/old", "uploads/u/new"]
    aged(own_store / "spendsense-analytics", "accounts/user_id=u/old", now - timedelta(days=731), storage.ANALYTICS)
    aged(own_store / "spendsense-analytics", "accounts/user_id=u/new", now - timedelta(days=729), storage.ANALYTICS)
    assert list(buckets.expire(storage.ANALYTICS, now=now)) == ["accounts/user_id=u/old"]


def aged(root, key, moment, store):
    storage.put(key, b"x", store=store)
    os.utime(root / key, (moment.timestamp(), moment.timestamp()))
