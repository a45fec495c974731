"""Each alert at its threshold and beside it, over the numbers of one moment; and those numbers, counted by hand."""

from dataclasses import replace
from datetime import timedelta

import pytest

from accounts import rowsecurity
from accounts.models import AuditHead
from operators import alerts, today
from operators.alerts import Severity, Type
from operators.tests.desk import NOW, history, item, somebody_else
from operators.today import Today
from recommendations import faults
from recommendations.models import Consideration

QUIET = Today(
    pending=0, oldest_pending_at=None, failed_checks=0, approved=0, rejected=0, review_seconds=None, open_flags=0,
    consenting=10, stale=5, without_content=0, chain_valid=None,
)  # fmt: skip


def holding(provider_faults=0, **changed):
    return [one.type for one in alerts.alerts(replace(QUIET, **changed), provider_faults=provider_faults, now=NOW)]


@pytest.mark.parametrize(
    ("kind", "below", "above"),
    [
        (Type.HIGH_REJECTION_RATE, {"approved": 8, "rejected": 2}, {"approved": 8, "rejected": 3}),
        (Type.HIGH_REJECTION_RATE, {"approved": 80, "rejected": 20}, {"approved": 79, "rejected": 21}),
        (Type.LONG_QUEUE, {"pending": 50}, {"pending": 51}),
        (Type.GUARDRAIL_FAILURES, {"failed_checks": 5}, {"failed_checks": 6}),
        (Type.FLAGGED_ITEM, {"open_flags": 0}, {"open_flags": 1}),
        (Type.CONTENT_GAP, {"without_content": 0}, {"without_content": 1}),
        (Type.LLM_ERRORS, {"provider_faults": 5}, {"provider_faults": 6}),
        (Type.STALE_DATA, {"stale": 5}, {"stale": 6}),
        (Type.AUDIT_CHAIN_BROKEN, {"chain_valid": True}, {"chain_valid": False}),
    ],
)
def test_an_alert_begins_behind_its_threshold(kind, below, above):
    assert holding(**below) == [] and holding(**above) == [kind]


def test_several_hold_at_once_the_most_severe_first():
    found = alerts.alerts(replace(QUIET, pending=1200, open_flags=1, stale=10), provider_faults=0, now=NOW)
    assert [one.severity for one in found] == [Severity.HIGH, Severity.MEDIUM, Severity.LOW]
    assert found[0].message == "1,200 items wait for a decision." and found[0].count == 1200
    assert found[1].message == "1 flag is open." and found[1].id == "flagged_item"


def test_the_numbers_of_today(maya, omar, junior):
    items = history(maya, omar, junior)
    somebody_else()
    item(maya, hours=5, guardrails_passed=False)
    item(maya, hours=20, guardrails_passed=False)  # yesterday
    found = today.today(tenant_id=maya.tenant_id, zone="UTC", now=NOW)
    assert (found.pending, found.oldest_pending_at) == (5, items[4].created_at)
    assert (found.approved, found.rejected) == (1, 1)  # one approval was undone, one rejection was yesterday
    assert found.review_seconds == (3600 + 7200) / 2
    assert (found.failed_checks, found.open_flags, found.consenting, found.stale) == (1, 1, 1, 0)


def test_today_begins_where_the_institution_is(maya, omar, junior):
    history(maya, omar, junior)
    assert today.today(tenant_id=maya.tenant_id, zone="Pacific/Kiritimati", now=NOW).rejected == 1
    later = NOW + timedelta(days=1)
    assert today.today(tenant_id=maya.tenant_id, zone="UTC", now=later).approved == 0


def test_only_the_last_consideration_of_a_person_counts_as_a_gap(maya):
    def considered(outcome, hours):
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            Consideration.objects.create(
                tenant=maya.tenant, user=maya, run_id=maya.pk if hours else maya.tenant_id, outcome=outcome,
                duration_ms=1, engine_version="test", created_at=NOW - timedelta(hours=hours),
            )  # fmt: skip
        return today.today(tenant_id=maya.tenant_id, zone="UTC", now=NOW).without_content

    assert considered("insufficient_content", 2) == 1
    assert considered("proposed", 0) == 0


def test_a_chain_that_was_found_broken_is_told(maya, omar, junior):
    history(maya, omar, junior)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        AuditHead.objects.filter(pk=maya.tenant_id).update(valid=False)
    with rowsecurity.viewing(rowsecurity.of(omar)):
        assert today.today(tenant_id=maya.tenant_id, zone="UTC", now=NOW).chain_valid is False


def test_ages_of_what_waits(maya):
    for hours in (0.5, 2, 5, 30, 100, 200, 300):
        item(maya, hours=hours)
    ages = dict(today.pending_ages(tenant_id=maya.tenant_id, now=NOW))
    assert ages == {"< 1 h": 1, "1-4 h": 1, "4-24 h": 1, "1-3 d": 1, "3-7 d": 1, "> 7 d": 2}


def test_faults_of_the_language_model_are_counted_for_an_hour(own_cache):
    for minutes in (70, 45, 1, 0):
        faults.note(now=NOW - timedelta(minutes=minutes))
    assert faults.of_the_last_hour(now=NOW) == 3


def test_without_redis_no_fault_is_counted(redis_away):
    faults.note(now=NOW)
    assert faults.of_the_last_hour(now=NOW) == 0
