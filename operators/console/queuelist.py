"""What the address of the queue says: its columns and filters, and the items they stand for."""

from datetime import datetime
from uuid import UUID

from django.urls import reverse

from accounts.models import User
from accounts.roles import OF_STAFF
from operators.console.listing import Asked, Column, Filter, Listing
from operators.models import TagName
from operators.wanted import Sort, Standing, Wanted
from personas.rules import Persona
from recommendations.models import Card, Kind, Priority

YES = (("1", "Yes"),)
COLUMNS = (
    Column("Item"),
    Column("Person", "user"),
    Column("Persona", "persona"),
    Column("Priority", "priority"),
    Column("Waits", "created_at"),
)


def listing(by: User) -> Listing:
    staff = User.objects.filter(tenant_id=by.tenant_id, role__in=OF_STAFF).order_by("email", "pk")
    cards = Card.objects.filter(tenant_id=by.tenant_id, deleted_at=None).order_by("title", "pk")
    who = tuple((str(pk), email or "somebody") for pk, email in staff.values_list("pk", "email"))
    which = tuple((str(pk), title) for pk, title in cards.values_list("pk", "title"))
    return Listing(
        COLUMNS,
        sort="created_at",
        search="Title, rationale, person, id",
        filters=(
            Filter("status", "Status", _words(Standing), default="pending", everything=""),
            Filter("persona", "Persona", tuple((one.value, one.title_words) for one in Persona)),
            Filter("type", "Type", _words(Kind)),
            Filter("priority", "Priority", _words(Priority)),
            Filter("tag", "Tag", _words(TagName), further=True),
            Filter("note", "Has a note", YES, everything="Any", further=True),
            Filter("failed", "Guardrails failed", YES, everything="Any", further=True),
            Filter("stale", "Stale data", YES, everything="Any", further=True),
            Filter("card", "Card", which, further=True),
            Filter("decided_by", "Decided by", who, further=True),
            Filter("from", "Made from", further=True),
            Filter("to", "Made until", further=True),
        ),
    )


def wanted(asked: Asked, since: datetime | None = None) -> Wanted:
    return Wanted(
        status=Standing(asked.one("status") or Standing.PENDING),
        persona=asked.one("persona"),
        type=asked.one("type"),
        priority=asked.one("priority"),
        card_id=known(asked.one("card")),
        decided_by=known(asked.one("decided_by")),
        tag=asked.one("tag"),
        stale=True if asked.one("stale") else None,
        has_note=bool(asked.one("note")),
        guardrails_failed=bool(asked.one("failed")),
        q=asked.q,
        created_from=asked.day("from"),
        created_to=asked.day("to"),
        since=since,
        sort=Sort(asked.sort),
        descending=asked.descending,
    )


def query(asked: Asked) -> str:
    """What leads back to this very page of the list."""
    return asked.address(page=asked.page).removeprefix("?")


def address(back: str, at: str = "") -> str:
    """The list as it was, at the row that took the place of the one decided."""
    place = number(at)
    more = "" if place is None else f"{'&' if back else ''}at={place}#row-{place}"
    return f"{reverse('admin:operators_reviewitem_changelist')}?{back}{more}"


def known(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else None


def _words(words: type[Standing] | type[Kind] | type[Priority] | type[TagName]) -> tuple[tuple[str, str], ...]:
    return tuple((value, label.capitalize()) for value, label in words.choices())
