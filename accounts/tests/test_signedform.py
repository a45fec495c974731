"""The signed form of local disk admits exactly what was signed, for as long as was said."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from accounts import signedform

NOON = datetime(2025, 6, 30, 12, tzinfo=UTC)
END = NOON + timedelta(minutes=15)
KEY = b"k" * 50
FIELDS = {"key": "uploads/u/1/a.csv", "Content-Type": "text/csv", "x-amz-server-side-encryption": "AES256"}


@pytest.fixture
def form():
    return signedform.sign(key=KEY, fields=FIELDS, max_bytes=100, expires=END)


def check(form, *, key=KEY, size=10, now=NOON):
    signedform.check(key=key, form=form, size=size, now=now)


def test_a_form_as_it_was_signed_is_admitted(form):
    check(form)
    assert form.keys() == {*FIELDS, "policy", "signature"}


@pytest.mark.parametrize("size", [1, 100])
def test_the_smallest_and_the_largest_file_are_admitted(form, size):
    check(form, size=size)


@pytest.mark.parametrize("size", [0, 101])
def test_an_empty_and_a_too_large_file_are_refused(form, size):
    with pytest.raises(signedform.WrongSize):
        check(form, size=size)


def test_the_form_ends_with_its_quarter_of_an_hour(form):
    check(form, now=END - timedelta(microseconds=1))
    with pytest.raises(signedform.Expired):
        check(form, now=END)


@pytest.mark.parametrize("name", [*FIELDS, "policy", "signature"])
def test_no_field_may_change_or_be_missing(form, name):
    with pytest.raises(signedform.Forged):
        check({**form, name: form[name] + "x"})
    with pytest.raises(signedform.Forged):
        check({other: value for other, value in form.items() if other != name})


def test_no_field_may_be_added(form):
    with pytest.raises(signedform.Forged):
        check({**form, "acl": "public-read"})


def test_a_policy_of_ones_own_making_is_refused(form):
    policy = json.loads(base64.b64decode(form["policy"]))
    wider = base64.b64encode(json.dumps({**policy, "max_bytes": 10**9}).encode()).decode()
    with pytest.raises(signedform.Forged):
        check({**form, "policy": wider})


def test_another_key_signs_nothing_of_ours(form):
    with pytest.raises(signedform.Forged):
        check(form, key=b"another")


def test_a_form_is_no_other_keyed_hash_of_the_same_text(form):
    import hashlib
    import hmac

    with pytest.raises(signedform.Forged):
        check({**form, "signature": hmac.new(KEY, form["policy"].encode(), hashlib.sha256).hexdigest()})


@pytest.mark.parametrize("form", [{}, {"policy": "", "signature": ""}, {"policy": "%%", "signature": "é"}])
def test_nonsense_is_refused_and_not_an_error(form):
    with pytest.raises(signedform.Forged):
        check(form)
