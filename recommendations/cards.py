"""The cards of an institution: made, changed, taken away and brought back. The only writer of what they say."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts import audit, kept, rowsecurity
from accounts.audit import Action, Deed
from accounts.models import Tenant, User
from accounts.origin import NOWHERE, Origin
from accounts.refusals import Refused, Unacceptable
from recommendations import drafts, proposals, shelf
from recommendations.drafts import Draft
from recommendations.fields import Flaw, Flawed
from recommendations.lifecycle import OPEN, Withdrawal
from recommendations.models import Card, CardVersion, Recommendation
from recommendations.uses import CardNotFound


class DuplicateCard(Refused):
    code = "DUPLICATE_CARD"
    sentence = "An active card of this type has the same content."


class VersionConflict(Refused):
    code = "VERSION_CONFLICT"

    def __init__(self, version: int) -> None:
        super().__init__(f"The card is at version {version}. Read it again before you change it.")


class CardNotDeleted(Refused):
    code = "CARD_NOT_DELETED"
    sentence = "The card is not deleted, so there is nothing to restore."


class InvalidCard(Unacceptable):
    """Everything that is wrong with the input, by field."""

    @classmethod
    def of(cls, flaws: Collection[Flaw]) -> Self:
        said = "1 field is invalid." if len(flaws) == 1 else f"{len(flaws)} fields are invalid."
        return cls(said, errors=[{"field": f.field, "code": f.code, "message": f.message} for f in flaws])


@dataclass(frozen=True)
class BatchResult:
    """One card for each item, in the order of the items."""

    cards: list[Card]
    created: int
    deduplicated: int


def active(*, tenant_id: UUID) -> QuerySet[Card]:
    return Card.objects.filter(tenant_id=tenant_id, is_active=True)


def find(*, tenant_id: UUID, card_id: UUID) -> Card:
    card = active(tenant_id=tenant_id).filter(pk=card_id).first()
    if card is None:
        raise CardNotFound
    return card


@transaction.atomic
def create(*, tenant_id: UUID, by: str, item: Any, now: datetime, origin: Origin = NOWHERE) -> Card:
    """One new card; content that an active card has already is refused, and that card named."""
    try:
        draft = drafts.one(item)
    except Flawed as flawed:
        raise InvalidCard.of(flawed.flaws) from None
    result = _keep([draft], tenant_id, by, now, origin)
    if not result.created:
        raise DuplicateCard(card_id=str(result.cards[0].pk))
    return result.cards[0]


@transaction.atomic
def create_batch(
    *, tenant_id: UUID, by: str, items: Sequence[Mapping[str, Any]], now: datetime, origin: Origin = NOWHERE
) -> BatchResult:
    """All of them or none; an item whose content is there already gives the card that has it, unchanged."""
    try:
        return _keep(drafts.many(items), tenant_id, by, now, origin)
    except Flawed as flawed:
        raise InvalidCard.of(flawed.flaws) from None


@transaction.atomic
def create_snapshot(*, tenant_id: UUID, by: str, body: Any, now: datetime, origin: Origin = NOWHERE) -> BatchResult:
    """The four cards that say who a company is."""
    try:
        return _keep(drafts.snapshot(body), tenant_id, by, now, origin)
    except Flawed as flawed:
        raise InvalidCard.of(flawed.flaws) from None


@transaction.atomic
def change(
    *,
    tenant_id: UUID,
    card_id: UUID,
    by: str,
    fields: Any,
    now: datetime,
    expected: Collection[int] | None = None,
    origin: Origin = NOWHERE,
) -> Card:
    """What is said in other words is a new version; scores are not words, and no difference is no change."""
    card = _locked(tenant_id, card_id, expected)
    try:
        wanted = drafts.change(fields, card.card_type)
        content = wanted.pop("content", None)
        if content is not None:
            _strictly([Draft(card.card_type, card.title, None, content, [], path="content")], tenant_id)
    except Flawed as flawed:
        raise InvalidCard.of(flawed.flaws) from None
    if content is not None and content.hash != card.content_hash:
        wanted |= {"content": content.value, "content_hash": content.hash}
    wanted = {name: value for name, value in wanted.items() if getattr(card, name) != value}
    if not wanted:
        return card
    former = card.version
    if set(wanted) - {"confidence_score", "quality_score"}:
        wanted["version"] = former + 1
    _written(card, wanted)
    if card.version != former:
        CardVersion.objects.bulk_create([_version(card, by, now)])
    _sealed(Action.CARD_UPDATE, [card], by, now, origin, former_version=former, changed=sorted(wanted))
    return card


@transaction.atomic
def remove(
    *,
    tenant_id: UUID,
    card_id: UUID,
    by: str,
    now: datetime,
    expected: Collection[int] | None = None,
    origin: Origin = NOWHERE,
) -> int:
    """Nobody is offered it any more: what waits or is shown of it is withdrawn with it. How many items that were."""
    # Readers first and the card behind them, as a run locks them; so neither waits for the other in a circle.
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        readers = _readers_locked(tenant_id, card_id)
    card = _locked(tenant_id, card_id, expected)
    _written(card, {"is_active": False, "deleted_at": now})
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        items = Recommendation.objects.filter(card_id=card_id, user_id__in=readers, status__in=OPEN)
        kept.forget(user_ids=readers)
        withdrawn = proposals.withdraw(
            reasons=[(item_id, Withdrawal.CARD_DELETED) for item_id in items.values_list("pk", flat=True)],
            now=now,
            by=_operator(by),
        )
    _sealed(Action.CARD_DELETE, [card], by, now, origin, withdrawn=withdrawn)
    return withdrawn


@transaction.atomic
def restore(*, tenant_id: UUID, card_id: UUID, by: str, now: datetime, origin: Origin = NOWHERE) -> Card:
    """As it was, with the version it had; what was withdrawn with it stays withdrawn."""
    card = Card.objects.select_for_update(no_key=True).filter(tenant_id=tenant_id, pk=card_id).first()
    if card is None:
        raise CardNotFound
    if card.is_active:
        raise CardNotDeleted
    _written(card, {"is_active": True, "deleted_at": None})
    _sealed(Action.CARD_RESTORE, [card], by, now, origin)
    return card


# -- inside


def _keep(wanted: list[Draft], tenant_id: UUID, by: str, now: datetime, origin: Origin) -> BatchResult:
    _strictly(wanted, tenant_id)
    given = {draft.key: draft for draft in reversed(wanted)}
    found: dict[tuple[str, str], Card] = {}
    made: set[UUID] = set()
    while missing := sorted(given.keys() - found.keys()):
        # Again only where the card that was in the way was deleted before it could be read.
        rows = [_row(given[key], tenant_id, by) for key in missing]
        Card.objects.bulk_create(rows, ignore_conflicts=True)
        made |= {row.pk for row in rows}
        hashes = [content_hash for _, content_hash in missing]
        standing = active(tenant_id=tenant_id).filter(content_hash__in=hashes)
        found |= {key: card for card in standing if (key := (card.card_type, card.content_hash)) in given}
    created = [card for card in found.values() if card.pk in made]
    if created:
        CardVersion.objects.bulk_create(_version(card, by, now) for card in created)
        _sealed(Action.CARD_CREATE, created, by, now, origin)
    return BatchResult([found[draft.key] for draft in wanted], len(created), len(wanted) - len(created))


def _row(draft: Draft, tenant_id: UUID, by: str) -> Card:
    return Card(
        card_id=uuid4(),
        tenant_id=tenant_id,
        card_type=draft.card_type,
        title=draft.title,
        description=draft.description,
        content=draft.content.value,
        content_hash=draft.content.hash,
        tags=draft.tags,
        confidence_score=draft.confidence_score,
        quality_score=draft.quality_score,
        source_session_id=draft.source_session_id,
        source_workflow_id=draft.source_workflow_id,
        created_by=draft.created_by or by,
    )


def _version(card: Card, by: str, now: datetime) -> CardVersion:
    return CardVersion(
        tenant_id=card.tenant_id,
        card_id=card.pk,
        version=card.version,
        title=card.title,
        description=card.description,
        content=card.content,
        content_hash=card.content_hash,
        tags=card.tags,
        changed_by=by,
        created_at=now,
    )


def _strictly(wanted: Sequence[Draft], tenant_id: UUID) -> None:
    """Only where a key is unknown is it asked whether the institution minds."""
    if flaws := list(drafts.unknown(wanted)):
        settings = Tenant.objects.values_list("settings", flat=True).get(pk=tenant_id)
        if settings.get("cards_strict"):
            raise Flawed(flaws)


def _readers_locked(tenant_id: UUID, card_id: UUID) -> list[UUID]:
    """Everybody who has an open item of it. Whoever gets one meanwhile keeps it until their next run."""
    of_card = Recommendation.objects.filter(tenant_id=tenant_id, card_id=card_id, status__in=OPEN)
    readers = User.objects.filter(pk__in=of_card.values("user_id")).order_by("pk")
    return list(readers.select_for_update(no_key=True).values_list("pk", flat=True))


def _locked(tenant_id: UUID, card_id: UUID, expected: Collection[int] | None) -> Card:
    card = active(tenant_id=tenant_id).select_for_update(no_key=True).filter(pk=card_id).first()
    if card is None:
        raise CardNotFound
    if expected is not None and card.version not in expected:
        raise VersionConflict(card.version)
    return card


def _written(card: Card, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        setattr(card, name, value)
    try:
        with transaction.atomic():
            card.save(update_fields=list(fields))
    except IntegrityError as clash:
        if "cards_content_once" not in str(clash):
            raise
        twin = active(tenant_id=card.tenant_id).filter(card_type=card.card_type, content_hash=card.content_hash)
        raise DuplicateCard(card_id=str(twin.values_list("pk", flat=True).first())) from None
    card.refresh_from_db(fields=["updated_at"])


def _sealed(action: Action, cards: Sequence[Card], by: str, now: datetime, origin: Origin, **detail: Any) -> None:
    """The end of every act that changes what an institution has to say: sealed, and told to all who keep it."""
    tenant_id = cards[0].tenant_id
    shelf.outdate(tenant_id=tenant_id)
    audit.record_all(
        deeds=[
            Deed(
                action,
                "card",
                str(card.pk),
                detail={
                    "by": by,
                    "type": card.card_type,
                    "version": card.version,
                    "content_hash": card.content_hash,
                    **detail,
                },
            )
            for card in cards
        ],
        tenant_id=tenant_id,
        operator_id=_operator(by),
        now=now,
        batch_id=uuid4() if len(cards) > 1 else None,
        origin=origin,
    )


def _operator(by: str) -> UUID | None:
    return UUID(by.removeprefix("user:")) if by.startswith("user:") else None
