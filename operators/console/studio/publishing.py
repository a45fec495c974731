"""Putting rules in force: a draft after its simulation, or an earlier version again; each with its number typed."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts import anchors, tasks
from accounts.models import User
from accounts.refusals import Refused, Unacceptable
from operators.console.pages import acting, frame
from operators.console.studio.editing import findings
from operators.console.studio.listing import TITLES, found, title_of
from personas import releases, rulesets
from personas.models import RuleSet
from personas.models.rulesets import Status


class OtherNumber(Unacceptable):
    code = "CONFIRMATION_REQUIRED"

    def __init__(self, version: int) -> None:
        super().__init__(f"Type {version}, the number of the version, to confirm.")


def publish(request: HttpRequest, by: User, id: UUID) -> HttpResponse:
    row = found(id, by)
    ready = releases.readiness(rule_set=row, tenant_id=by.tenant_id, now=timezone.now())
    if request.method != "POST":
        return _publication(request, row, ready)
    waivers = {one.case.pk: said for one in ready.broken if (said := request.POST.get(f"waive-{one.case.pk}", ""))}
    try:
        _confirmed(request, ready.version)
        published = rulesets.publish(
            rule_set_id=row.pk,
            simulation_id=ready.simulation.pk if ready.simulation else None,
            note=request.POST.get("note", ""),
            waivers=waivers,
            **acting(request, by),
        )
    except Refused as refused:
        return _publication(request, row, ready, refused)
    return _done(request, by, published)


def roll_back(request: HttpRequest, by: User, id: UUID) -> HttpResponse:
    row = found(id, by)
    if row.version is None:
        raise rulesets.RuleSetNotFound
    if request.method != "POST":
        return _rolling(request, by, row)
    try:
        _confirmed(request, row.version)
        published = rulesets.roll_back(version=row.version, note=request.POST.get("note", ""), **acting(request, by))
    except Refused as refused:
        return _rolling(request, by, row, refused)
    return _done(request, by, published)


def _done(request: HttpRequest, by: User, published: rulesets.Published) -> HttpResponse:
    transaction.on_commit(tasks.wake)  # somebody is due now
    anchors.soon(tenant_id=by.tenant_id, now=timezone.now())
    version, due, broken = published.rule_set.version, published.users_due, len(published.cases_broken)
    people = "1 person becomes" if due == 1 else f"{due:,} people become"
    messages.success(request, f"Version {version} is in force. {people} due and will be assigned anew.")
    if broken:
        cases = "1 override case is" if broken == 1 else f"{broken} override cases are"
        messages.warning(request, f"{cases} not honoured by it.")
    return redirect("admin:personas_ruleset_change", published.rule_set.pk)


def _confirmed(request: HttpRequest, version: int) -> None:
    if request.POST.get("typed", "").strip() != str(version):
        raise OtherNumber(version)


def _publication(
    request: HttpRequest, row: RuleSet, ready: releases.Readiness, refused: Refused | None = None
) -> HttpResponse:
    shown = {
        "row": row,
        "ready": ready,
        "draft": row.status == Status.DRAFT,
        "broken": _told(request, ready.broken),
        "findings": findings(rulesets.document_of(row)),
        **_typed(request),
    }
    status = refused.status if refused else 200
    return frame(
        request, "studio/publish", f"Publish: {title_of(row).lower()}", status=status, refused=refused, **shown
    )


def _rolling(request: HttpRequest, by: User, row: RuleSet, refused: Refused | None = None) -> HttpResponse:
    shown = {
        "row": row,
        "active": rulesets.active(tenant_id=by.tenant_id),
        "since": releases.since(rule_set=row, tenant_id=by.tenant_id),
        "broken": _told(request, releases.broken(rule_set=row, tenant_id=by.tenant_id)),
        "next": rulesets.next_version(tenant_id=by.tenant_id),
        "due": rulesets.due_after(tenant_id=by.tenant_id),
        **_typed(request),
    }
    status = refused.status if refused else 200
    return frame(
        request, "studio/roll_back", f"Roll back to version {row.version}", status=status, refused=refused, **shown
    )


def _typed(request: HttpRequest) -> dict[str, str]:
    return {"note": request.POST.get("note", ""), "number": request.POST.get("typed", "")}


def _told(request: HttpRequest, broken: list[releases.BrokenCase]) -> list[dict[str, Any]]:
    return [
        {
            "case": one.case,
            "expected": TITLES[one.case.expected_persona],
            "got": TITLES[one.got],
            "said": request.POST.get(f"waive-{one.case.pk}", ""),
        }
        for one in broken
    ]
