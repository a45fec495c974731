"""What printed reports say: a heading, tables and charts, ready for their templates."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from accounts.models import Tenant
from operators import analyticsdocument, figures
from operators.analytics import Analytics
from operators.rendering import NO_DATA

VERDICTS = {True: "met", False: "missed", None: NO_DATA}


def analytics(found: Analytics, *, tenant: Tenant) -> dict[str, Any]:
    document = analyticsdocument.document(found)
    return {
        "title": "What was decided",
        "tenant": tenant.name,
        "range": document["date_range"],
        "summary": [(figures.summarised(name), number(value)) for name, value in document["summary"].items()],
        "charts": figures.of_analytics(found),
        "reasons": found.reasons,
        "cards": found.cards,
    }


def evaluation(
    report: Mapping[str, Any], *, tenant: Tenant, failed_samples: Sequence[str], finished_at: datetime | None
) -> dict[str, Any]:
    return {
        "title": "Evaluation",
        "tenant": tenant.name,
        "range": report["range"],
        "report": report,
        "finished_at": finished_at,
        "targets": targets(report),
        "charts": figures.of_report(report),
        "failed_samples": failed_samples,
        "head": report["auditability"]["audit_chain_head"],
    }


def targets(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "metric": figures.worded(one["metric"]),
            "target": number(one["target"]),
            "value": number(one["value"]),
            "verdict": VERDICTS[one["met"]],
            "missed": one["met"] is False,
        }
        for one in report["targets"]
    ]


def compared(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The targets of two reports side by side, with what became of each number."""
    before = {target["metric"]: target for target in other["targets"]}
    return [
        {
            "metric": figures.worded(target["metric"]),
            "target": number(target["target"]),
            "value": number(target["value"]),
            "verdict": VERDICTS[target["met"]],
            "before": number(was["value"]),
            "verdict_before": VERDICTS[was["met"]],
            "change": _change(target["value"], was["value"]),
            "missed": target["met"] is False,
        }
        for target in one["targets"]
        if (was := before.get(target["metric"]))
    ]


def number(value: Any) -> str:
    if value is None:
        return NO_DATA
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def _change(value: Any, before: Any) -> str:
    if value is None or before is None:
        return NO_DATA
    change = round(value - before, 2)
    return f"{change:+,.2f}" if change else "same"
