"""The audit log and the access records as pages."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts import anchors
from accounts.audit import Action
from accounts.models import AuditEntry, User
from accounts.pseudonyms import subject_ref
from operators import auditing, days, figures
from operators.auditing import OPENINGS, Wanted
from operators.console.listing import Asked, Column, Filter, Listing, Shown, asked
from operators.console.pages import frame

SHOWN_DAYS = 14
KNOWN = ("user_id", "section", "operator_role", "operator_level")  # said by other columns already
OPENED = {"view_user": "Opened file", "view_person": "Opened dossier", "view_trace": "Opened trace"}
PAGES_OF = {
    "recommendation": "/admin/operators/reviewitem/{}/change/",
    "rule_set": "/admin/personas/ruleset/{}/change/",
    "evaluation": "/admin/operators/evaluation/{}/",
    "upload": "/admin/accounts/upload/{}/change/",
    "card": "/admin/recommendations/card/{}/change/",
}


def log(request: HttpRequest, by: User) -> HttpResponse:
    names = auditing.staff_names(by.tenant_id)
    everything = by.has_perm(auditing.ALL)
    listing = _listing(names if everything else {}, tuple(Action), "number, item, person, batch or kind of object")
    wanted = asked(request.GET, listing)
    rows = _narrowed(auditing.entries(by=by, wanted=_wanted(wanted)), wanted)
    page: list[object] = [_row(entry, names) for entry in rows[wanted.offset : wanted.offset + wanted.size]]
    today = days.day_of(timezone.now(), by.tenant.time_zone)
    quick = [
        ("Today", wanted.address(since=today)),
        ("7 days", wanted.address(since=today - timedelta(days=6))),
        *([("Mine", wanted.address(operator=by.pk))] if everything else []),
    ]
    return frame(
        request,
        "audit/log",
        "Audit log",
        shown=Shown(wanted, page, rows.count(), "rows"),
        quick=quick,
        everything=everything,
        file=_file(wanted),
    )


def entry(request: HttpRequest, by: User, entry_id: UUID) -> HttpResponse:
    try:
        found = auditing.find(entry_id=entry_id, by=by)
    except auditing.EntryNotFound as missing:
        raise Http404 from missing
    names = auditing.staff_names(by.tenant_id)
    detail = json.dumps(auditing.detail_of(found), indent=2, ensure_ascii=False, sort_keys=True)
    return frame(request, "audit/entry", f"Row {found.seq}", row=_row(found, names), detail=detail)


def verify(request: HttpRequest, by: User) -> HttpResponse:
    found = anchors.verify(tenant_id=by.tenant_id, now=timezone.now())
    if found.valid:
        messages.success(request, f"The chain holds: {found.rows:,} rows. The hash of its head is {found.head_hash}.")
    else:
        messages.error(request, f"the chain is broken at row {found.first_broken_seq:,}. Tell an administrator.")
    return redirect("admin:operators_auditentry_changelist")


def access(request: HttpRequest, by: User) -> HttpResponse:
    names = auditing.staff_names(by.tenant_id)
    listing = _listing(names, OPENINGS, "id or address of a person", of_access=True)
    wanted = asked(request.GET, listing)
    which = _wanted(wanted, subject=_person(wanted.q, by))
    rows = auditing.entries(by=by, wanted=which, only=OPENINGS)
    found = list(rows[wanted.offset : wanted.offset + wanted.size])
    emails = _emails(found, by)
    page: list[object] = [_row(entry, names, emails) for entry in found]
    today = days.day_of(timezone.now(), by.tenant.time_zone)
    lately = replace(which, first=which.first or today - timedelta(days=SHOWN_DAYS - 1))
    return frame(
        request,
        "audit/access",
        "Access records",
        shown=Shown(wanted, page, rows.count(), "openings"),
        chart=figures.openings(auditing.openings_per_day(by=by, wanted=lately), names),
    )


def _listing(names: dict[UUID, str], actions: tuple[Action, ...], search: str, *, of_access: bool = False) -> Listing:
    of_log = (
        Column("Row", "seq", number=True),
        Column("Time"),
        Column("Operator"),
        Column("Action"),
        Column("Object"),
        Column("About"),
        Column("Summary"),
    )
    of_files = (
        Column("Time", "seq"),
        Column("Operator"),
        Column("Whose file"),
        Column("Opened"),
        Column("Section"),
        Column("Request"),
    )
    people = tuple((str(pk), name) for pk, name in names.items())
    return Listing(
        columns=of_files if of_access else of_log,
        sort="-seq",
        filters=(
            *((Filter("operator", "Operator", people),) if people else ()),
            Filter(
                "action",
                "Action",
                tuple((one.value, OPENED.get(one.value, figures.worded(one.value))) for one in actions),
            ),
            Filter("since", "From"),
            Filter("until", "To"),
        ),
        search=search,
    )


def _wanted(wanted: Asked, subject: UUID | None = None) -> Wanted:
    operator = wanted.one("operator") if "operator" in wanted.chosen else ""
    return Wanted(
        operator=UUID(operator) if operator else None,
        action=wanted.one("action") or None,
        subject=subject,
        first=wanted.day("since"),
        last=wanted.day("until"),
    )


def _narrowed(rows: QuerySet[AuditEntry], wanted: Asked) -> QuerySet[AuditEntry]:
    """The search takes the number of a row, an id of whatever it names, or the kind of object."""
    rows = rows if wanted.descending else rows.order_by("seq")
    if not wanted.q:
        return rows
    if wanted.q.isascii() and wanted.q.isdecimal() and len(wanted.q) < 18:
        return rows.filter(seq=int(wanted.q))
    if (known := _uuid(wanted.q)) is None:
        return rows.filter(object_type=wanted.q.lower().replace(" ", "_"))
    named = Q(recommendation_id=known) | Q(batch_id=known) | Q(object_id=str(known))
    return rows.filter(named | Q(subject_ref=subject_ref(known)))


def _person(text: str, by: User) -> UUID | None:
    """Of nobody there are no rows, so an address that nobody has finds an id that nobody has."""
    if not text:
        return None
    found = User.objects.filter(tenant_id=by.tenant_id, email__iexact=text).values_list("pk", flat=True).first()
    return _uuid(text) or found or UUID(int=0)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _row(entry: AuditEntry, names: dict[UUID, str], emails: dict[str, str] | None = None) -> dict[str, object]:
    detail = auditing.detail_of(entry)
    person = detail.get("user_id")
    object_id = entry.object_id
    named = PAGES_OF.get(entry.object_type, "").format(object_id) if object_id else ""
    return {
        "entry": entry,
        "operator": names.get(entry.operator_id, "left") if entry.operator_id else "system",
        "action": _called(entry.action),
        "object": figures.worded(entry.object_type),
        "url": named,
        "person": person,
        "email": (emails or {}).get(str(person), "somebody who left"),
        "summary": _summary(detail),
    }


def _called(action: str) -> str:
    return OPENED.get(action, figures.worded(action))


def _summary(detail: dict[str, object]) -> str:
    """The plain words of a detail in a line; what is nested stands on the page of the row."""
    said = {name: value for name, value in detail.items() if name not in KNOWN}
    plain = [f"{figures.worded(name)}: {value}" for name, value in said.items() if isinstance(value, str | int | float)]
    nested = [figures.worded(name) for name, value in said.items() if isinstance(value, dict | list)]
    return "; ".join([*plain, *nested])[:160]


def _emails(entries: Iterable[AuditEntry], by: User) -> dict[str, str]:
    """Whose files the rows of a page are, by their address."""
    ids = {detail["user_id"] for entry in entries if "user_id" in (detail := auditing.detail_of(entry))}
    people = User.objects.filter(tenant_id=by.tenant_id, pk__in=ids)
    return {str(pk): email or str(pk) for pk, email in people.values_list("pk", "email")}


def _file(wanted: Asked) -> str:
    """The same rows as a file; the search of the page is not one of the file's."""
    which = {"operator_id": "operator", "action": "action", "start_date": "since", "end_date": "until"}
    sent = {name: wanted.one(word) for name, word in which.items() if word in wanted.chosen and wanted.one(word)}
    return f"/api/operator/audit-logs/export/csv?{urlencode(sent)}"
