"""An institution's first cards: what it never had of the starting library is added, and nothing is put back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from recommendations import cards, starter
from recommendations.models import Card


@dataclass(frozen=True)
class Filled:
    added: int
    kept: int


@transaction.atomic
def fill(*, tenant_id: UUID, by: str, now: datetime) -> Filled:
    """A card that was edited or deleted since is known by its key, so the institution's word on it stands."""
    rows = Card.objects.filter(tenant_id=tenant_id).values_list("card_type", "content__key", "content__primary")
    known = {(card_type, key or primary) for card_type, key, primary in rows}
    missing = [item for item in starter.items() if starter.name_of(item) not in known]
    if missing:
        cards.create_batch(tenant_id=tenant_id, by=by, items=missing, now=now)
    return Filled(len(missing), len(starter.items()) - len(missing))
