"""A pending item as a run stores it: with its card, the card's version, its trace and the move that proposed it."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

from accounts import rowsecurity
from personas.signals import ALGORITHM
from recommendations.considering import consider
from recommendations.models import CardVersion, RecordedMove, Trace
from recommendations.tests import people as made
from recommendations.tests.factories import CardFactory, ItemFactory
from recommendations.tracing import Common, Made, citation_of, plain, presentation_of, trace_of

MADE_AT = datetime(2026, 11, 20, 8, tzinfo=UTC)
MEASURED_FROM = {
    "currency": "USD",
    "upload_ids": [],
    "transaction_count": 0,
    "data_fingerprint": "0" * 64,
    "algorithm_version": ALGORITHM,
    "corrections": [],
    "rule_set": {"version": 1, "hash": "0" * 64},
}
TEMPLATE = "We're showing you this because your {card_name} ending {card_last4} is at {utilization} of its limit."


def card_of(piece, tenant):
    card = CardFactory(
        tenant=tenant,
        card_type=piece.card_type,
        title=piece.title,
        content=dict(piece.content),
        content_hash=piece.content_hash,
        tags=list(piece.tags),
    )
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        CardVersion.objects.create(
            tenant=tenant,
            card=card,
            version=1,
            title=card.title,
            content=card.content,
            content_hash=card.content_hash,
            tags=card.tags,
            changed_by="test",
        )
    return card


def proposed(user, *, offer=False, key="own", rows=(), **fields):
    """What the reasons say of somebody at 68 % of a card's limit, stored for `user`; its facts rest on `rows`."""
    piece = (made.offer if offer else made.piece)(key, personas=["high_utilization"], rationale_template=TEMPLATE)
    card = card_of(piece, user.tenant)
    who = made.person(
        user_id=user.pk, tenant_id=user.tenant_id, monthly_income=Decimal("3200.00"), inputs=MEASURED_FROM
    )
    shelf = made.shelf(piece)
    found = consider(who, shelf)
    chosen = next(one for one in found.chosen if one.piece.key == key)
    item = ItemFactory(
        user=user,
        card=card,
        subject=piece.subject,
        type=piece.kind,
        title=piece.title,
        content=piece.body,
        rationale=chosen.told.worded.text,
        disclosure=chosen.told.disclosure,
        presentation=plain(presentation_of(chosen, who)),
        **({"created_at": MADE_AT} | fields),
    )
    run = Made(uuid4(), item.pk, uuid4(), MADE_AT, 1)
    cites = [citation_of(slot, rows, len(rows)) for slot in chosen.told.worded.used]
    beside = {"tenant": user.tenant, "user": user, "recommendation": item}
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Trace.objects.create(
            **beside, trace_data=trace_of(run, chosen, Common(found, who, shelf), cites), created_at=MADE_AT
        )
        RecordedMove.objects.create(**beside, verb="propose", to_status="pending", at=MADE_AT, after=plain({}))
    return item
