"""The page of analytics: charts and tables over a range of days, narrowed by persona, operator and type."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import User
from accounts.refusals import Refused
from operators import analytics as read
from operators import analyticsdocument, auditing, days, figures, printing
from operators.api.analyticsshapes import Wanted
from operators.console.pages import frame, refusal
from personas.rules import Persona
from recommendations.models import Kind

RANGES = (7, 30, 90)


def analytics(request: HttpRequest, by: User) -> HttpResponse:
    now, zone = timezone.now(), by.tenant.time_zone
    today = days.day_of(now, zone)
    names = auditing.staff_names(by.tenant_id)
    chosen = _chosen(request)
    form: dict[str, Any] = {
        "chosen": chosen,
        "personas": [(one.value, one.title_words) for one in Persona],
        "types": [(kind.value, figures.worded(kind.value)) for kind in Kind],
        "operators": [(str(pk), name) for pk, name in names.items()],
        "ranges": [(length, _address(chosen, start_date=today - timedelta(days=length - 1))) for length in RANGES],
        "today": today,
        "files": urlencode({name: value for name, value in chosen.items() if value}),
    }
    try:
        asked = _asked(chosen, now=now, zone=zone)
        found = read.analytics(tenant_id=by.tenant_id, zone=zone, asked=asked, now=now)
    except Refused as refused:
        return refusal(request, "analytics/page", "Analytics", refused, **form)
    document = analyticsdocument.document(found)
    return frame(
        request,
        "analytics/page",
        "Analytics",
        **form,
        found=found,
        summary=[(figures.worded(name), printing.number(value)) for name, value in document["summary"].items()],
        charts=figures.of_analytics(found),
        activity=[(names.get(pk, "left"), acts) for pk, acts in found.by_operator],
        cards=found.cards,
    )


def _chosen(request: HttpRequest) -> dict[str, str]:
    fields = ("start_date", "end_date", "persona", "type", "operator_id")
    return {name: request.GET.get(name, "").strip() for name in fields}


def _address(chosen: dict[str, str], **changed: object) -> str:
    """A preset range ends today; the other filters stay."""
    kept = {name: value for name, value in chosen.items() if value and name != "end_date"}
    return f"?{urlencode(kept | {name: str(value) for name, value in changed.items()})}"


def _asked(chosen: dict[str, str], **when: Any) -> read.Asked:
    sent = Wanted(data={name: value for name, value in chosen.items() if value})
    if not sent.is_valid():
        raise read.RangeInvalid("A day, a persona, a type or an operator of the address is none. Choose again.")
    wanted = sent.validated_data
    operator: UUID | None = wanted["operator_id"]
    return read.asked(
        first=wanted["start_date"],
        last=wanted["end_date"],
        persona=wanted["persona"],
        type=wanted["type"],
        operator=operator,
        **when,
    )
