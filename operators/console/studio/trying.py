"""Simulations: asked for, waited for, and read as charts and tables."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts import tasks
from accounts.models import User
from accounts.refusals import Refused, Unacceptable
from operators.charts import Chart, heat, paired
from operators.console import names
from operators.console.pages import acting, frame
from operators.console.studio.listing import TITLES, found, title_of
from personas import rulesets, simulating, simulationfiles
from personas.models import RuleSet, Window
from personas.simulationfiles import Form

USUAL = [Window.DAYS_30.value, Window.DAYS_180.value]
SHORT = dict(zip(TITLES, ("Utilization", "Variable income", "Subscriptions", "Savings", "Wellness"), strict=True))
KEPT = 50


class WishUnclear(Unacceptable):
    sentence = "Choose at least one window, and no day or a day of the past."


def simulations(request: HttpRequest, by: User, id: UUID) -> HttpResponse:
    """What was tried with a rule set, and the form that tries it again."""
    return _asked(request, by, found(id, by))


def simulate(request: HttpRequest, by: User, id: UUID) -> HttpResponse:
    row = found(id, by)
    try:
        started = simulating.start(rule_set=row, **_wish(request), **acting(request, by))
    except Refused as refused:
        return _asked(request, by, row, refused)
    transaction.on_commit(tasks.wake)
    return redirect("admin:personas_simulation_change", started.pk)


def simulation(request: HttpRequest, by: User, id: UUID) -> HttpResponse:
    """One simulation: that it runs, why it failed, or what would change for whom."""
    kept, now = simulating.find(simulation_id=id, tenant_id=by.tenant_id), timezone.now()
    row, told = found(kept.rule_set_id, by), simulating.told(kept, now=now)
    active = rulesets.active(tenant_id=by.tenant_id)
    shown: dict[str, Any] = {
        "row": row,
        "kept": kept,
        "told": told,
        "asked_by": names.of([kept.created_by])[kept.created_by],
        "about_now": kept.rule_set_hash == row.hash and told["base_version"] == active.version,
        "windows": [_window(name, window) for name, window in told.get("windows", {}).items()],
        "few": [
            (TITLES[slug], count)
            for slug, count in told.get("education_cards", {}).items()
            if count < simulating.FEWEST
        ],
        "broken": [
            {**case, "expected": TITLES[case["expected_persona"]], "given": TITLES[case["got"]]}
            for case in told.get("cases", {}).get("broken", [])
        ],
    }
    return frame(request, "studio/simulation", f"Simulation of {title_of(row).lower()}", **shown)


def export_json(request: HttpRequest, by: User, id: UUID) -> HttpResponse:
    return _file(request, by, id, Form.JSON)


def export_csv(request: HttpRequest, by: User, id: UUID) -> HttpResponse:
    return _file(request, by, id, Form.CSV)


def _file(request: HttpRequest, by: User, id: UUID, form: Form) -> HttpResponse:
    try:
        file = simulationfiles.export(simulation_id=id, form=form, **acting(request, by))
    except simulationfiles.NotCompleted as refused:
        messages.error(request, str(refused))
        return redirect("admin:personas_simulation_change", id)
    named = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return HttpResponse(file.text, content_type=file.media_type, headers=named)


def _wish(request: HttpRequest) -> dict[str, Any]:
    windows = [Window(one) for one in request.POST.getlist("windows") if one in Window.values()]
    said = request.POST.get("as_of", "").strip()
    try:
        as_of = date.fromisoformat(said) if said else None
    except ValueError:
        raise WishUnclear from None
    if not windows or (as_of and as_of > timezone.localdate()):
        raise WishUnclear
    return {"windows": windows, "as_of": as_of}


def _asked(request: HttpRequest, by: User, row: RuleSet, refused: Refused | None = None) -> HttpResponse:
    tried = list(row.simulations.order_by("-created_at", "pk")[:KEPT])
    said = names.of(one.created_by for one in tried)
    shown = {
        "row": row,
        "tried": [{"one": one, "by": said[one.created_by], "current": one.rule_set_hash == row.hash} for one in tried],
        "windows": [(window, window in (request.POST.getlist("windows") or USUAL)) for window in Window.values()],
        "as_of": request.POST.get("as_of", ""),
        "today": timezone.localdate(),
    }
    status = refused.status if refused else 200
    return frame(
        request, "studio/simulations", f"Simulations: {title_of(row).lower()}", status=status, refused=refused, **shown
    )


def _window(name: str, found: dict[str, Any]) -> dict[str, Any]:
    criteria = [{**one, "delta": _delta(one["met_before"], one["met_after"])} for one in found["criteria"]]
    return {
        "name": name,
        "found": found,
        "personas": _personas(name, found),
        "movements": _movements(name, found),
        "strengths": [{**one, "persona": TITLES[one["persona"]]} for one in found["strength_changes"]],
        "turned": [one for one in criteria if one["delta"] != "0"],
        "steady": [one for one in criteria if one["delta"] == "0"],
        "sample": [
            {
                "user_id": one["user_id"],
                "from": TITLES[one["from"]],
                "to": TITLES[one["to"]],
                "criteria": [criterion for criterion in one["criteria"] if criterion["met"] != criterion["met_before"]],
            }
            for one in found["sample"]
        ],
    }


def _personas(name: str, found: dict[str, Any]) -> Chart:
    rows = [(title, found["before"][slug], found["after"][slug]) for slug, title in TITLES.items()]
    return paired(f"People by persona, {name}", ("Before", "After"), rows, of="persona")


def _movements(name: str, found: dict[str, Any]) -> Chart:
    counts = {(one["from"], one["to"]): one["count"] for one in found["movements"]}
    cells = [(title, [counts.get((slug, to)) for to in TITLES]) for slug, title in TITLES.items()]
    return heat(f"Movements, {name}", cells, list(SHORT.values()), down="persona before", across="persona after")


def _delta(before: int | None, after: int | None) -> str:
    if before is None or after is None:
        return "new" if before is None else "gone"
    return f"{after - before:+,}" if after != before else "0"
