"""One person's file, a page with a tab for each part of it; whoever opens a tab leaves a row about that."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from accounts import access, rowsecurity
from accounts.models import Account, Transaction, Upload, User
from accounts.origin import of
from operators import actions, days, portraying, signalcards, userfile
from operators.console import people
from operators.console.pages import frame
from operators.evidence import staff_of
from operators.userfile import UserFile
from personas import counterfactuals, history, measured, spending
from personas.models import Correction, Window
from personas.rules import Persona
from personas.signals import stale

TABS = {
    "overview": "Overview",
    "signals": "Signals",
    "money": "Accounts and transactions",
    "corrections": "Corrections",
    "personas": "Personas",
    "recommendations": "Recommendations",
    "uploads": "Uploads",
    "actions": "Actions",
    "access": "Access",
}
WINDOWS = {"30d": "30 days", "90d": "90 days", "180d": "180 days"}
WINDOWED = ("signals", "personas")
ROWS = 50
Told = dict[str, Any]


def opened(request: HttpRequest, by: User, user_id: UUID) -> HttpResponse:
    user, now = theirs(by, user_id), timezone.now()
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "overview"
    found = userfile.of(user=user, today=days.day_of(now, by.tenant.time_zone))
    told = SHOWN[tab](request, by, found)
    answer = frame(
        request,
        f"people/{tab}",
        found.name or str(user),
        file=found,
        risks=people.worn(found.risk_flags),
        tab=tab,
        tabs=TABS,
        window=_window(request),
        overruled=found.held(now),
        windows=WINDOWS if tab in WINDOWED else {},
        **told,
    )
    access.opened(by=by, whom=user.pk, section=tab, now=now, origin=of(request))
    return answer


def theirs(by: User, user_id: UUID) -> User:
    """A consenting person of the institution; nobody else has a file."""
    members = User.objects.consumers().consenting().filter(tenant_id=by.tenant_id, pk=user_id)
    person = rowsecurity.opening(members).first()
    if person is None:
        raise Http404
    return person


def _window(request: HttpRequest) -> str:
    asked = request.GET.get("window", "")
    return asked if asked in WINDOWS else "30d"


def _overview(request: HttpRequest, by: User, found: UserFile) -> Told:
    now = timezone.now()
    last = days.day_of(now, by.tenant.time_zone)
    chart = portraying.standing(
        userfile.stays(user_id=found.user.pk, now=now),
        userfile.transitions(user_id=found.user.pk),
        first=last - timedelta(days=180),
        last=last,
    )
    staff = staff_of(row.assigned_by for row in found.personas.values() if row)
    standing = [
        (WINDOWS[window], people.title(row.primary_persona), row, staff.get(row.assigned_by) if row.assigned_by else "")
        for window, row in found.personas.items()
        if row
    ]
    accounts = {kind.replace("_", " ").capitalize(): count for kind, count in found.accounts.items()}
    return {"standing": standing, "accounts": accounts, "charts": [chart], "now": now}


def _signals(request: HttpRequest, by: User, found: UserFile) -> Told:
    window = Window(_window(request))
    snapshot = measured.latest(user_id=found.user.pk, windows=[window]).get(window)
    if snapshot is None or snapshot.no_signals:
        return {"snapshot": None}
    today = days.day_of(timezone.now(), by.tenant.time_zone)
    signals = measured.as_object(snapshot)
    told = spending.insights_of(user_id=found.user.pk, window=window, today=today)
    return {
        "snapshot": snapshot,
        "old": stale(snapshot.as_of, today),
        "cards": signalcards.cards(signals),
        "charts": [
            portraying.cards_used(signals["credit"]),
            portraying.in_and_out(told),
            portraying.spent(told, WINDOWS[window.value]),
            portraying.spent_in_a_year(
                user_id=found.user.pk, as_of=snapshot.as_of, currency=snapshot.meta.get("currency")
            ),
            portraying.pay_days(user_id=found.user.pk, as_of=snapshot.as_of),
        ],
    }


def _money(request: HttpRequest, by: User, found: UserFile) -> Told:
    rows = Transaction.objects.filter(user=found.user).select_related("account").order_by("-date", "-id")
    accounts = Account.objects.filter(user=found.user).select_related("liability").order_by("type", "name", "id")
    kinds = [(account, (account.account_type or account.subtype).replace("_", " ")) for account in accounts]
    return {"accounts": kinds, "page": _page(request, rows)}


def _corrections(request: HttpRequest, by: User, found: UserFile) -> Told:
    return {
        "page": _page(request, Correction.objects.filter(user=found.user).order_by("-created_at", "-correction_id"))
    }


def _personas(request: HttpRequest, by: User, found: UserFile) -> Told:
    window, now = _window(request), timezone.now()
    rows = history.assignments(user_id=found.user.pk, window=window)
    snapshot = measured.latest(user_id=found.user.pk, windows=[Window(window)]).get(Window(window))
    told: Told = {"page": _page(request, rows), "staff": {}, "would": []}
    told["staff"] = staff_of(row.assigned_by for row in told["page"])
    if snapshot and not snapshot.no_signals:
        today = days.day_of(now, by.tenant.time_zone)
        would = counterfactuals.counterfactual(user=found.user, window=Window(window), today=today)
        told["would"] = [_would(one) for one in would.told["personas"]]
    last = days.day_of(now, by.tenant.time_zone)
    chart = portraying.standing(
        userfile.stays(user_id=found.user.pk, now=now),
        userfile.transitions(user_id=found.user.pk),
        first=last - timedelta(days=180),
        last=last,
    )
    return told | {"charts": [chart], "titles": {one.value: one.title_words for one in Persona}}


def _would(one: Told) -> Told:
    """A persona with its criteria in words; those of the smallest change are marked."""
    criteria = [
        {
            "rule": f"{each['signal']} {each['op']} {signalcards.plain(each['threshold'])}",
            "now": "not known" if each["current"] is None else signalcards.plain(each["current"]),
            "met": each["met"],
            "marked": each["id"] in one["smallest_change"],
            "sentence": each["sentence"],
        }
        for each in one["criteria"]
    ]
    title, then = people.title(one["persona"]), people.title(one["then"])
    return {"title": title, "matched": one["matched"], "then": then, "criteria": criteria}


def _recommendations(request: HttpRequest, by: User, found: UserFile) -> Told:
    return {"page": _page(request, userfile.recommendations(user=found.user))}


def _uploads(request: HttpRequest, by: User, found: UserFile) -> Told:
    return {"page": _page(request, Upload.objects.filter(user=found.user).order_by("-created_at", "-upload_id"))}


def _actions(request: HttpRequest, by: User, found: UserFile) -> Told:
    page = _page(request, actions.about(found.user))
    return {"page": page, "staff": staff_of([row.operator_id for row in page] + [row.cleared_by for row in page])}


def _access(request: HttpRequest, by: User, found: UserFile) -> Told:
    if not by.has_perm("accounts.see_access"):
        return {"page": None}
    page = _page(request, access.openings(found.user))
    return {"page": page, "staff": staff_of(row.operator_id for row in page)}


def _page(request: HttpRequest, rows: Any) -> Any:
    return Paginator(rows, ROWS).get_page(request.GET.get("page"))


SHOWN: dict[str, Callable[[HttpRequest, User, UserFile], Told]] = {
    "overview": _overview,
    "signals": _signals,
    "money": _money,
    "corrections": _corrections,
    "personas": _personas,
    "recommendations": _recommendations,
    "uploads": _uploads,
    "actions": _actions,
    "access": _access,
}
