"""The decision page: one item with all its evidence, and every act that it allows."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.refusals import NotThere, Refused
from operators import actions, desk, evidence, notes, opening
from operators.console.pages import acting, frame
from operators.models import TagName
from recommendations import claims, flags, reviewing
from recommendations.lifecycle import OPEN, Status
from recommendations.models import Recommendation

CHANGE = "admin:operators_reviewitem_change"
QUEUE = "admin:operators_reviewitem_changelist"


def change(request: HttpRequest, by: User, item: UUID) -> HttpResponse:
    return shown(request, by, item)


def shown(
    request: HttpRequest,
    by: User,
    item: UUID,
    *,
    asking: str = "",
    refused: Refused | None = None,
    typed: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The page, with one of its dialogs open, or with what was refused in a sentence and what was typed."""
    now = timezone.now()
    try:
        opened = opening.open_item(item_id=item, today=timezone.localdate(), **acting(request, by))
    except NotThere as gone:
        return frame(request, "item/gone", "Not there", status=gone.status, refused=gone)
    found = opened.evidence
    lately = desk.lately(by=by, now=now)
    return frame(
        request,
        "item/page",
        found.item.title,
        status=refused.status if refused else 200,
        refused=refused,
        typed=typed or {},
        asking=asking,
        found=found,
        item=found.item,
        held=opened.held,
        theirs=bool(opened.held and not opened.held.mine),
        pending=found.item.status == Status.PENDING,
        open=found.item.status in OPEN,
        undo_until=found.undo_until(by, now),
        lately=lately if lately and lately.item_id != item else None,
        audit=evidence.recorded(found.item, by=by),
        tags_left=[
            (name, label) for name, label in TagName.choices() if name not in {tag.tag_name for tag in found.tags}
        ],
        by=by,
        now=now,
    )


def following(request: HttpRequest, by: User, after: Recommendation) -> HttpResponse:
    """The next item that waits, or the queue, which says that nothing does."""
    upcoming = desk.upcoming(by=by, now=timezone.now(), after=after)
    return redirect(CHANGE, item=upcoming) if upcoming else redirect(QUEUE)


def skip(request: HttpRequest, by: User, item: UUID) -> HttpResponse:
    """Let go of this one undecided, and go on with the next."""
    left = Recommendation.objects.filter(pk=item).first()
    if left is None:
        return shown(request, by, item)
    claims.release(item_id=item, by=by)
    return following(request, by, left)


def approve(request: HttpRequest, by: User, item: UUID) -> HttpResponse:
    """What is stale, or of a card that has been written anew, is asked about once more."""
    typed = {"notes": request.POST.get("notes", "")}
    if "sure" not in request.POST and desk.doubtful(item_id=item, today=timezone.localdate()):
        return shown(request, by, item, asking="sure", typed=typed)
    try:
        done = reviewing.approve(**decision(request, by, item), notes=typed["notes"])
    except Refused as refused:
        return shown(request, by, item, refused=refused, typed=typed)
    messages.success(request, f"Approved “{done.title}”.")
    return following(request, by, done)


def reject(request: HttpRequest, by: User, item: UUID) -> HttpResponse:
    return _with_reason(request, by, item, "reject", lambda **told: following(request, by, reviewing.reject(**told)))


def flag(request: HttpRequest, by: User, item: UUID) -> HttpResponse:
    def raised(**told: Any) -> HttpResponse:
        flags.raise_flag(**told)
        return redirect(CHANGE, item=item)

    return _with_reason(request, by, item, "flag", raised)


def override(request: HttpRequest, by: User, item: UUID) -> HttpResponse:
    def overridden(**told: Any) -> HttpResponse:
        _, taken = actions.override_item(**told)
        return following(request, by, taken)

    return _with_reason(request, by, item, "override", overridden)


DONE = {
    "reject": "Rejected. It is not proposed to this person again for 90 days.",
    "flag": "Flagged. Nobody can approve it, and nobody is shown it, until the flag is resolved.",
    "override": "Taken back for good.",
}


def _with_reason(
    request: HttpRequest, by: User, item: UUID, verb: str, act: Callable[..., HttpResponse]
) -> HttpResponse:
    """A dialog asks for the reason; without scripts it stands open on the page."""
    if request.method != "POST":
        return shown(request, by, item, asking=verb)
    reason = request.POST.get("reason", "")
    try:
        answer = act(**decision(request, by, item), reason=reason)
    except Refused as refused:
        return shown(request, by, item, refused=refused, asking=verb, typed={"reason": reason})
    messages.success(request, DONE[verb])
    return answer


def undo(request: HttpRequest, by: User, item: UUID) -> HttpResponse:
    try:
        undone = reviewing.undo(**decision(request, by, item))
    except Refused as refused:
        return shown(request, by, item, refused=refused)
    messages.success(request, f"Taken back: “{undone.title}” waits again.")
    return redirect(CHANGE, item=item)


def hold(request: HttpRequest, by: User, item: UUID) -> HttpResponse:
    """Asked again and again while the page is open; a press of a button leads back to the page."""
    take_over = "take_over" in request.POST
    try:
        held = opening.hold(item_id=item, by=by, now=timezone.now(), take_over=take_over)
    except NotThere as gone:
        return frame(request, "item/gone", "Not there", status=gone.status, refused=gone)
    if "pressed" in request.POST:
        return redirect(CHANGE, item=item)
    status = 200 if held and held.mine else 409
    told = {"held": held, "item": {"pk": item}, "was_mine": True, "now": timezone.now()}
    return render(request, "console/item/hold.html", told, status=status)


def note(request: HttpRequest, by: User, item: UUID) -> HttpResponse:
    text = request.POST.get("note_text", "")
    try:
        notes.write(item_id=item, text=text, **acting(request, by))
    except Refused as refused:
        return shown(request, by, item, refused=refused, typed={"note": text})
    return redirect(f"{_address(item)}#notes")


def tag(request: HttpRequest, by: User, item: UUID) -> HttpResponse:
    try:
        notes.tag(item_id=item, name=request.POST.get("tag_name", ""), **acting(request, by))
    except Refused as refused:
        return shown(request, by, item, refused=refused)
    return redirect(f"{_address(item)}#tags")


def decision(request: HttpRequest, by: User, item: UUID) -> dict[str, Any]:
    """About the item as it was when the page was read."""
    read = request.POST.get("revision", "")
    revision = int(read) if read.isascii() and read.isdigit() and len(read) < 9 else None
    return {"item_id": item, "revision": revision, **acting(request, by)}


def _address(item: UUID) -> str:
    return reverse(CHANGE, kwargs={"item": item})
