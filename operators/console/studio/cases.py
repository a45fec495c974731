"""Override cases as a list: what an operator said, and what the active rules say of the same signals today."""

from django.http import HttpRequest, HttpResponse

from accounts.models import User
from operators.console import names
from operators.console.listing import Column, Filter, Listing, Shown, asked
from operators.console.pages import frame
from operators.console.studio.listing import TITLES
from personas import cases as overruled
from personas import rulesets

STATES = (("open", "Open"), ("waived", "Waived"), ("retired", "Retired"))
CASES = Listing(
    (
        Column("Person and window"),
        Column("Expected"),
        Column("Rules today"),
        Column("Reason"),
        Column("Made"),
        Column("State"),
    ),
    sort="",
    filters=(Filter("state", "State", STATES, default="open"),),
)


def cases(request: HttpRequest, by: User) -> HttpResponse:
    wish = asked(request.GET, CASES)
    state = overruled.State(wish.one("state")) if wish.one("state") else None
    rows = overruled.of_tenant(by.tenant_id, state)
    page = list(rows.select_related("user")[wish.offset : wish.offset + wish.size])
    active = rulesets.active(tenant_id=by.tenant_id)
    said = names.of(actor for case in page for actor in (case.created_by, case.waived_by))
    told = [
        {
            "case": case,
            "expected": TITLES[case.expected_persona],
            "today": TITLES[today],
            "kept": today == case.expected_persona,
            "operator": said[case.created_by],
            "waived_by": said[case.waived_by],
        }
        for case, today in zip(page, overruled.answers(page, active.document), strict=True)
    ]
    shown = Shown(wish, list(told), rows.count(), "cases")
    return frame(request, "studio/cases", "Override cases", shown=shown, active=active)
