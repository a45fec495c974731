"""Numbers as files: one JSON document, and one CSV row for each of its numbers."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

COLUMNS = ("metric_category", "metric_name", "value", "count", "total")
NO_DATA = "no data"
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
NAMING = ("metric", "dimension", "group", "date", "operator_id", "reason", "key")  # by what one of a list is called
TOTALS = {
    "coverage": "total_users",
    "recommendations_with_rationales_percent": "total_recommendations",
    "rationales_with_data_points_percent": "recommendations_with_rationales_count",
    "recommendations_with_traces_percent": "total_recommendations",
    "recommendations_within_target_percent": "total_recommendations",
    "education_persona_fit_percent": "total_education",
    "partner_offer_persona_fit_percent": "total_partner_offers",
    "replayed_identical_percent": "replayed_count",
}
COUNTS = {
    "education_persona_fit_percent": "education_matching_persona",
    "partner_offer_persona_fit_percent": "partner_offers_matching_persona",
    "recommendations_within_target_percent": "recommendations_within_target",
}


def analytics_name(document: Mapping[str, Any], ending: str) -> str:
    held = document["date_range"]
    return f"analytics-{held['start']}-{held['end']}.{ending}"


def file_name(report_id: UUID, as_of: object, ending: str) -> str:
    return f"evaluation-{as_of}-{str(report_id)[:8]}.{ending}"


def as_json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_csv(document: Mapping[str, Any]) -> str:
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(COLUMNS)
    for category, held in document.items():
        for name, value in _numbers(held):
            rows.writerow([category, plain(name or category), _written(value), *_parts(category, name, held)])
    return written.getvalue()


def plain(text: str) -> str:
    """What somebody typed is no formula, also where a spreadsheet opens it."""
    return f"'{text}" if text.startswith(FORMULAS) else text


def _numbers(held: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf that is a number, a verdict or missing; words are no numbers."""
    if isinstance(held, Mapping):
        for key, value in held.items():
            yield from _numbers(value, f"{name}.{key}" if name else key)
    elif isinstance(held, list):
        for one in held:
            key = ".".join(str(one[word]) for word in NAMING if word in one)
            yield from _numbers(one, f"{name}.{key}" if name else key)
    elif not isinstance(held, str):
        yield name, held


def _written(value: Any) -> str:
    if value is None:
        return NO_DATA
    return json.dumps(value)


def _parts(category: str, name: str, held: Any) -> tuple[Any, Any]:
    """Of a share the part and the whole."""
    total = TOTALS.get(name) or TOTALS.get(category)
    if not name.endswith("_percent") or total is None:
        return "", ""
    return held[COUNTS.get(name, name.removesuffix("_percent") + "_count")], held[total]
