"""What people handed in and agreed to: uploads with their reports, and consents, to look at; a failed file again."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts import access, reloading, tasks
from accounts.api.shapes import report_without_file
from accounts.models import ConsentRecord, Upload, User
from accounts.models.uploads import Channel, Status
from accounts.origin import of
from accounts.purposes import Purpose
from accounts.refusals import Refused
from accounts.words import Word
from operators import days
from operators.console.listing import Asked, Column, Filter, Listing, Shown, asked
from operators.console.pages import acting, frame, refusal
from operators.figures import worded


def choices(words: Iterable[Word]) -> tuple[tuple[str, str], ...]:
    return tuple((word.value, worded(word.value)) for word in words)


UPLOADS = Listing(
    columns=(
        Column("File", "file_name"),
        Column("Person"),
        Column("Size", "file_size", number=True),
        Column("Status", "status"),
        Column("Rows", number=True),
        Column("Problems", number=True),
        Column("Signs"),
        Column("Received", "created_at"),
        Column("Loaded", "processed_at"),
    ),
    sort="-created_at",
    filters=(
        Filter("status", "Status", choices(Status)),
        Filter("channel", "Channel", choices(Channel)),
        Filter("since", "From"),
        Filter("until", "To"),
    ),
    search="file or address",
)
CONSENTS = Listing(
    columns=(
        Column("Person"),
        Column("Purpose", "purpose"),
        Column("Version", "version"),
        Column("Granted", "granted_at"),
        Column("Revoked", "revoked_at"),
    ),
    sort="-granted_at",
    filters=(
        Filter("purpose", "Purpose", choices(Purpose)),
        Filter("active", "State", (("yes", "Active"), ("no", "Revoked"))),
        Filter("since", "From"),
        Filter("until", "To"),
    ),
    search="address",
)


def uploads(request: HttpRequest, by: User) -> HttpResponse:
    """Of people who agree; row security leaves the files of others out."""
    wanted = asked(request.GET, UPLOADS)
    rows = Upload.objects.filter(tenant_id=by.tenant_id).select_related("user")
    for name in ("status", "channel"):
        if value := wanted.one(name):
            rows = rows.filter(**{name: value})
    if wanted.q:
        rows = rows.filter(file_name__icontains=wanted.q) | rows.filter(user__email__icontains=wanted.q)
    return _listed(request, wanted, _between(rows, "created_at", wanted, by), "upload_id", "uploads", "Uploads")


def consents(request: HttpRequest, by: User) -> HttpResponse:
    wanted = asked(request.GET, CONSENTS)
    rows = ConsentRecord.objects.filter(tenant_id=by.tenant_id).select_related("user")
    if purpose := wanted.one("purpose"):
        rows = rows.filter(purpose=purpose)
    if active := wanted.one("active"):
        rows = rows.filter(revoked_at__isnull=active == "yes")
    if wanted.q:
        rows = rows.filter(user__email__icontains=wanted.q)
    return _listed(request, wanted, _between(rows, "granted_at", wanted, by), "id", "consents", "Consents")


def upload(request: HttpRequest, by: User, upload_id: UUID) -> HttpResponse:
    """The import report, which is a look into the person's file."""
    found = _found(by, upload_id)
    answer = frame(request, "received/upload", found.file_name, **_shown(found, by))
    access.opened(by=by, whom=found.user_id, section="upload_report", now=timezone.now(), origin=of(request))
    return answer


def load_again(request: HttpRequest, by: User, upload_id: UUID) -> HttpResponse:
    found = _found(by, upload_id)
    try:
        reloading.load_again(upload_id=upload_id, **acting(request, by))
    except Refused as refused:
        return refusal(request, "received/upload", found.file_name, refused, **_shown(found, by))
    transaction.on_commit(tasks.wake)
    messages.success(request, f"{found.file_name} is loaded again. Its report follows when a worker has read it.")
    return redirect("admin:accounts_upload_change", upload_id)


def _found(by: User, upload_id: UUID) -> Upload:
    found = Upload.objects.filter(pk=upload_id, tenant_id=by.tenant_id).select_related("user").first()
    if found is None:
        raise Http404
    return found


def _shown(found: Upload, by: User) -> dict[str, Any]:
    ended = found.status in (Status.COMPLETED, Status.FAILED)
    report = found.report or (report_without_file(found) if ended else None)
    may = found.status == Status.FAILED and by.has_perm("accounts.load_again")
    summary = sorted(((report or {}).get("summary") or {}).items())
    understood = [(name.replace("_", " ").capitalize(), value) for name, value in summary]
    return {"upload": found, "report": report, "understood": understood, "may_load_again": may}


def _listed(
    request: HttpRequest,
    wanted: Asked,
    rows: QuerySet[Any],
    last: str,
    what: str,
    title: str,
) -> HttpResponse:
    ordered = rows.order_by(("-" if wanted.descending else "") + wanted.sort, last)
    page: list[object] = list(ordered[wanted.offset : wanted.offset + wanted.size])
    return frame(request, f"received/{what}", title, shown=Shown(wanted, page, rows.count(), what))


def _between(rows: QuerySet[Any], field: str, wanted: Asked, by: User) -> QuerySet[Any]:
    """From the one day to the other, as the institution counts days."""
    zone, since, until = by.tenant.time_zone, wanted.day("since"), wanted.day("until")
    if since:
        rows = rows.filter(**{f"{field}__gte": days.beginning(since, zone)})
    if until:
        rows = rows.filter(**{f"{field}__lt": days.span(until, until, zone)[1]})
    return rows
