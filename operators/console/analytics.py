"""The page of analytics: charts and tables over a range of days, narrowed by persona, operator and type."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import User
from accounts.refusals import Refused
from operators import analytics as read
from operators import analyticsdocument, auditing, days, figures, printing
from operators.console.pages import frame, refusal
from personas.rules import Persona
from recommendations.models import Kind

RANGES = (7, 30, 90)
PERSONAS = [(one.value, one.title_words) for one in Persona]
TYPES = [(kind.value, figures.worded(kind.value)) for kind in Kind]


class Chosen(forms.Form):
    start_date = forms.DateField(required=False)
    end_date = forms.DateField(required=False)
    persona = forms.ChoiceField(choices=PERSONAS, required=False)
    type = forms.ChoiceField(choices=TYPES, required=False)
    operator_id = forms.UUIDField(required=False)


def analytics(request: HttpRequest, by: User) -> HttpResponse:
    now, zone = timezone.now(), by.tenant.time_zone
    today = days.day_of(now, zone)
    names = auditing.staff_names(by.tenant_id)
    chosen = _chosen(request)
    form: dict[str, Any] = {
        "chosen": chosen,
        "personas": PERSONAS,
        "types": TYPES,
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
        summary=[(figures.summarised(name), printing.number(value)) for name, value in document["summary"].items()],
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
    sent = Chosen(chosen)
    if not sent.is_valid():
        raise read.RangeInvalid("A day, a persona, a type or an operator of the address is none. Choose again.")
    wanted = sent.cleaned_data
    return read.asked(
        first=wanted["start_date"],
        last=wanted["end_date"],
        persona=wanted["persona"] or None,
        type=wanted["type"] or None,
        operator=wanted["operator_id"],
        **when,
    )
