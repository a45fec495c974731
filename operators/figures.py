"""The charts of the numbers: of the overview, of analytics, of an evaluation, and of who opened files."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from operators import charts
from operators.analytics import Acts, Analytics
from operators.charts import Chart, Point
from personas.distribution import Share
from personas.rules import Persona

SHOWN = ("approve", "reject", "modify", "flag")
SERIES = ("Approved", "Rejected", "Modified", "Flagged")
SUMMARIES = {
    "total_actions": "Acts",
    "avg_processing_time_minutes": "Minutes to a decision",
    "queue_size": "Waiting",
    "recommendations_generated": "Items made",
}
GROUPS = {"persona": "Persona", "income_third": "Income", "history_length": "History"}


def called(persona: str) -> str:
    """A persona by its name; what is none of ours by its own word."""
    known = {one.value: one.title_words for one in Persona}
    return known.get(persona, worded(persona))


def worded(word: str) -> str:
    return word.replace("_", " ").capitalize()


def summarised(name: str) -> str:
    return SUMMARIES.get(name, worded(name))


def personas(shares: Sequence[Share]) -> Chart:
    points = [Point(called(share.persona), share.users) for share in shares]
    return charts.bars("Personas, last 30 days of data", points, of="persona", what="people")


def decisions(by_day: Mapping[date, Acts]) -> Chart:
    days = [(day, [acts.counts[verb] for verb in SHOWN]) for day, acts in by_day.items()]
    return charts.stacked("Decisions per day", SERIES, days, what="decisions")


def ages(pending: Sequence[tuple[str, int]]) -> Chart:
    return charts.histogram("Waiting items by age", pending, of="age", what="items")


def of_analytics(found: Analytics) -> list[Chart]:
    acts = [Point(worded(verb), found.acts.counts[verb]) for verb in (*SHOWN, "undo", "override")]
    decided = [(called(name), acts.counts["approve"], acts.counts["reject"]) for name, acts in found.by_persona.items()]
    return [
        decisions(found.by_day),
        charts.bars("Acts by type", acts, of="act", what="acts"),
        charts.paired("Decisions by persona", ("Approved", "Rejected"), decided, of="persona"),
        charts.histogram("Time from proposal to decision", found.review_times, of="time", what="decisions"),
        personas(found.personas),
    ]


def of_report(report: Mapping[str, Any]) -> list[Chart]:
    """One chart each for personas, latency and fairness."""
    latency, fairness = report["latency"], report["fairness"]
    named = "recommendation_generation_latency"
    times = [("Middle (p50)", "p50"), ("p95", "p95"), ("p99", "p99"), ("Longest", "max")]
    return [
        charts.paired(
            "People and items by persona",
            ("People", "Items"),
            [
                (called(name), users, fairness["recommendations_per_persona"].get(name, 0))
                for name, users in fairness["persona_distribution"].items()
            ],
            of="persona",
        ),
        charts.bars(
            "Time to make the items of one person",
            [Point(label, latency[f"{named}_{key}"]) for label, key in times] if latency[f"{named}_p50"] else [],
            of="measure",
            what="milliseconds",
        ),
        charts.bars(
            "Reached people by group",
            [
                Point(
                    f"{GROUPS.get(one['dimension'], one['dimension'])}: {called(one['group'])}",
                    one["coverage_percent"],
                    "red" if one["flagged"] else "",
                    "gap" if one["flagged"] else "" if one["assessed"] else "few people",
                )
                for one in fairness["groups"]
            ],
            of="group",
            what="share reached",
            say=charts.percent,
        ),
    ]


def openings(counted: Sequence[tuple[date, UUID | None, int]], names: Mapping[UUID, str]) -> Chart:
    """Days down, whoever opened files across."""
    who = sorted({operator for _, operator, _ in counted if operator}, key=lambda one: names.get(one, str(one)))
    on = sorted({day for day, _, _ in counted}, reverse=True)
    found = {(day, operator): count for day, operator, count in counted}
    return charts.heat(
        "Openings per operator and day",
        [(day.isoformat(), [found.get((day, one), 0) for one in who]) for day in on],
        [names.get(one, "left").split("@")[0] for one in who],
        down="day",
        across="operator",
    )
