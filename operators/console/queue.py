"""The review queue in the console: its page, what a row of it does, and what has come since it was opened."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.models import User
from accounts.refusals import Refused
from operators import desk, opening, workload
from operators import queue as waiting
from operators.console import queuelist
from operators.console.listing import Shown, asked
from operators.console.pages import acting, frame, refusal
from operators.queue import ReviewItem
from recommendations import reviewing
from recommendations.items import RecommendationNotFound
from recommendations.models import Recommendation

LIST = "admin:operators_reviewitem_changelist"
SHOWN_AT_ONCE = 100


def queue(request: HttpRequest, by: User) -> HttpResponse:
    now = timezone.now()
    wish = asked(request.GET, queuelist.listing(by))
    page = waiting.page(by=by, asked=queuelist.wanted(wish), now=now, limit=wish.size, offset=wish.offset)
    lately = desk.lately(by=by, now=now)
    return frame(
        request,
        "queue/page",
        "Review queue",
        shown=Shown(wish, list(page.items), page.total, "items"),
        at=queuelist.number(request.GET.get("at")),
        back=queuelist.query(wish),
        lately=lately,
        last=None if page.total else workload.last_decision(by=by),
        by=by,
        now=now,
    )


def news(request: HttpRequest, by: User) -> HttpResponse:
    """Asked every few seconds by an open page: how many have come since, and who holds what it shows."""
    now = timezone.now()
    since = _moment(request.POST.get("since")) or now
    wish = asked(request.GET, queuelist.listing(by))
    held = {one.recommendation_id: one for one in waiting.holds(by=by, now=now)}
    ids = [known for text in request.POST.getlist("item")[:SHOWN_AT_ONCE] if (known := queuelist.known(text))]
    new = waiting.count(by=by, asked=queuelist.wanted(wish, since=since), now=now)
    told = {"new": new, "held": [(item_id, held.get(item_id)) for item_id in ids], "back": queuelist.query(wish)}
    return render(request, "console/queue/news.html", told | {"by": by, "url": reverse(LIST)})


def decide(request: HttpRequest, by: User) -> HttpResponse:
    """One item out of its row: approve and undo at once, reject with a reason, what is doubtful asked once more."""
    verb = _said(request, "verb")
    known, _, revision = _said(request, "item").partition(".")
    item_id = queuelist.known(known)
    row = _row(by, item_id) if item_id else None
    if row is None or verb not in VERBS:
        return frame(request, "queue/gone", "Not there", status=404, refused=RecommendationNotFound())
    doubtful = verb == "approve" and (row.stale or row.newer_card) and not _said(request, "sure")
    if request.method != "POST" or doubtful:
        return _asking(request, by, row, verb)
    try:
        what = {"item_id": row.item.pk, "revision": queuelist.number(revision), **acting(request, by)}
        done = _decided(verb, _said(request, "reason"), what)
    except Refused as refused:
        return _asking(request, by, _row(by, row.item.pk) or row, verb, refused)
    messages.success(request, VERBS[verb].format(done.title))
    return redirect(queuelist.address(_said(request, "back"), _said(request, "at")))


VERBS = {
    "approve": "Approved “{}”.",
    "reject": "Rejected “{}”. It is not proposed to this person again for 90 days.",
    "undo": "Taken back: “{}” waits again.",
}


def _said(request: HttpRequest, name: str) -> str:
    """A dialog gives the address of its link and the fields of its form."""
    return str(request.POST.get(name, request.GET.get(name, "")))


def _decided(verb: str, reason: str, what: dict[str, Any]) -> Recommendation:
    if verb == "approve":
        return reviewing.approve(**what)
    return reviewing.reject(**what, reason=reason) if verb == "reject" else reviewing.undo(**what)


def _asking(request: HttpRequest, by: User, row: ReviewItem, verb: str, refused: Refused | None = None) -> HttpResponse:
    """The question on a page of its own, with what was refused and what was typed; it shows one person's item."""
    opening.opened_row(item=row.item, **acting(request, by))
    told: dict[str, Any] = {"row": row, "verb": verb}
    told |= {name: _said(request, name) for name in ("back", "at", "reason")}
    if refused:
        return refusal(request, "queue/one", row.item.title, refused, **told)
    return frame(request, "queue/one", row.item.title, **told)


def _row(by: User, item_id: UUID) -> ReviewItem | None:
    items = list(Recommendation.objects.select_related("user", "card").filter(pk=item_id))
    return next(iter(waiting.seen(items, by=by, now=timezone.now())), None)


def _moment(text: str | None) -> datetime | None:
    try:
        found = parse_datetime(text or "")
    except ValueError:
        return None
    return found if found and timezone.is_aware(found) else None
