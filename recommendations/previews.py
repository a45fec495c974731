"""How one card would read to one person, for staff who ask before anybody is offered it; the asking is kept."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts import access, rowsecurity
from accounts.models import User
from accounts.origin import NOWHERE, Origin
from accounts.refusals import Refused, Unacceptable
from personas.signals import stale
from recommendations import cards, standing, uses
from recommendations.considering import Told, put
from recommendations.matching import looked_at
from recommendations.models import Card
from recommendations.shelf import shelf

WORKFLOW = "operator_preview"
SECTION = "card_preview"
WHY = {
    "persona_mismatch": "The card suits other personas than those of this person.",
    "trigger_not_met": "The numbers of this person do not meet the card's triggers.",
    "consent_missing": "The person did not agree to partner offers.",
    "product_type_unknown": "This kind of product is offered to nobody.",
    "predatory_product": "This kind of product is offered to nobody.",
    "already_held": "The person has such a product.",
    "income_unknown": "The income of the person is neither stated nor seen.",
    "overdue_or_unknown": "A card of the person is overdue, or nobody knows.",
    "criteria_not_met": "The person does not meet the criteria of the offer.",
    "rationale_unavailable": "Too little is known of the person to fill the rationale.",
}


class PersonNotFound(Unacceptable):
    code = "USER_NOT_FOUND"
    sentence = "Nobody who agreed to analysis has this e-mail or id."


class NothingKnown(Refused):
    code = "NO_SIGNALS"
    sentence = "Nothing is measured of this person yet, so no card has words for them."


class NotForReaders(Refused):
    code = "NOT_FOR_READERS"
    sentence = "Only education and partner offers are read by people; this card serves them from behind."


@dataclass(frozen=True)
class Preview:
    """`told` are the words that it would have; `objections` say why it would not be offered now, none if it might."""

    card: Card
    person: User
    as_of: date
    stale: bool
    told: Told | None
    objections: tuple[str, ...]


def named(*, tenant_id: UUID, name: str) -> User:
    """A person who agreed, by e-mail or id."""
    who = Q(email__iexact=name.strip())
    with suppress(ValueError):
        who |= Q(pk=UUID(name.strip()))
    found = User.objects.consumers().consenting().filter(who, tenant_id=tenant_id).first() if name.strip() else None
    if found is None:
        raise PersonNotFound
    return found


@transaction.atomic
def preview(*, card_id: UUID, name: str, by: User, now: datetime, origin: Origin = NOWHERE) -> Preview:
    """Words of a person's own numbers: a use of the card, and an opening of the person's file."""
    card = cards.find(tenant_id=by.tenant_id, card_id=card_id)
    person = named(tenant_id=by.tenant_id, name=name)
    with rowsecurity.viewing(rowsecurity.pipeline(by.tenant_id)):
        on_shelf = shelf(tenant_id=by.tenant_id)
        piece = next((one for one in on_shelf.pieces if one.card_id == card.pk), None)
        if piece is None:
            raise NotForReaders
        people, _ = standing.persons(user_ids=[person.pk], shelf=on_shelf)
    if person.pk not in people:
        raise NothingKnown
    known = people[person.pk]
    faults = on_shelf.faults(piece, known.as_of)
    refusal = "" if faults else looked_at(piece, known, on_shelf).refusal
    told, unsaid = (None, "") if faults else put(piece, known, on_shelf)
    words = dict.fromkeys(filter(None, [refusal, unsaid if told is None else ""]))
    failed = [check.detail or check.name for check in told.checks if check.status == "fail"] if told else []
    objections = (*(fault.sentence for fault in faults), *(WHY.get(word, word) for word in words), *failed)
    uses.use(tenant_id=by.tenant_id, card_id=card.pk, now=now, workflow_type=WORKFLOW, trace_id=origin.request_id)
    access.opened(by=by, whom=person.pk, section=SECTION, now=now, origin=origin)
    return Preview(card, person, known.as_of, stale(known.as_of, now.date()), told, objections)
