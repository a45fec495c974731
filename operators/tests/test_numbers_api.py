"""Alerts, analytics and evaluations at their routes: the right person, the wrong one, and wrong input; and as files."""

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import rowsecurity
from accounts.models import AuditEntry
from accounts.tests import factories
from operators import evaluating
from operators.models import EvaluationReport
from operators.tests.report import REPORT
from recommendations import flags, reviewing
from recommendations.tests.factories import CardFactory
from recommendations.tests.proposed import proposed
from spendsense import chores, pipeline

ALERTS, ANALYTICS, EVALUATION = "/api/operator/alerts", "/api/operator/analytics", "/api/operator/evaluation"
pytestmark = pytest.mark.usefixtures("own_store", "own_cache")


@pytest.fixture
def rejected(maya, omar, now):
    item = proposed(maya, created_at=now - timedelta(minutes=10))
    with rowsecurity.viewing(rowsecurity.of(omar)):
        reviewing.reject(item_id=item.pk, by=omar, now=now, reason="=SUM(A1:A9) is no reason")
    return item


@pytest.fixture
def report(omar, now):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return EvaluationReport.objects.create(
            tenant=omar.tenant, replay_sample=200, asked_at=now, finished_at=now, status="completed", report=REPORT,
            failed_samples=["7a0f3c1e-0000-0000-0000-00000000000f"],
        )  # fmt: skip


def walked(now):
    return pipeline.run(clock=lambda: now, stages=["evaluate"])


def test_an_alert_has_every_word_of_the_contract(calling, junior, omar, maya, now):
    item = proposed(maya, created_at=now)
    with rowsecurity.viewing(rowsecurity.of(omar)):
        flags.raise_flag(item_id=item.pk, by=omar, now=now, reason="Somebody should look at it.")
    (alert,) = calling(junior).get(ALERTS).json()
    assert set(alert) == {"id", "type", "severity", "message", "count", "action_url", "created_at"}
    assert (alert["type"], alert["severity"], alert["count"]) == ("flagged_item", "medium", 1)
    assert calling(maya).get(ALERTS).status_code == 403


def test_analytics_answer_the_document_of_the_range(calling, rejected, omar, junior):
    told = calling(junior).get(ANALYTICS).json()
    assert told["summary"]["total_actions"] == 1 and told["actions_by_type"]["reject"] == 1
    assert told["summary"]["approval_rate"] == 0.0 and told["summary"]["undo_rate"] == 0.0
    assert told["operator_activity"] == [
        {"operator_id": str(omar.pk), "actions": 1, "approval_rate": 0.0, "avg_processing_time_minutes": 10.0}
    ]
    assert len(told["actions_timeline"]) == 30 and told["positive_rate_pct"] is None
    assert told["card_performance"][0]["proposed"] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"start_date": "2026-02-01", "end_date": "2026-01-01"},
        {"start_date": "2024-01-01", "end_date": "2026-01-01"},
        {"start_date": "yesterday"},
        {"persona": "nobody"},
        {"operator_id": "omar"},
    ],
)
def test_what_analytics_cannot_answer_is_refused(calling, omar, wrong):
    assert calling(omar).get(ANALYTICS, wrong).status_code == 400


def test_a_junior_asks_about_nobody_else(calling, rejected, omar, junior):
    assert calling(junior).get(f"{ANALYTICS}/operators/{omar.pk}").json()["code"] == "FORBIDDEN_ROLE"
    mine = calling(omar).get(f"{ANALYTICS}/operators/{omar.pk}").json()
    assert mine["summary"]["total_actions"] == 1 == sum(day["actions"] for day in mine["daily_activity"])
    assert calling(omar).get(f"{ANALYTICS}/operators/{junior.pk}").json()["summary"]["approval_rate"] is None
    assert calling(omar).get(f"{ANALYTICS}/operators/{rejected.user_id}").json()["code"] == "STAFF_NOT_FOUND"


def test_analytics_as_files_say_the_same_and_who_took_them(calling, rejected, omar, now):
    client = calling(omar)
    answer = client.get(f"{ANALYTICS}/export/json", {"start_date": "2026-01-01", "end_date": "2026-01-31"})
    assert answer["Content-Disposition"] == 'attachment; filename="analytics-2026-01-01-2026-01-31.json"'
    assert answer.json()["date_range"] == {"start": "2026-01-01", "end": "2026-01-31"}
    text = client.get(f"{ANALYTICS}/export/csv").content.decode()
    rows = {(row["metric_category"], row["metric_name"]): row["value"] for row in csv.DictReader(io.StringIO(text))}
    assert rows["summary", "total_actions"] == "1" and rows["positive_rate_pct", "positive_rate_pct"] == "no data"
    assert rows["top_rejection_reasons", "'=SUM(A1:A9) is no reason.count"] == "1"
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        taken = AuditEntry.objects.filter(action="export", object_type="analytics")
        assert [row.detail.detail["kind"] for row in taken.order_by("seq")] == ["json", "csv"]


