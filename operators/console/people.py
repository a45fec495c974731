"""The page of people: who there is, where each stands and what is risky, fifty at a time."""

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import User
from operators import days, people
from operators.console.listing import Column, Filter, Listing, Shown, asked
from operators.console.pages import frame
from operators.people import Flag, Sort, Wanted
from personas.rules import Persona, Strength

RISKS = {
    Flag.HIGH_UTILIZATION: ("high utilisation", "danger"),
    Flag.OVERDUE: ("overdue", "danger"),
    Flag.INTEREST_CHARGED: ("interest charged", "warning"),
    Flag.LOW_BUFFER: ("buffer under 1", "danger"),
    Flag.FLAGGED: ("flagged", "warning"),
    Flag.STALE: ("stale", "warning"),
}
YES_OR_NO = (("true", "Yes"), ("false", "No"))
LISTING = Listing(
    columns=(
        Column("Person", Sort.NAME),
        Column("Persona, 30 days", Sort.PERSONA_30D),
        Column("Strength", Sort.STRENGTH),
        Column("Persona, 180 days", Sort.PERSONA_180D),
        Column("Risk flags", Sort.RISK_FLAGS),
        Column("Live items", Sort.LIVE_ITEMS, number=True),
        Column("Last active", Sort.LAST_ACTIVE_AT),
        Column("Consent", Sort.CONSENT),
    ),
    sort=f"-{Sort.LAST_ACTIVE_AT}",
    filters=(
        Filter("persona", "Persona, 30 days", tuple((one.value, one.title_words) for one in Persona)),
        Filter("strength", "Strength", tuple((one.value, one.value.capitalize()) for one in Strength)),
        Filter("consent", "Consent", YES_OR_NO),
        Filter("stale", "Stale data", YES_OR_NO),
        Filter("risk", "Risk flags", tuple((flag.value, said) for flag, (said, _) in RISKS.items()), several=True),
        Filter("active_from", "Active from", further=True),
        Filter("active_to", "Active until", further=True),
    ),
    search="name, e-mail or the beginning of an id",
)


@dataclass(frozen=True)
class Line:
    """A row of the page."""

    row: people.Row
    persona_30d: str
    persona_180d: str
    risks: list[tuple[str, str]]


@dataclass(frozen=True)
class Stat:
    label: str
    value: int
    address: str = ""


def listed(request: HttpRequest, by: User) -> HttpResponse:
    query, now = asked(request.GET, LISTING), timezone.now()
    zone = by.tenant.time_zone
    first, last = query.day("active_from"), query.day("active_to")
    wanted = Wanted(
        search=query.q,
        persona=query.one("persona") or None,
        strength=query.one("strength") or None,
        risk_flags=query.chosen["risk"],
        consent=_said(query.one("consent")),
        stale=_said(query.one("stale")),
        active_from=days.beginning(first, zone) if first else None,
        active_before=days.beginning(last + timedelta(days=1), zone) if last else None,
        sort=Sort(query.sort),
        descending=query.descending,
    )
    found = people.listed(
        tenant_id=by.tenant_id,
        wanted=wanted,
        now=now,
        today=days.day_of(now, zone),
        limit=query.size,
        offset=query.offset,
    )
    shown = Shown(query, [line(row) for row in found.rows], found.total, "people")
    back = query.address(page=query.page).removeprefix("?")
    return frame(request, "people/list", "Users", shown=shown, stats=_stats(found.stats), back=back)


def line(row: people.Row) -> Line:
    return Line(row, title(row.persona_30d), title(row.persona_180d), worn(row.risk_flags))


def title(persona: str | None) -> str:
    return Persona(persona).title_words if persona else "not known"


def worn(flags: list[str]) -> list[tuple[str, str]]:
    return [RISKS[Flag(flag)] for flag in flags]


def _stats(stats: people.Stats) -> list[Stat]:
    each = [Stat(title(slug), users, f"?persona={slug}") for slug, users in stats.by_persona.items()]
    return [
        Stat("People", stats.total, "?"),
        *each,
        Stat("Active in 7 days", stats.active_7d),
        Stat("Flagged", stats.flagged, f"?risk={Flag.FLAGGED}"),
    ]


def _said(text: str) -> bool | None:
    return text == "true" if text else None
