"""Trying rules: a draft and the active version over the same stored signals, started at a door and run by a worker.

A simulation is a row. Whoever runs it holds the row's lock, which ends with its worker, so that another one takes it
up; what is not finished when the lease is over has failed. How many education cards each persona has is known above
this app: whoever runs a simulation there says so, and it then tells for how many people they are too few.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from time import perf_counter
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import audit, rowsecurity
from accounts.models import ConsentRecord, User
from accounts.origin import NOWHERE, Origin
from accounts.purposes import Purpose
from accounts.refusals import NotThere
from accounts.words import Word
from personas import cases, population, rulesets
from personas.models import RuleSet, Simulation, Window
from personas.rules import Document, compare, evaluate
from personas.signals import exact_json
from personas.signals.insights import STALE

LEASE = timedelta(minutes=10)
FEWEST = 3  # education cards that everybody should have
BROKE = "It could not be finished. The fault is ours and has been logged; start it again."
TOO_LATE = "No worker finished it within 10 minutes. Start it again."
CHANGED = "The draft was changed before it was simulated. Start it again."


class Status(Word):
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class SimulationNotFound(NotThere):
    code = "SIMULATION_NOT_FOUND"
    sentence = "There is no such simulation."


def simulate(
    *,
    tenant_id: UUID,
    before: Document,
    after: Document,
    windows: Sequence[Window],
    today: date,
    as_of: date | None = None,
    cards: Mapping[str, int] | None = None,
    stopwatch: Callable[[], float] = perf_counter,
) -> dict[str, Any]:
    """What would change for whom, with the viewer's eyes; nothing is written. One pass per window.

    `cards` is how many education cards each persona has whatever the numbers of a person are.
    """
    began = stopwatch()
    paths = before.signals() | after.signals()
    few = [slug for slug, count in (cards or {}).items() if count < FEWEST]
    untold: set[str] = set()
    compared: dict[str, Any] = {}
    counts = {"users": 0, "no_signals": 0, "stale": 0}
    for window in windows:
        everybody = population.signals(tenant_id=tenant_id, window=window, paths=paths, as_of=as_of)
        people = everybody.filter(~everybody["no_signals"])
        compared[window.value] = compare(people, before, after)
        if few:
            untold |= set(people.filter(evaluate(people, after)["primary"].is_in(few))["user_id"])
        counts = {  # all windows are measured together, so each one counts the same people
            "users": everybody.height,
            "no_signals": everybody.height - people.height,
            "stale": int((people["as_of"] < (as_of or today) - timedelta(days=STALE)).sum()),
        }
    asked = list(cases.of_tenant(tenant_id, cases.State.OPEN))
    return {
        **counts,
        **({} if cards is None else {"education_below_three": len(untold), "education_cards": dict(cards)}),
        "duration_ms": round((stopwatch() - began) * 1000),
        "cases": {"checked": len(asked), "broken": cases.broken(asked, after)},
        "windows": compared,
    }


@transaction.atomic
def start(
    *,
    rule_set: RuleSet,
    windows: Sequence[Window],
    as_of: date | None,
    by: User,
    now: datetime,
    origin: Origin = NOWHERE,
) -> Simulation:
    """Ask for a simulation of the document as it is now; a worker runs it."""
    simulation = Simulation.objects.create(
        tenant_id=by.tenant_id,
        rule_set=rule_set,
        rule_set_hash=rule_set.hash,
        base_version=rulesets.active(tenant_id=by.tenant_id).version,
        windows=[window.value for window in Window if window in windows],
        as_of=as_of,
        created_by=by.actor,
        created_at=now,
    )
    audit.record(
        action=audit.Action.RULES_SIMULATE,
        tenant_id=by.tenant_id,
        operator_id=by.pk,
        now=now,
        object_type="rule_set",
        object_id=str(rule_set.pk),
        detail={"simulation_id": str(simulation.pk), "hash": rule_set.hash, "windows": simulation.windows},
        origin=origin,
    )
    return simulation


def due(*, tenant_id: UUID) -> list[UUID]:
    """Simulations that nobody has finished, oldest first."""
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        running = Simulation.objects.filter(tenant_id=tenant_id, status=Status.RUNNING)
        return list(running.order_by("created_at", "pk").values_list("pk", flat=True))


def run(
    *, simulation_id: UUID, tenant_id: UUID, now: datetime, cards: Mapping[str, int] | None = None
) -> Simulation | None:
    """Run one and keep its result; None when another worker has it or it has ended."""
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        simulation = _taken(simulation_id)
        if simulation is None:
            return None
        if now - simulation.created_at > LEASE:
            return _end(simulation, Status.FAILED, now, {"error": TOO_LATE})
        if simulation.rule_set.hash != simulation.rule_set_hash:
            return _end(simulation, Status.FAILED, now, {"error": CHANGED})
        active = rulesets.active(tenant_id=tenant_id)
        simulation.base_version = active.version
        result = simulate(
            tenant_id=tenant_id,
            before=active.document,
            after=rulesets.document_of(simulation.rule_set),
            windows=[Window(window) for window in simulation.windows],
            today=now.date(),
            as_of=simulation.as_of,
            cards=cards,
        )
        ended = now + timedelta(milliseconds=result["duration_ms"])
        return _end(simulation, Status.COMPLETED, ended, json.loads(exact_json(result)))


def give_up(*, simulation_id: UUID, tenant_id: UUID, now: datetime) -> Simulation | None:
    """After a fault of ours: it has failed, and says so."""
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        simulation = _taken(simulation_id)
        return simulation and _end(simulation, Status.FAILED, now, {"error": BROKE})


def find(*, simulation_id: UUID, tenant_id: UUID) -> Simulation:
    simulation = Simulation.objects.filter(pk=simulation_id, tenant_id=tenant_id).first()
    if simulation is None:
        raise SimulationNotFound
    return simulation


def told(simulation: Simulation, *, now: datetime) -> dict[str, Any]:
    """A simulation as its readers see it; who has revoked since stands in no sample, whether they agree anew or not."""
    late = simulation.status == Status.RUNNING and now - simulation.created_at > LEASE
    result: dict[str, Any] = {"error": TOO_LATE} if late else dict(simulation.result or {})
    windows = result.get("windows", {})
    shown = {one["user_id"] for window in windows.values() for one in window["sample"]}
    unbroken = ConsentRecord.objects.filter(
        purpose=Purpose.ANALYSIS, revoked_at=None, since__lte=simulation.created_at, user__in=shown
    )
    agreed = {str(pk) for pk in unbroken.values_list("user", flat=True)}
    for window in windows.values():
        window["sample"] = [one for one in window["sample"] if one["user_id"] in agreed]
    return {
        "simulation_id": str(simulation.pk),
        "status": Status.FAILED.value if late else simulation.status,
        "rule_set_hash": simulation.rule_set_hash,
        "base_version": simulation.base_version,
        "as_of": simulation.as_of,
        "finished_at": simulation.finished_at,
        **result,
    }


def _taken(simulation_id: UUID) -> Simulation | None:
    mine = Simulation.objects.select_for_update(skip_locked=True, of=("self",)).select_related("rule_set")
    return mine.filter(pk=simulation_id, status=Status.RUNNING).first()


def _end(simulation: Simulation, status: Status, now: datetime, result: dict[str, Any]) -> Simulation:
    simulation.status, simulation.finished_at, simulation.result = status.value, now, result
    simulation.save(update_fields=["status", "finished_at", "result", "base_version"])
    return simulation
