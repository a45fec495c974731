"""What was shown, asked again by the lists of today: how many items would not be shown now, and for which check."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTransform

from accounts.models import ConsentRecord
from accounts.purposes import Purpose
from recommendations import guardrails
from recommendations.eligibility import predatory
from recommendations.figures import uncited
from recommendations.models import CardVersion, Kind, Recommendation, Trace
from recommendations.pieces import Piece, Shelf
from recommendations.shelf import shelf

CHECKS = ("advice", "tone", "figures", "eligibility", "disclosure", "consent")
CHUNK = 2000
READ = (
    "id",
    "user_id",
    "card_id",
    "card_version",
    "type",
    "title",
    "content",
    "rationale",
    "disclosure",
    "presentation",
    "partner_checks",
)


@dataclass(frozen=True)
class Rechecked:
    checked: int
    violations: int
    by_check: Mapping[str, int]


def shown(*, tenant_id: UUID, since: datetime, until: datetime) -> Rechecked:
    """Items made in this time that somebody saw. Statements do not grow with them."""
    items = Recommendation.objects.filter(
        tenant_id=tenant_id, created_at__gte=since, created_at__lt=until, shown_at__isnull=False
    )
    today, pieces = shelf(tenant_id=tenant_id), _pieces(items)
    checked, violations, found = 0, 0, Counter[str]()
    for item in _read(items):
        failed = set(_failed(item, today, pieces.get((item["card_id"], item["card_version"]))))
        checked += 1
        violations += bool(failed)
        found.update(failed)
    return Rechecked(checked, violations, {name: found[name] for name in CHECKS})


def _failed(item: Mapping[str, Any], today: Shelf, piece: Piece | None) -> Iterator[str]:
    offer = item["type"] == Kind.PARTNER_OFFER
    texts = (item["title"], item["presentation"].get("summary") or "", item["content"], item["rationale"])
    for check in guardrails.spoken(
        (*filter(None, texts), *item["partner_checks"]),
        names=today.names,
        titles=today.titles,
        forbidden=today.forbidden,
    ):
        if check.status == "fail":
            yield check.name
    if uncited(
        item["rationale"],
        cited=[one["text"] for one in item["citations"] or ()],
        own=piece.own if piece else (),
        merchants=[one["name"] for one in item["merchants"] or ()],
    ):
        yield "figures"
    if offer and (item["eligibility"] != "eligible" or piece is None or predatory(piece)):
        yield "eligibility"
    kind = piece.text("disclosure_kind") or None if piece else None
    if not item["disclosure"].startswith(guardrails.disclosure(offer=offer, kind=kind)):
        yield "disclosure"  # the note of a house voice may have changed since and stands behind it
    if not item["agreed"] or (offer and not item["agreed_to_offers"]):
        yield "consent"


def _pieces(items: QuerySet[Recommendation]) -> dict[tuple[UUID, int], Piece]:
    """The cards as they stood when they were said; without a version there is nothing to hold a text against."""
    said = items.filter(card_id=OuterRef("card_id"), card_version=OuterRef("version")).values("pk")
    rows = CardVersion.objects.filter(Exists(said)).select_related("card")
    return {
        (row.card_id, row.version): Piece(
            row.card_id,
            row.version,
            row.content_hash,
            row.card.card_type,
            row.title,
            row.description,
            tuple(row.tags),
            row.content,
            row.created_at,
        )
        for row in rows
    }


def _read(items: QuerySet[Recommendation]) -> Iterator[Mapping[str, Any]]:
    """Of a trace only what is asked; in pieces, so that memory does not grow with the items."""
    return (
        items.annotate(agreed=_agreed(Purpose.ANALYSIS), agreed_to_offers=_agreed(Purpose.PARTNER_OFFERS))
        .values(
            *READ,
            "agreed",
            "agreed_to_offers",
            citations=_traced("rationale", "citations"),
            eligibility=_traced("eligibility", "status"),
            merchants=_traced("signals", "30d", "subscriptions", "merchants"),
        )
        .iterator(chunk_size=CHUNK)
    )


def _agreed(purpose: Purpose) -> Exists:
    """When it was shown, not today: who took a consent back later was told nothing wrong."""
    return Exists(
        ConsentRecord.objects.filter(
            Q(revoked_at=None) | Q(revoked_at__gt=OuterRef("shown_at")),
            user_id=OuterRef("user_id"),
            purpose=purpose,
            since__lte=OuterRef("shown_at"),
        )
    )


def _traced(*path: str) -> Subquery:
    value: Any = "trace_data"
    for name in path:
        value = KeyTransform(name, value)
    return Subquery(Trace.objects.filter(recommendation_id=OuterRef("pk")).values_list(value)[:1])
