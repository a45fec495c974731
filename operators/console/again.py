"""Many people considered again at once: who they are, the question whether to, and what came of it."""

from collections import Counter, defaultdict
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts import tasks
from accounts.models import User
from accounts.refusals import Refused
from operators import days, generating, people
from operators.console.pages import acting, frame, refusal
from operators.console.people import line
from operators.console.queuelist import known
from operators.generating import Generated
from operators.people import Sort, Wanted
from recommendations.models import Outcome

NOTHING_CHOSEN = f"Nothing was done: choose between 1 and {generating.MOST} people first."
WHY_NOTHING = {
    Outcome.UNCHANGED: "nothing changed",
    Outcome.INSUFFICIENT_CONTENT: "too few cards fit",
    Outcome.NO_ASSIGNMENT: "no persona yet",
    Outcome.NO_SIGNALS: "no signals yet",
}


def again(request: HttpRequest, by: User) -> HttpResponse:
    sent = request.POST
    chosen = list(dict.fromkeys(user_id for one in sent.getlist("user") if (user_id := known(one))))
    back = f"{reverse('admin:operators_userfile_changelist')}?{sent.get('back', '')}"
    if not 1 <= len(chosen) <= generating.MOST:
        messages.error(request, NOTHING_CHOSEN)
        return redirect(back)
    if "sure" not in sent:
        return _asking(request, by, chosen)
    try:
        done = generating.generate(user_ids=chosen, **acting(request, by))
    except Refused as refused:
        return _asking(request, by, chosen, refused)
    transaction.on_commit(tasks.wake)
    (messages.warning if all(one.error for one in done) else messages.success)(request, told(done))
    return redirect(back)


def _asking(request: HttpRequest, by: User, chosen: list[UUID], refused: Refused | None = None) -> HttpResponse:
    now = timezone.now()
    found = people.listed(
        tenant_id=by.tenant_id,
        wanted=Wanted(among=chosen, sort=Sort.NAME, descending=False),
        now=now,
        today=days.day_of(now, by.tenant.time_zone),
        limit=generating.MOST,
        offset=0,
    )
    shown: dict[str, Any] = {
        "lines": [line(row) for row in found.rows],
        "hindered": len(chosen) - sum(row.consent["analysis"] for row in found.rows),
        "chosen": chosen,
        "back": request.POST.get("back", ""),
    }
    title = f"Regenerate for {len(chosen)} {'person' if len(chosen) == 1 else 'people'}"
    if refused:
        return refusal(request, "people/again", title, refused, **shown)
    return frame(request, "people/again", title, **shown)


def told(done: list[Generated]) -> SafeString:
    """ "3 of 4 considered: 4 education items and 1 offer for 2, nothing changed for 1." and who was not, with links."""
    outcomes = Counter(one.outcome for one in done if not one.error)
    parts = [f"{why} for {outcomes[outcome]}" for outcome, why in WHY_NOTHING.items() if outcomes[outcome]]
    if fresh := [one for one in done if one.outcome is Outcome.PROPOSED and not one.error]:
        education = _counted(sum(one.education for one in fresh), "education item")
        offers = _counted(sum(one.partner_offers for one in fresh), "offer")
        parts.insert(0, f"{education} and {offers} for {len(fresh)}")
    missed: dict[str, list[UUID]] = defaultdict(list)
    for one in done:
        if one.error:
            missed[one.error].append(one.user_id)
    sentence = f"{outcomes.total()} of {len(done)} considered{': ' if parts else ''}{', '.join(parts)}."
    reasons = format_html_join("", " {} ({})", ((why, _links(ids)) for why, ids in missed.items()))
    return format_html("{}{}", sentence, reasons)


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _links(user_ids: list[UUID]) -> SafeString:
    rows = ((reverse("admin:operators_userfile_change", args=[one]), str(one)[:8]) for one in user_ids)
    return format_html_join(", ", '<a href="{}">{}</a>', rows)
