"""Rule sets as a list, beside each other, and as a history of publications."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.models import User
from accounts.refusals import Refused
from operators.console import names
from operators.console.listing import Column, Filter, Listing, Shown, asked
from operators.console.pages import acting, frame, refusal
from personas import releases, rules, rulesets
from personas.models import RuleSet
from personas.models.rulesets import Status

TITLES = {persona.value: persona.title_words for persona in rules.Persona}
STATUSES = ((Status.DRAFT.value, "Draft"), (Status.PUBLISHED.value, "Active"), (Status.RETIRED.value, "Retired"))
SORTS = {"version": F("version"), "created": F("created_at"), "published": F("published_at")}
COLUMNS = (
    Column("Rule set", "version"),
    Column("Note"),
    Column("Made", "created"),
    Column("Published", "published"),
    Column("Affected", number=True),
    Column(""),
)
PUBLICATIONS = Listing(
    (
        Column("Version"),
        Column("Published"),
        Column("By"),
        Column("Note"),
        Column("Simulation"),
        Column("People changed", number=True),
    ),
    sort="",
)


def rule_sets(request: HttpRequest, by: User) -> HttpResponse:
    return _listed(request, by)


def add(request: HttpRequest, by: User) -> HttpResponse:
    """A draft of a version, or of another draft's document."""
    row = found(request.POST.get("of", ""), by)
    wanted: dict[str, Any] = {"base_version": row.version} if row.version else {"document": row.document}
    try:
        made = rulesets.draft(**acting(request, by), **wanted)
    except Refused as refused:
        return _listed(request, by, refused)
    messages.success(request, "The draft is made. Nothing changes for anybody before it is published.")
    return redirect("admin:personas_ruleset_change", made.pk)


def compare(request: HttpRequest, by: User, id: UUID) -> HttpResponse:
    """What sets a rule set apart from the active one, criterion by criterion."""
    row, active = found(id, by), rulesets.active(tenant_id=by.tenant_id)
    found_apart = rules.diff(active.document, rulesets.document_of(row))
    differences = [{**one, "name": one["persona"] and TITLES[one["persona"]]} for one in found_apart]
    return frame(request, "studio/compare", title_of(row), row=row, active=active, differences=differences)


def history(request: HttpRequest, by: User) -> HttpResponse:
    wish = asked(request.GET, PUBLICATIONS)
    rows = releases.published(tenant_id=by.tenant_id)
    page = list(rows[wish.offset : wish.offset + wish.size])
    changed = releases.changed(tenant_id=by.tenant_id, rule_sets=[row.pk for row in page])
    said = names.of(row.published_by for row in page)
    told = [{"row": row, "by": said[row.published_by], "changed": changed.get(row.pk, 0)} for row in page]
    shown = Shown(wish, list(told), rows.count(), "publications")
    return frame(request, "studio/history", "Publications", shown=shown)


def found(id: UUID | str, by: User) -> RuleSet:
    try:
        return rulesets.find(rule_set_id=UUID(str(id)), tenant_id=by.tenant_id)
    except ValueError:
        raise rulesets.RuleSetNotFound from None


def title_of(row: RuleSet) -> str:
    return f"Version {row.version}" if row.version else f"Draft of version {row.base_version}"


def _listed(request: HttpRequest, by: User, refused: Refused | None = None) -> HttpResponse:
    active = rulesets.active(tenant_id=by.tenant_id)
    everything = rulesets.visible(tenant_id=by.tenant_id)
    authors = names.of(everything.order_by().values_list("created_by", flat=True).distinct())
    known = tuple(sorted(((actor, name) for actor, name in authors.items() if actor), key=lambda one: one[1]))
    filters = (Filter("status", "Status", STATUSES), Filter("author", "Author", known))
    wish = asked(request.GET, Listing(COLUMNS, "-created", filters))
    rows = everything
    if status := wish.one("status"):
        rows = rows.filter(rulesets.with_status(Status(status), active))
    if author := wish.one("author"):
        rows = rows.filter(created_by=author)
    by_what = SORTS[wish.sort]
    order = by_what.desc(nulls_last=True) if wish.descending else by_what.asc(nulls_last=True)
    page = list(rows.order_by(order, "id")[wish.offset : wish.offset + wish.size])
    changed = releases.changed(tenant_id=by.tenant_id, rule_sets=[row.pk for row in page if row.version])
    said = names.of([actor for row in page for actor in (row.created_by, row.published_by)])
    told = [
        {
            "row": row,
            "active": row.pk == active.id,
            "status": status_of(row, active),
            "author": said[row.created_by],
            "publisher": said[row.published_by],
            "changed": changed.get(row.pk, 0),
        }
        for row in page
    ]
    shown = Shown(wish, list(told), rows.count(), "rule sets")
    content: dict[str, Any] = {"shown": shown, "active": active}
    if refused:
        return refusal(request, "studio/list", "Rule sets", refused, **content)
    return frame(request, "studio/list", "Rule sets", **content)


def status_of(row: RuleSet, active: rulesets.Active) -> str:
    """As the institution sees it: the shipped rules are retired for who has their own."""
    return "Draft" if row.status == Status.DRAFT else "Active" if row.pk == active.id else "Retired"