def test_analytics_to_print_are_a_page_without_scripts(calling, rejected, omar):
    answer = calling(omar).get(f"{ANALYTICS}/export/summary")
    text = answer.content.decode()
    assert answer["Content-Type"].startswith("text/html")
    assert "<script" not in text and "style=" not in text and "=SUM(A1:A9) is no reason" in text


def test_an_evaluation_is_asked_for_and_run_by_the_walk(calling, rejected, omar, now):
    answer = calling(omar).post(EVALUATION, {"replay_sample": 0}, format="json")
    assert answer.status_code == 202 and answer.json()["status"] == "running"
    where = answer["Location"]
    assert calling(omar).get(where).json() == {"report_id": answer.json()["report_id"], "status": "running"}
    assert calling(omar).get(f"{where}/export/json").json()["code"] == "REPORT_NOT_READY"
    assert walked(timezone.now()).done == {"evaluate": 1}
    told = calling(omar).get(where).json()
    assert (told["status"], told["report_id"]) == ("completed", answer.json()["report_id"])
    assert told["explainability"]["total_recommendations"] == 1 and told["auditability"]["audit_chain_valid"] is True
    assert walked(timezone.now()).done == {}
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert AuditEntry.objects.filter(action="evaluation_run", object_id=answer.json()["report_id"]).count() == 1


def test_an_evaluation_that_nobody_finished_in_time_has_failed(omar, now):
    with rowsecurity.viewing(rowsecurity.of(omar)):
        asked = evaluating.ask(by=omar, now=now)
    assert walked(now + evaluating.LEASE + timedelta(seconds=1)).failed == {"evaluate": 1}
    with rowsecurity.viewing(rowsecurity.of(omar)):
        found = evaluating.find(report_id=asked.pk, tenant_id=omar.tenant_id)
    assert (found.status, found.report["error"]) == ("failed", evaluating.TOO_LATE)


def test_one_that_breaks_says_so_and_is_not_run_again(omar, now):
    with rowsecurity.viewing(rowsecurity.of(omar)):
        asked = evaluating.ask(by=omar, now=now)
    given_up = evaluating.give_up(report_id=asked.pk, tenant_id=omar.tenant_id, now=now)
    assert given_up.status == "failed" and evaluating.due(tenant_id=omar.tenant_id) == []
    assert evaluating.give_up(report_id=asked.pk, tenant_id=omar.tenant_id, now=now) is None


def test_the_night_asks_for_one_and_nobody_asked(omar, now):
    assert [good for _, good in chores.run(clock=lambda: now, names=("evaluate_people",))] == [True]
    assert [good for _, good in chores.run(clock=lambda: now, names=("evaluate_people",))] == []
    assert walked(now).done == {"evaluate": 1}
    with rowsecurity.viewing(rowsecurity.of(omar)):
        (found,) = evaluating.reports(omar.tenant_id)
    assert (found.asked_by, found.status, found.missed) == (None, "completed", 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"replay_sample": 10_001},
        {"replay_sample": -1},
        {"start": "soon"},
        {"start": "2026-02-01", "end": "2026-01-01"},
    ],
)
def test_what_cannot_be_evaluated_is_refused(calling, omar, wrong):
    assert calling(omar).post(EVALUATION, wrong, format="json").status_code == 400


def test_juniors_read_evaluations_and_run_none(calling, junior, report):
    told = calling(junior).get(EVALUATION).json()
    (line,) = told["items"]
    assert (line["targets_met"], line["targets_missed"], line["as_of"]) == (3, 2, "2026-11-18")
    assert calling(junior).post(EVALUATION, {}, format="json").json()["code"] == "FORBIDDEN_ROLE"


def test_reports_of_another_institution_are_not_there(calling, report):
    fred = factories.UserFactory(role="admin", tenant=factories.TenantFactory(slug="elsewhere"))
    assert calling(fred).get(f"{EVALUATION}/{report.pk}").json()["code"] == "REPORT_NOT_FOUND"
    assert calling(fred).get(f"{EVALUATION}/{report.pk}/export/csv").status_code == 404
    assert calling(fred).get(EVALUATION).json()["total"] == 0


def test_a_report_as_files_has_the_names_of_the_contract(calling, omar, report):
    first = str(report.pk)[:8]
    answer = calling(omar).get(f"{EVALUATION}/{report.pk}/export/csv")
    assert answer["Content-Disposition"] == f'attachment; filename="evaluation-2026-11-18-{first}.csv"'
    assert "latency,recommendation_generation_latency_p95,120,," in answer.content.decode()
    assert calling(omar).get(f"{EVALUATION}/{report.pk}/export/json").json() == REPORT


def test_the_printable_report_says_targets_samples_and_the_head(calling, omar, report):
    text = calling(omar).get(f"{EVALUATION}/{report.pk}/export/summary").content.decode()
    for said in ("Partner offer persona fit", "missed", "no data", "5e5e5e", "7a0f3c1e-0000-0000-0000-00000000000f"):
        assert said in text
    assert text.count("<figure") == 3 and "<details open>" in text
    assert "<script" not in text and "style=" not in text


def test_a_card_that_nothing_was_made_of_is_no_row(calling, omar):
    CardFactory(tenant=omar.tenant)
    assert calling(omar).get(ANALYTICS).json()["card_performance"] == []
