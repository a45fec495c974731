"""The consent ledger: opened, renewed, closed once; the user row follows."""

from datetime import timedelta

import pytest

from accounts import consent, rowsecurity
from accounts.models import ConsentRecord, LedgerLine, SecurityEvent, User
from accounts.origin import Origin
from accounts.pseudonyms import subject_ref
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
    again = consent.grant(user=eyes, purpose=Purpose.ANALYSIS, now=now + timedelta(days=1))
    assert first.anew and not again.anew and again.record == first.record


def test_a_newer_version_keeps_the_start_of_the_unbroken_consent(eyes, now, monkeypatch):
    monkeypatch.setitem(TEXTS, (Purpose.ANALYSIS, "2.0"), "A newer text.")
    consent.grant(user=eyes, purpose=Purpose.ANALYSIS, now=now)
    renewed = consent.grant(user=eyes, purpose=Purpose.ANALYSIS, version="2.0", now=now + timedelta(days=9)).record
    assert (renewed.since, renewed.granted_at) == (now, now + timedelta(days=9))
    assert ConsentRecord.objects.filter(revoked_at=None).count() == 1 and ConsentRecord.objects.count() == 2
    assert status(eyes)[:2] == (True, "2.0")


def test_a_revocation_breaks_it(eyes, now):
    consent.grant(user=eyes, purpose=Purpose.ANALYSIS, now=now)
    assert consent.revoke(user=eyes, purpose=Purpose.ANALYSIS, now=now + timedelta(days=1))
    assert status(eyes)[0] is False
    again = consent.grant(user=eyes, purpose=Purpose.ANALYSIS, now=now + timedelta(days=2))
    assert again.record.since == now + timedelta(days=2)


def test_an_unknown_version_has_no_text_to_agree_to(eyes, now):
    with pytest.raises(consent.UnknownVersion):
        consent.grant(user=eyes, purpose=Purpose.ANALYSIS, version="9.9", now=now)


def test_a_clock_read_before_the_lock_ends_nothing_before_it_began(eyes, now):
    consent.grant(user=eyes, purpose=Purpose.ANALYSIS, now=now)
    assert consent.revoke(user=eyes, purpose=Purpose.ANALYSIS, now=now - timedelta(seconds=1))
    record = ConsentRecord.objects.get()
    assert record.revoked_at == record.granted_at == now


def test_each_change_is_a_security_event_and_an_end_also_a_line_for_the_ledger_outside(eyes, now):
    at = Origin("192.0.2.7", "an app", "r-1")
    consent.grant(user=eyes, purpose=Purpose.NOTES, now=now, origin=at)
    consent.grant(user=eyes, purpose=Purpose.NOTES, now=now, origin=at)  # nothing changed: nothing to tell
    consent.revoke(user=eyes, purpose=Purpose.NOTES, now=now + timedelta(hours=1), origin=at)
    consent.revoke(user=eyes, purpose=Purpose.NOTES, now=now + timedelta(hours=2), origin=at)
    told = SecurityEvent.objects.order_by("at").values_list("kind", "ip_address", "user_agent", "detail")
    detail = {"purpose": "notes", "version": "1.0"}
    assert list(told) == [(kind, "192.0.2.7", "an app", detail) for kind in ("consent_granted", "consent_revoked")]
    record = ConsentRecord.objects.get()
    assert (record.ip_address, record.user_agent, record.revoked_ip) == ("192.0.2.7", "an app", "192.0.2.7")
    assert LedgerLine.objects.count() == 0  # who leaves it can neither read nor change it
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        line = LedgerLine.objects.get()
    assert (line.kind, line.scope, line.subject_ref) == ("revocation", "notes", subject_ref(eyes.pk))
    assert line.at == now + timedelta(hours=1) and line.written_at is None
