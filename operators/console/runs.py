"""Runs over the population, to watch, and to put back what failed."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts import tasks
from accounts.models import User
from accounts.refusals import NotThere, Refused
from operators.console.listing import Column, Filter, Listing, Shown, asked
from operators.console.pages import acting, frame, refusal
from personas import runs
from personas.models import Run
from personas.models.runs import INTERRUPTED, RunStatus

STAGES = {runs.DUE: "Who is due", runs.EVERYBODY: "Everybody", runs.ONE: "One person"}
STATUSES = (*((word, word.replace("_", " ").capitalize()) for word in RunStatus.values()), (INTERRUPTED, "Interrupted"))
LISTING = Listing(
    columns=(
        Column("Started", "started_at"),
        Column("What for", "stage"),
        Column("Status", "standing"),
        Column("People", "users", number=True),
        Column("Done", "done", number=True),
        Column("Changed", "changed", number=True),
        Column("Failed", "failed", number=True),
        Column("Finished", "finished_at"),
    ),
    sort="-started_at",
    filters=(Filter("status", "Status", STATUSES), Filter("stage", "What for", tuple(STAGES.items()))),
)


def listed(request: HttpRequest, by: User) -> HttpResponse:
    query = asked(request.GET, LISTING)
    wanted = {"standing": query.one("status"), "stage": query.one("stage")}
    rows = runs.of_tenant(tenant_id=by.tenant_id, now=timezone.now(), **wanted)
    ordered = rows.order_by(("-" if query.descending else "") + query.sort, "run_id")
    page = [(run, STAGES.get(run.stage, run.stage)) for run in ordered[query.offset : query.offset + query.size]]
    return frame(request, "runs/list", "Runs", shown=Shown(query, list(page), rows.count(), "runs"))


def one(request: HttpRequest, by: User, run_id: UUID) -> HttpResponse:
    return frame(request, "runs/one", "Run", **_shown(by, run_id))


def retry(request: HttpRequest, by: User, run_id: UUID) -> HttpResponse:
    try:
        runs.retry(run_id=run_id, **acting(request, by))
    except NotThere as missing:
        raise Http404 from missing
    except Refused as refused:
        return refusal(request, "runs/one", "Run", refused, **_shown(by, run_id))
    transaction.on_commit(tasks.wake)
    messages.success(request, "Put back. Workers take the failed shards up again.")
    return redirect("admin:operators_run_change", run_id)


def _shown(by: User, run_id: UUID) -> dict[str, Any]:
    run: Run | None = runs.of_tenant(tenant_id=by.tenant_id, now=timezone.now()).filter(pk=run_id).first()
    if run is None:
        raise Http404
    return {"run": run, "stage": STAGES.get(run.stage, run.stage), "shards": run.shards.order_by("shard")}
