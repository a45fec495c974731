"""A simulation taken away as a file: as it is told, or as one row for each number of it."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import audit
from accounts.models import User
from accounts.origin import NOWHERE, Origin
from accounts.refusals import Refused
from accounts.words import Word
from personas import simulating
from personas.signals import exact_json

COLUMNS = ("window", "part", "name", "to", "before", "after", "count")
Cell = str | int | None


class Form(Word):
    JSON = "json"
    CSV = "csv"


class NotCompleted(Refused):
    code = "SIMULATION_NOT_COMPLETED"
    sentence = "There is nothing to take away before the simulation is completed."


@dataclass(frozen=True)
class File:
    name: str
    media_type: str
    text: str


@transaction.atomic
def export(*, simulation_id: UUID, form: Form, by: User, now: datetime, origin: Origin = NOWHERE) -> File:
    """What somebody takes out of the house is sealed, as it names people."""
    simulation = simulating.find(simulation_id=simulation_id, tenant_id=by.tenant_id)
    told = simulating.told(simulation, now=now)
    told["finished_at"] = told["finished_at"] and told["finished_at"].isoformat().replace("+00:00", "Z")
    if told["status"] != simulating.Status.COMPLETED:
        raise NotCompleted
    name = f"simulation-{str(simulation.pk)[:8]}.{form.value}"
    file = (
        File(name, "application/json", exact_json(told))
        if form is Form.JSON
        else File(name, "text/csv; charset=utf-8", _csv(rows(told)))
    )
    audit.record(
        action=audit.Action.EXPORT,
        tenant_id=by.tenant_id,
        operator_id=by.pk,
        now=now,
        object_type="simulation",
        object_id=str(simulation.pk),
        detail={"form": form.value},
        origin=origin,
    )
    return file


def rows(told: dict[str, Any]) -> Iterator[tuple[Cell, ...]]:
    """Every number of a simulation, window by window, in the order in which it is shown."""
    for name in ("users", "no_signals", "stale", "education_below_three"):
        if name in told:
            yield (None, "population", name, None, None, None, told[name])
    for slug, count in told.get("education_cards", {}).items():
        yield (None, "education_cards", slug, None, None, None, count)
    yield (None, "cases", "checked", None, None, None, told["cases"]["checked"])
    for case in told["cases"]["broken"]:
        yield (case["window_type"], "broken_case", case["expected_persona"], case["got"], None, None, 1)
    for window, found in told["windows"].items():
        for name in ("changed", "unchanged"):
            yield (window, "population", name, None, None, None, found[name])
        for slug, before in found["before"].items():
            yield (window, "persona", slug, None, before, found["after"][slug], found["delta"][slug])
        for moved in found["movements"]:
            yield (window, "movement", moved["from"], moved["to"], None, None, moved["count"])
        for one in found["strength_changes"]:
            yield (window, f"strength of {one['persona']}", one["from"], one["to"], None, None, one["count"])
        for one in found["criteria"]:
            yield (window, "criterion", one["id"], None, one["met_before"], one["met_after"], None)


def _csv(lines: Iterator[tuple[Cell, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(lines)
    return text.getvalue()
