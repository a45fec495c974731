"""One rule set as a form: a row for each criterion, with how many people meet it now and what is wrong with it."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.models import User
from accounts.refusals import Refused
from accounts.stated import LONGEST
from operators.console import names
from operators.console.pages import acting, frame
from operators.console.studio.listing import found, status_of, title_of
from personas import meeting, rules, rulesets
from personas.models import RuleSet, Window
from personas.models.rulesets import Status
from personas.rules import editing
from personas.rules.document import Op
from personas.rules.outline import outline

SECONDS = 1.0  # that a page may think about contradictions; the route of the linter has longer
OPS = {Op.AT_LEAST: "≥", Op.ABOVE: ">", Op.AT_MOST: "≤", Op.BELOW: "<", Op.EQUAL: "=", Op.IN: "one of"}


def rule_set(request: HttpRequest, by: User, id: UUID) -> HttpResponse:
    row = found(id, by)
    return _shown(request, by, row, row.document)


def draft(request: HttpRequest, by: User, id: UUID) -> HttpResponse:
    """A button of the form: it saves, reads the raw JSON, or moves a row; what is typed stays until it is saved."""
    row, deed = found(id, by), request.POST.get("do", "check")
    document = editing.parse(request.POST.dict())
    if row.status != Status.DRAFT:
        return _shown(request, by, row, row.document, refused=rulesets.NotADraft())
    if deed == "raw":
        return _from_json(request, by, row, document)
    if deed == "save":
        return _saved(request, by, row, document)
    return _shown(request, by, row, editing.edited(document, deed), typed=True)


def discard(request: HttpRequest, by: User, id: UUID) -> HttpResponse:
    row = found(id, by)
    if "sure" not in request.POST:
        return frame(request, "studio/discard", f"Discard: {title_of(row)}", row=row)
    try:
        rulesets.discard(rule_set_id=row.pk, **acting(request, by))
    except Refused as refused:
        return frame(
            request, "studio/discard", f"Discard: {title_of(row)}", status=refused.status, refused=refused, row=row
        )
    messages.success(request, "The draft and its simulations are gone.")
    return redirect("admin:personas_ruleset_changelist")


@lru_cache(maxsize=32)
def findings(document: rules.Document) -> tuple[rules.Finding, ...]:
    """They depend on the document alone, and the same one is looked at many times."""
    return tuple(rules.lint(document, seconds=SECONDS))


def _saved(request: HttpRequest, by: User, row: RuleSet, document: Mapping[str, Any]) -> HttpResponse:
    base = request.POST.get("base_version", "")
    try:
        rulesets.change(
            rule_set_id=row.pk,
            document=document,
            note=request.POST.get("note", "").strip()[:LONGEST],
            base_version=int(base) if base.isascii() and base.isdecimal() and len(base) < 9 else None,
            expected=request.POST.get("hash"),
            **acting(request, by),
        )
    except Refused as refused:
        return _shown(request, by, row, document, refused=refused, typed=True)
    messages.success(request, "The draft is saved.")
    return redirect("admin:personas_ruleset_change", row.pk)


def _from_json(request: HttpRequest, by: User, row: RuleSet, former: Mapping[str, Any]) -> HttpResponse:
    """The form as the raw JSON says; where that is no rule set, the JSON stays as it was typed."""
    text = request.POST.get("raw", "")
    try:
        read = rules.read(text.encode("utf-8", "replace"))
    except rules.InvalidDocument as invalid:
        refused = rulesets.RuleSetInvalid(invalid.errors)
        return _shown(request, by, row, former, refused=refused, typed=True, raw=text, raw_errors=invalid.errors)
    return _shown(request, by, row, {**read.as_json(), "name": read.name}, typed=True)


def _shown(
    request: HttpRequest,
    by: User,
    row: RuleSet,
    document: Mapping[str, Any],
    *,
    refused: Refused | None = None,
    typed: bool = False,
    raw: str | None = None,
    raw_errors: Sequence[rules.Error] = (),
) -> HttpResponse:
    active = rulesets.active(tenant_id=by.tenant_id)
    errors: Sequence[rules.Error] = ()
    found_by_linter: tuple[rules.Finding, ...] = ()
    try:
        found_by_linter = findings(rules.read({**document, "version": None}))
    except rules.InvalidDocument as invalid:
        errors = invalid.errors
    asked = request.GET.get("window", "")
    window = Window(asked) if asked in Window.values() else Window.DAYS_30
    met = meeting.meeting(tenant_id=by.tenant_id, window=window, nodes=editing.nodes(document))
    people = names.of([row.created_by, row.published_by])
    editable = row.status == Status.DRAFT and by.has_perm("personas.draft_rules")
    shown = {
        "row": row,
        "active": active,
        "state": status_of(row, active),
        "made_by": people[row.created_by],
        "published_by": people[row.published_by],
        "sections": outline(document, met=met.met, errors=errors, findings=found_by_linter),
        "meeting": met,
        "window": window,
        "windows": Window.values(),
        "errors": errors,
        "findings": found_by_linter,
        "editable": editable,
        "typed": typed,
        "note": request.POST.get("note", row.note),
        "held": request.POST.get("hash", row.hash),
        "name": document.get("name", ""),
        "raw": raw if raw is not None else json.dumps(document, indent=2, ensure_ascii=False),
        "raw_errors": raw_errors,
        "signals": editing.CHOICES,
        "ops": list(OPS.items()),
    }
    status = refused.status if refused else 200
    return frame(request, "studio/rules", title_of(row), status=status, refused=refused, **shown)
