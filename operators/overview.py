"""What an operator sees first: what is wrong, what waits, how the system stands, and how the days went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts import parts, rowsecurity
from accounts.models import User
from operators import alerts, analytics, evaluating, figures, today
from operators.alerts import Alert
from operators.charts import Chart
from operators.models import EvaluationReport, ReportStatus
from operators.today import Today
from personas import distribution
from personas.models import Run, Window
from recommendations import faults

RUNS = "/admin/personas/run/"


@dataclass(frozen=True)
class Card:
    """One number with its name; `note` says what it is of, `url` where it comes from."""

    name: str
    value: str
    note: str = ""
    url: str = ""


@dataclass(frozen=True)
class Overview:
    today: Today
    alerts: Sequence[Alert]
    work: Sequence[Card]
    system: Sequence[Card]
    charts: Sequence[Chart]


def overview(*, by: User, now: datetime) -> Overview:
    zone, tenant_id = by.tenant.time_zone, by.tenant_id
    numbers = today.today(tenant_id=tenant_id, zone=zone, now=now)
    asked = analytics.asked(first=None, last=None, now=now, zone=zone)
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        shares = distribution.shares(tenant_id=tenant_id, window=Window.DAYS_30.value, days=None, now=now)
    return Overview(
        numbers,
        alerts.alerts(numbers, provider_faults=faults.of_the_last_hour(now=now), now=now),
        _work(numbers),
        _system(by, numbers, now),
        [
            figures.personas(shares),
            figures.decisions(analytics.by_day(tenant_id=tenant_id, zone=zone, asked=asked)),
            figures.ages(today.pending_ages(tenant_id=tenant_id, now=now)),
        ],
    )


def _work(numbers: Today) -> list[Card]:
    seconds = numbers.review_seconds
    return [
        Card("Waiting", f"{numbers.pending:,}", "for a decision", alerts.QUEUE_PAGE),
        Card("Approved today", f"{numbers.approved:,}"),
        Card("Rejected today", f"{numbers.rejected:,}"),
        Card("Open flags", f"{numbers.open_flags:,}", url="/admin/operators/flag/"),
        Card("Average review time", "not known" if seconds is None else lasting(seconds), "of today's decisions"),
    ]


def _system(by: User, numbers: Today, now: datetime) -> list[Card]:
    report = evaluating.reports(by.tenant_id).filter(status=ReportStatus.COMPLETED).first()
    run = Run.objects.filter(tenant_id=by.tenant_id).order_by("-started_at").first()
    oldest, missing = numbers.oldest_pending_at, parts.away()
    return [
        _share(report, "Coverage", "coverage", "users_with_persona_percent"),
        _share(report, "Explained", "explainability", "rationales_with_data_points_percent"),
        _share(report, "Traced", "auditability", "recommendations_with_traces_percent"),
        _run(run, now),
        Card("Oldest waiting", lasting((now - oldest).total_seconds()) if oldest else "none"),
        Card("Away", ", ".join(missing) or "nothing", "of cache, broker and storage", "/ready"),
    ]


def _share(report: EvaluationReport | None, name: str, section: str, field: str) -> Card:
    value: Any = report.document[section][field] if report else None
    if report is None or value is None:
        return Card(name, "not known", "no evaluation has been run" if report is None else "no data")
    url = f"/admin/operators/evaluation/{report.pk}/"
    return Card(name, f"{value:g} %", f"evaluation of {report.document['as_of']}", url)


def _run(run: Run | None, now: datetime) -> Card:
    if run is None:
        return Card("Last run", "none")
    failed = f", {run.failed:,} failed" if run.failed else ""
    ago = lasting((now - run.started_at).total_seconds())
    return Card("Last run", f"{run.users:,} people", f"{run.status.replace('_', ' ')}{failed}, {ago} ago", RUNS)


def lasting(seconds: float) -> str:
    """Roughly how long, in its largest unit."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return "under 1 min"
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"
