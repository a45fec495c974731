"""Flags: doubts about items, open or answered, and answering one."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.models import User
from accounts.refusals import NotThere, Refused
from operators import doubts, evidence, opening
from operators.console.listing import Column, Filter, Listing, Shown, asked
from operators.console.pages import acting, frame
from recommendations import flags

SYSTEM = "system"
COLUMNS = (
    Column("Item"),
    Column("User", "user__email"),
    Column("Reason"),
    Column("Flagged by"),
    Column("At, age", "flagged_at"),
    Column("State"),
)


def listed(request: HttpRequest, by: User) -> HttpResponse:
    who = doubts.raisers(tenant_id=by.tenant_id)
    names = evidence.staff_of(who)
    raisers = [(str(pk), names.get(pk, evidence.LEFT)) for pk in who if pk]
    listing = Listing(
        COLUMNS,
        sort="-flagged_at",
        filters=(
            Filter("state", "State", (("open", "Open"), ("resolved", "Resolved")), default="open"),
            Filter("by", "Flagged by", ((SYSTEM, "The system"), *sorted(raisers, key=lambda one: one[1]))),
        ),
    )
    wish = asked(request.GET, listing)
    rows = doubts.found(
        tenant_id=by.tenant_id,
        resolved={"open": False, "resolved": True}.get(wish.one("state")),
        by_the_system=wish.one("by") == SYSTEM,
        flagged_by=UUID(wish.one("by")) if wish.one("by") not in ("", SYSTEM) else None,
    )
    down = "-" if wish.descending else ""
    page = list(rows.order_by(f"{down}{wish.sort}", f"{down}id")[wish.offset : wish.offset + wish.size])
    resolvers = evidence.staff_of({flag.resolved_by for flag in page} - set(names))
    told = [evidence.Spoken(flag, _name(names | resolvers, flag.flagged_by)) for flag in page]
    shown = Shown(wish, list(told), rows.count(), "flags")
    return frame(request, "flag/list", "Flags", shown=shown, last=doubts.last_resolved(tenant_id=by.tenant_id))


def resolve(request: HttpRequest, by: User, flag: UUID) -> HttpResponse:
    refused: Refused | None = None
    said = request.POST.get("reason", "")
    try:
        if request.method == "POST":
            try:
                flags.resolve(flag_id=flag, resolution=said, **acting(request, by))
                messages.success(request, "Resolved. The item is decided or shown as before.")
                return redirect("admin:operators_flag_changelist")
            except NotThere:
                raise
            except Refused as no:
                refused = no
        raised = opening.open_flag(flag_id=flag, **acting(request, by))
    except NotThere as gone:
        return frame(request, "item/gone", "Not there", status=gone.status, refused=gone)
    return frame(
        request,
        "flag/resolve",
        "Resolve a flag",
        status=refused.status if refused else 200,
        refused=refused,
        flag=raised,
        who=_name(evidence.staff_of([raised.flagged_by]), raised.flagged_by),
        typed=said,
        now=timezone.now(),
    )


def _name(names: dict[UUID, str], pk: UUID | None) -> str:
    return names.get(pk, evidence.LEFT) if pk else evidence.SYSTEM
