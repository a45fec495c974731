"""The consent ledger: opened, renewed, closed once; the user row follows."""

from datetime import timedelta

import pytest

from accounts import consent, rowsecurity
from accounts.models import ConsentRecord, User
from accounts.purposes import TEXTS, Purpose


@pytest.fixture
def eyes(noor):
    with rowsecurity.viewing(rowsecurity.of(noor)):
        yield noor


def status(user):
    return User.objects.values_list("consent_status", "consent_version", "cache_generation").get(pk=user.pk)


def test_a_grant_shows_on_the_user_and_makes_what_was_cached_old(eyes, now):
    consent.grant(user=eyes, purpose=Purpose.ANALYSIS, now=now)
    assert status(eyes) == (True, "1.0", 1)
    consent.grant(user=eyes, purpose=Purpose.NOTES, now=now)
    assert status(eyes) == (True, "1.0", 2)


def test_granting_twice_is_once(eyes, now):
    first = consent.grant(user=eyes, purpose=Purpose.ANALYSIS, now=now)
    assert consent.grant(user=eyes, purpose=Purpose.ANALYSIS, now=now + timedelta(days=1)).pk == first.pk


def test_a_newer_version_keeps_the_start_of_the_unbroken_consent(eyes, now, monkeypatch):
    monkeypatch.setitem(TEXTS, (Purpose.ANALYSIS, "2.0"), "A newer text.")
    consent.grant(user=eyes, purpose=Purpose.ANALYSIS, now=now)
    renewed = consent.grant(user=eyes, purpose=Purpose.ANALYSIS, version="2.0", now=now + timedelta(days=9))
    assert (renewed.since, renewed.granted_at) == (now, now + timedelta(days=9))
    assert ConsentRecord.objects.filter(revoked_at=None).count() == 1 and ConsentRecord.objects.count() == 2
    assert status(eyes)[:2] == (True, "2.0")


def test_a_revocation_breaks_it(eyes, now):
    consent.grant(user=eyes, purpose=Purpose.ANALYSIS, now=now)
    assert consent.revoke(user=eyes, purpose=Purpose.ANALYSIS, now=now + timedelta(days=1))
    assert status(eyes)[0] is False
    again = consent.grant(user=eyes, purpose=Purpose.ANALYSIS, now=now + timedelta(days=2))
    assert again.since == now + timedelta(days=2)


def test_an_unknown_version_has_no_text_to_agree_to(eyes, now):
    with pytest.raises(consent.UnknownVersion):
        consent.grant(user=eyes, purpose=Purpose.ANALYSIS, version="9.9", now=now)
