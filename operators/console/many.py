"""Many items of the queue at once: what would become of each, the confirmation, and what came of it."""

from collections import Counter
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.models import User
from accounts.refusals import Refused, Unacceptable
from operators import bulk, queue
from operators.bulk import Deed, Many
from operators.console import queuelist
from operators.console.pages import acting, frame, refusal
from operators.models import TagName
from operators.queue import ReviewItem
from recommendations.models import Recommendation

COUNTED = 20  # up to so many the list is confirmation enough
TITLES = {Deed.APPROVE: "Approve", Deed.REJECT: "Reject", Deed.TAG: "Tag"}
DONE = {Deed.APPROVE: "approved", Deed.REJECT: "rejected", Deed.TAG: "tagged"}
LINKED = 10


class NotCounted(Unacceptable):
    sentence = "Type how many items you chose, so that nobody decides about many by mistake."


class NothingChosen(Unacceptable):
    sentence = f"Nothing was done: choose between 1 and {bulk.MOST} items first."


def many(request: HttpRequest, by: User) -> HttpResponse:
    sent = request.POST
    chosen = list(dict.fromkeys(sent.getlist("item")))
    deed = next((one for one in Deed if one.value == sent.get("deed")), None)
    if deed is None or not 1 <= len(chosen) <= bulk.MOST:
        messages.error(request, NothingChosen.sentence)
        return redirect(queuelist.address(sent.get("back", "")))
    if "sure" not in sent:
        return _asking(request, by, deed, chosen)
    try:
        if len(chosen) > COUNTED and sent.get("count", "").strip() != str(len(chosen)):
            raise NotCounted
        done = bulk.do(deed=deed, item_ids=chosen, said=sent.get("said", ""), batch_id=uuid4(), **acting(request, by))
    except Refused as refused:
        return _asking(request, by, deed, chosen, refused)
    (messages.success if done.succeeded else messages.warning)(request, told(done))
    return redirect(queuelist.address(sent.get("back", "")))


def _asking(
    request: HttpRequest, by: User, deed: Deed, chosen: list[str], refused: Refused | None = None
) -> HttpResponse:
    rows = _rows(by, chosen)
    looked = [(row, bulk.hindrance(row, deed, by)) for row in rows]
    shown: dict[str, Any] = {
        "deed": deed.value,
        "does": TITLES[deed],
        "rows": looked,
        "hindered": sum(bool(why) for _, why in looked) + len(chosen) - len(rows),
        "gone": len(chosen) - len(rows),
        "chosen": chosen,
        "counted": len(chosen) > COUNTED,
        "tags": TagName.choices(),
        "said": request.POST.get("said", ""),
        "back": request.POST.get("back", ""),
        "now": timezone.now(),
    }
    title = f"{TITLES[deed]} {len(chosen)} item{'' if len(chosen) == 1 else 's'}"
    if refused:
        return refusal(request, "queue/many", title, refused, **shown)
    return frame(request, "queue/many", title, **shown)


def _rows(by: User, chosen: list[str]) -> list[ReviewItem]:
    """In the order they were chosen, without those that are not there any more."""
    ids = [item_id for one in chosen if (item_id := queuelist.known(one))]
    found = {one.pk: one for one in Recommendation.objects.select_related("user").filter(pk__in=ids)}
    return queue.seen([found[one] for one in ids if one in found], by=by, now=timezone.now())


def told(done: Many) -> SafeString:
    """ "7 approved, 1 already decided, 2 failed: ...", with a link to each that can be opened."""
    decided = [one for one in done.failed if one.code == "ALREADY_DECIDED"]
    others = [one for one in done.failed if one.code != "ALREADY_DECIDED"]
    parts = [f"{len(done.succeeded)} {DONE[done.deed]}"]
    parts += [f"{len(decided)} already decided"] if decided else []
    parts += [f"{len(others)} failed"] if others else []
    sentence = ", ".join(parts)
    if not others:
        return format_html("{}.", sentence)
    reasons = Counter(one.detail for one in others)
    links = {
        why: format_html_join(
            ", ",
            '<a href="{}">{}</a>',
            ((_link(one.asked), one.asked[:8]) for one in [one for one in others if one.detail == why][:LINKED]),
        )
        for why in reasons
    }
    said = format_html_join(" ", "{} ({}{})", ((why, links[why], _more(count)) for why, count in reasons.items()))
    return format_html("{}: {}", sentence, said)


def _more(count: int) -> str:
    return f" and {count - LINKED} more" if count > LINKED else ""


def _link(text: str) -> str:
    item_id = queuelist.known(text)
    return reverse("admin:operators_reviewitem_change", args=[item_id or UUID(int=0)])
