"""Cards as a list: whether they are served, and how much they are used."""

from datetime import date
from typing import Any

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import User
from operators.console.listing import Column, Filter, Listing, Shown, asked
from operators.console.pages import frame
from personas.rules import Persona
from recommendations import inventory
from recommendations.models import Card
from recommendations.models.cards import CardType
from recommendations.pieces import KINDS, Fault, Shelf
from recommendations.shelf import shelf

TYPES = {
    CardType.INSIGHT.value: "Education",
    CardType.COMPANY.value: "Partner offer",
    CardType.AUDIENCE.value: "Audience",
    CardType.VOICE.value: "House voice",
}
COLUMNS = (
    Column("Title and key", "title"),
    Column("Type", "type"),
    Column("Version", "version", number=True),
    Column("Servable"),
    Column("Used", "used", number=True),
    Column("Last used", "last_used"),
    Column("Updated", "updated"),
)
SORTS = {
    "title": "title",
    "type": "card_type",
    "version": "version",
    "used": "usage_count",
    "last_used": "last_used_at",
    "updated": "updated_at",
}


def cards(request: HttpRequest, by: User) -> HttpResponse:
    on_shelf, today = shelf(tenant_id=by.tenant_id), timezone.localdate()
    tags = tuple((tag, tag) for tag in inventory.tags_of(tenant_id=by.tenant_id))
    filters = (
        Filter("type", "Type", tuple(TYPES.items())),
        Filter("state", "State", (("active", "Active"), ("deleted", "Deleted")), default="active", everything=""),
        Filter("servable", "Servable", (("yes", "Yes"), ("no", "No"))),
        Filter("persona", "Persona", tuple((one.value, one.title_words) for one in Persona)),
        *([Filter("tag", "Tag", tags)] if tags else []),
    )
    wish = asked(request.GET, Listing(COLUMNS, "title", filters, search="title, description, content"))
    rows = inventory.found(
        tenant_id=by.tenant_id,
        is_active=wish.one("state") != "deleted",
        card_type=wish.one("type") or None,
        tags=wish.chosen.get("tag", ()),
        q=wish.q or None,
    )
    if servable := wish.one("servable"):
        good = [piece.card_id for piece in on_shelf.pieces if not on_shelf.faults(piece, today)]
        rows = rows.filter(pk__in=good) if servable == "yes" else rows.exclude(pk__in=good)
    if persona := wish.one("persona"):
        rows = rows.filter(pk__in=[card_id for card_id, suits in on_shelf.suits.items() if persona in suits])
    column = F(SORTS[wish.sort])
    order = column.desc(nulls_last=True) if wish.descending else column.asc(nulls_last=True)
    page = rows.order_by(order, "card_id")[wish.offset : wish.offset + wish.size]
    told = [
        {
            "card": card,
            "type": TYPES[card.card_type],
            "key": card.content.get("key", ""),
            **served(card, on_shelf, today),
        }
        for card in page
    ]
    shown = Shown(wish, list(told), rows.count(), "cards")
    return frame(request, "cards/list", "Cards", shown=shown)


def served(card: Card, on_shelf: Shelf, today: date) -> dict[str, Any]:
    """Whether people can be offered it, and if not, why not; `serves` is false for what is never offered itself."""
    piece = next((one for one in on_shelf.pieces if one.card_id == card.pk), None)
    faults: tuple[Fault, ...] = on_shelf.faults(piece, today) if piece else ()
    return {
        "serves": card.card_type in KINDS,
        "faults": faults,
        "suits": [persona for persona in Persona if piece and persona.value in on_shelf.suits[piece.card_id]],
    }
