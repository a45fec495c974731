"""The page on which an item is edited: checked while one types, and compared word by word before it is kept."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.fingerprints import fingerprint
from accounts.models import User
from accounts.refusals import NotThere, Refused
from operators import evidence, opening
from operators.console.item import CHANGE, decision
from operators.console.pages import acting, frame
from operators.wordings import compared
from recommendations import edits, reviewing
from recommendations.edits import EDITABLE, EditInvalid
from recommendations.models import Priority


def modify(request: HttpRequest, by: User, item: UUID) -> HttpResponse:
    if request.method != "POST":
        return _shown(request, by, item)
    typed = {name: request.POST.get(name, "").replace("\r\n", "\n") for name in EDITABLE}
    if "check" in request.POST or request.POST.get("seen") != fingerprint(typed):
        return _shown(request, by, item, typed, comparing="check" not in request.POST)
    try:
        changed = reviewing.modify(**decision(request, by, item), changes=typed)
    except Refused as refused:
        return _shown(request, by, item, typed, refused=refused)
    messages.success(request, f"Kept your edit of “{changed.title}”. It waits for a decision.")
    return redirect(CHANGE, item=item)


def _shown(
    request: HttpRequest,
    by: User,
    item: UUID,
    typed: Mapping[str, str] | None = None,
    *,
    comparing: bool = False,
    refused: Refused | None = None,
) -> HttpResponse:
    try:
        opened = opening.open_item(item_id=item, today=timezone.localdate(), **acting(request, by))
    except NotThere as gone:
        return frame(request, "item/gone", "Not there", status=gone.status, refused=gone)
    found = opened.evidence
    now = {name: typed.get(name, "") if typed else getattr(found.item, name) for name in EDITABLE}
    return frame(
        request,
        "item/modify",
        f"Modify: {found.item.title}",
        status=refused.status if refused else 200,
        refused=refused,
        found=found,
        item=found.item,
        held=opened.held,
        typed=now,
        comparing=comparing,
        priorities=Priority.choices(),
        revision=request.POST.get("revision") or found.item.revision,
        **_tried(found, now),
    )


def _tried(found: evidence.Evidence, typed: Mapping[str, str]) -> dict[str, Any]:
    """What would become of these words: what is wrong with them, what the guardrails say, and what changes."""
    item = found.item
    try:
        changed, wrong = edits.valid(item, typed), []
    except EditInvalid as invalid:
        changed, wrong = {}, invalid.extra.get("errors", [])
    checks = edits.checked(item, changed, trace=found.trace) if changed else found.checks
    differing = {name: text for name, text in typed.items() if text.strip() != getattr(item, name)}
    return {
        "wrong": {one["field"]: one["message"] for one in wrong},
        "checks": checks,
        "passes": bool(changed) and all(check.status != "fail" for check in checks),
        "changes": [(name, compared(str(getattr(item, name)), text.strip())) for name, text in differing.items()],
        "seen": fingerprint(typed) if changed else "",
    }
