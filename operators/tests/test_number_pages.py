"""The pages of numbers and records: what they say full and empty, and that what they do is the act of the routes."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import access, rowsecurity
from accounts.models import AuditEntry, AuditHead, Upload
from accounts.tests import factories
from accounts.tests.callers import session_for
from operators.models import EvaluationReport
from operators.tests.desk import history
from operators.tests.report import REPORT
from recommendations import reviewing
from recommendations.tests.proposed import proposed

INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*\ssrc=)", re.IGNORECASE)
pytestmark = pytest.mark.usefixtures("own_store", "own_cache")


def at(user):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = session_for(user).session_key
    return client


def read(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status, answer.content[:300]
    text = answer.content.decode()
    assert not INLINE.search(text)
    return re.sub(r"\s+", " ", text)


@pytest.fixture
def report(omar, now):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return EvaluationReport.objects.create(
            tenant=omar.tenant, replay_sample=200, asked_at=now, finished_at=now, status="completed", report=REPORT
        )


@pytest.fixture
def decided(maya, omar, now):
    item = proposed(maya, created_at=now - timedelta(minutes=30))
    with rowsecurity.viewing(rowsecurity.of(omar)):
        reviewing.approve(item_id=item.pk, by=omar, now=now)
        access.opened(by=omar, whom=maya.pk, section="signals", now=now)
    return item


def failed(user, **fields):
    problem = {"type": "file", "field": None, "value": None, "error": "It could not be read.", "severity": "error",
               "code": "PROCESSING_FAILED", "line": None}  # fmt: skip
    return factories.UploadFactory(user=user, status="failed", attempts=3, validation_errors=[problem], **fields)


EMPTY = {
    "/admin/": "Nothing needs attention now.",
    "/admin/operators/analytics/": "Nobody has decided anything in these days.",
    "/admin/operators/evaluation/": "No evaluation has been run.",
    "/admin/operators/auditentry/": "Nothing has been done yet.",
    "/admin/operators/accessrecord/": "Nobody has opened a file yet.",
    "/admin/accounts/upload/": "Nobody who agrees has sent a file yet.",
    "/admin/accounts/consentrecord/": "Nobody has agreed to anything yet.",
}


@pytest.mark.parametrize("address", EMPTY)
def test_an_empty_page_says_what_is_true(omar, address):
    assert EMPTY[address] in read(at(omar), address)


def test_the_overview_tells_alerts_work_and_system(maya, omar, junior, report):
    history(maya, omar, junior)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        AuditHead.objects.filter(pk=maya.tenant_id).update(valid=False)
    text = read(at(junior), "/admin/")
    assert "1 flag is open." in text and "verification of the audit chain failed" in text
    assert text.index("verification of the audit chain") < text.index("1 flag is open.")
    assert "<dt>Approved today</dt>" in text and "100 %" in text
    assert text.count("<figure") == 3


def test_the_overview_costs_the_same_however_much_waits(maya, omar, junior):
    client = at(omar)
    client.get("/admin/")

    def cost():
        with CaptureQueriesContext(connection) as found:
            client.get("/admin/")
        return len(found)

    few = cost()
    history(maya, omar, junior)
    assert cost() == few


def test_analytics_say_the_numbers_of_the_range_and_keep_the_filters(decided, omar):
    text = read(at(omar), "/admin/operators/analytics/?persona=high_utilization")
    assert '<option value="high_utilization" selected>' in text and "omar@example.test" in text
    assert "export/csv?persona=high_utilization" in text
    empty = read(at(omar), "/admin/operators/analytics/?persona=savings_builder")
    assert "Nobody has decided anything in these days." in empty


@pytest.mark.parametrize("wrong", ["start_date=2026-02-01&end_date=2026-01-01", "persona=nobody", "operator_id=me"])
def test_a_wrong_range_is_a_sentence_on_the_page(omar, wrong):
    assert 'role="alert"' in read(at(omar), f"/admin/operators/analytics/?{wrong}", 400)


def test_a_report_stands_with_its_targets_and_beside_another(omar, now, report):
    text = read(at(omar), f"/admin/operators/evaluation/{report.pk}/")
    assert (
        "Partner offer persona fit" in text and "missed" in text and REPORT["auditability"]["audit_chain_head"] in text
    )
    other = {**REPORT, "targets": [{**one, "value": 90.0, "met": True} for one in REPORT["targets"]]}
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        second = EvaluationReport.objects.create(
            tenant=omar.tenant, replay_sample=0, asked_at=now, finished_at=now, status="completed", report=other
        )
    beside = read(at(omar), f"/admin/operators/evaluation/compare/?a={report.pk}&b={second.pk}")
    assert "-15.00" in beside
    assert at(omar).get(f"/admin/operators/evaluation/compare/?a={report.pk}&b=none").status_code == 404


def test_an_evaluation_is_run_from_the_page_by_seniors(omar, junior):
    address = "/admin/operators/evaluation/run/"
    assert at(junior).get(address).status_code == at(junior).post(address, {}).status_code == 403
    assert "Run an evaluation" not in read(at(junior), "/admin/operators/evaluation/")
    answer = at(omar).post(address, {"replay_sample": "7"})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/operators/evaluation/")
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        asked = EvaluationReport.objects.get()
    assert (asked.replay_sample, asked.asked_by) == (7, omar.pk)
    text = read(at(omar), f"/admin/operators/evaluation/{asked.pk}/")
    assert "A worker evaluates." in text


def test_a_wrong_wish_stays_on_the_page(omar):
    wish = {"replay_sample": "20000", "start": "2026-02-01"}
    text = at(omar).post("/admin/operators/evaluation/run/", wish).content.decode()
    assert "errorlist" in text and 'value="2026-02-01"' in text
    backwards = {"replay_sample": "7", "start": "2026-02-01", "end": "2026-01-01"}
    answer = at(omar).post("/admin/operators/evaluation/run/", backwards)
    assert answer.status_code == 400 and "The first day lies behind the last one." in answer.content.decode()


def test_the_audit_log_is_searched_by_number_item_and_kind(decided, omar):
    client = at(omar)
    assert "2 rows" in read(client, "/admin/operators/auditentry/")
    assert "1 to 1 of 1 rows" in read(client, f"/admin/operators/auditentry/?q={decided.pk}")
    assert "1 to 1 of 1 rows" in read(client, "/admin/operators/auditentry/?q=1")
    assert "1 to 1 of 1 rows" in read(client, "/admin/operators/auditentry/?q=signals")
    assert "No act is like that." in read(client, "/admin/operators/auditentry/?q=dance")
    assert "No act is like that." in read(client, f"/admin/operators/auditentry/?operator={omar.pk}&action=reject")


def test_a_row_of_the_log_says_all_of_itself(decided, omar, junior):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        entry = AuditEntry.objects.get(action="approve")
    assert entry.hash in read(at(omar), f"/admin/operators/auditentry/{entry.pk}/")
    assert at(junior).get(f"/admin/operators/auditentry/{entry.pk}/").status_code == 404


def test_juniors_see_their_own_acts_and_no_button_for_the_whole(decided, junior):
    text = read(at(junior), "/admin/operators/auditentry/")
    assert "You see your own acts." in text and "Verify the chain" not in text
    assert at(junior).post("/admin/operators/auditentry/verify/").status_code == 403


def test_the_chain_is_verified_by_a_button(decided, omar):
    answer = at(omar).post("/admin/operators/auditentry/verify/", follow=True)
    assert "The chain holds: 2 rows." in answer.content.decode()


def test_access_records_name_whose_file_it_was(decided, omar, maya):
    text = read(at(omar), "/admin/operators/accessrecord/")
    assert "maya@example.test" in text and "Openings per operator and day" in text
    assert "1 to 1 of 1 openings" in read(at(omar), f"/admin/operators/accessrecord/?q={maya.email}")
    assert "No opening is like that." in read(at(omar), "/admin/operators/accessrecord/?q=nobody@example.test")


def test_files_of_who_agrees_are_listed_and_their_reports_opened(maya, noor, omar):
    upload, unseen = failed(maya, file_name="May.csv"), failed(noor, file_name="Hidden.csv")
    text = read(at(omar), "/admin/accounts/upload/")
    assert "May.csv" in text and "Hidden.csv" not in text
    assert "No upload is like that." in read(at(omar), "/admin/accounts/upload/?status=completed")
    page = read(at(omar), f"/admin/accounts/upload/{upload.pk}/change/")
    assert "It could not be read." in page and "Load May.csv again" in page
    assert at(omar).get(f"/admin/accounts/upload/{unseen.pk}/change/").status_code == 404
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert AuditEntry.objects.get().object_type == "upload_report"


def test_a_failed_file_is_loaded_again_by_seniors_once(maya, omar, junior):
    upload = failed(maya)
    address = f"/admin/accounts/upload/{upload.pk}/load-again/"
    assert at(junior).post(address).status_code == 403
    assert "Load statement.csv again" not in read(at(junior), f"/admin/accounts/upload/{upload.pk}/change/")
    assert at(omar).post(address).status_code == 302
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        again = Upload.objects.get(pk=upload.pk)
        row = AuditEntry.objects.select_related("detail").get(action="upload_reload")
    assert (again.status, again.attempts, again.validation_errors) == ("pending", 0, None)
    assert row.detail.detail["failed_for"] == ["PROCESSING_FAILED"]
    refused = at(omar).post(address)
    assert refused.status_code == 409 and "Only a failed upload can be loaded again." in refused.content.decode()


def test_a_file_that_never_arrived_cannot_be_loaded_again(maya, omar):
    upload = factories.UploadFactory(user=maya, status="failed", channel="presigned", attempts=0)
    answer = at(omar).post(f"/admin/accounts/upload/{upload.pk}/load-again/")
    assert answer.status_code == 409 and "never arrived" in answer.content.decode()


def test_consents_are_listed_with_their_state(maya, omar):
    text = read(at(omar), "/admin/accounts/consentrecord/")
    assert "maya@example.test" in text and "stands" in text
    assert "No consent is like that." in read(at(omar), "/admin/accounts/consentrecord/?active=no")
    today = timezone.now().date()
    assert "No consent is like that." in read(at(omar), f"/admin/accounts/consentrecord/?since={today}")
