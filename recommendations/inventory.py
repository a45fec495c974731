"""The cards of an institution as lists: found by what they say, with their versions and their uses."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, CharField, Count, F, Func, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, TruncDate

from recommendations.cards import active
from recommendations.models import Card, CardUsage, CardVersion, Recommendation
from recommendations.uses import CardNotFound

# Only what content says, not how its keys are called.
SAYS = """EXISTS (SELECT FROM jsonb_path_query(cards.content, 'strict $.** ? (@.type() == "string")') said
                   WHERE strpos(lower(said #>> '{}'), lower(%s)) > 0)"""
GROUPS: dict[str, Any] = {
    "card_type": F("card__card_type"),
    "workflow_type": F("workflow_type"),
    "day": Cast(TruncDate("used_at", tzinfo=UTC), CharField()),
    "card": Cast("card_id", CharField()),
}


def found(
    *,
    tenant_id: UUID,
    is_active: bool = True,
    card_type: str | None = None,
    source_session_id: UUID | None = None,
    tags: Sequence[str] = (),
    q: str | None = None,
) -> QuerySet[Card]:
    """Newest first; every one of `tags` must stand."""
    cards = Card.objects.filter(tenant_id=tenant_id, is_active=is_active).order_by("-created_at", "-card_id")
    if card_type:
        cards = cards.filter(card_type=card_type)
    if source_session_id:
        cards = cards.filter(source_session_id=source_session_id)
    if tags:
        cards = cards.filter(tags__contains=list(tags))
    if q:
        said = Q(RawSQL(SAYS, [q], output_field=BooleanField()))  # noqa: S611 (q is a parameter)
        cards = cards.filter(_within("title", q) | _within("description", q) | said)
    return cards


def card(*, tenant_id: UUID, card_id: UUID) -> Card:
    """A deleted one too."""
    known = Card.objects.filter(tenant_id=tenant_id, pk=card_id).first()
    if known is None:
        raise CardNotFound
    return known


def named(*, tenant_id: UUID, card_ids: Sequence[UUID]) -> dict[UUID, Card]:
    """Active cards by id, in one statement."""
    return {card.pk: card for card in active(tenant_id=tenant_id).filter(pk__in=card_ids)}


def versions(*, tenant_id: UUID, card_id: UUID) -> QuerySet[CardVersion]:
    """Newest first; those of a deleted card too."""
    _exists(tenant_id, card_id)
    return CardVersion.objects.filter(tenant_id=tenant_id, card_id=card_id).order_by("-version")


def version(*, tenant_id: UUID, card_id: UUID, version: int) -> CardVersion:
    row = CardVersion.objects.filter(tenant_id=tenant_id, card_id=card_id, version=version).first()
    if row is None:
        raise CardNotFound("This version of the card was not found.")
    return row


def uses(
    *, tenant_id: UUID, card_id: UUID, since: date | None = None, until: date | None = None
) -> QuerySet[CardUsage]:
    """Newest first; both days included."""
    _exists(tenant_id, card_id)
    return _used(tenant_id, since, until).filter(card_id=card_id).order_by("-used_at", "-usage_id")


def summary(*, tenant_id: UUID, since: date, until: date, group_by: str) -> Mapping[str, Any]:
    """How much was used between two days, both included, and by what; the most used first."""
    events = _used(tenant_id, since, until)
    totals = events.aggregate(
        total_events=Count("pk"),
        distinct_cards=Count("card_id", distinct=True),
        distinct_workflows=Count("workflow_id", distinct=True),
    )
    groups = (
        events.annotate(key=GROUPS[group_by])
        .values("key")
        .annotate(events=Count("pk"), distinct_cards=Count("card_id", distinct=True))
        .order_by("-events", "key")
    )
    return {"from": since, "to": until, "group_by": group_by, **totals, "groups": list(groups)}


def tags_of(*, tenant_id: UUID) -> list[str]:
    """Every tag that stands on a card."""
    each = Card.objects.filter(tenant_id=tenant_id).annotate(tag=Func(F("tags"), function="unnest"))
    return sorted(each.values_list("tag", flat=True).distinct())


def uses_per_day(*, tenant_id: UUID, card_id: UUID, since: date, until: date, zone: tzinfo) -> dict[date, int]:
    """By the calendar of the institution, both days included; a day without any is not there."""
    begins, ends = (datetime.combine(day, time.min, zone) for day in (since, until + timedelta(days=1)))
    events = CardUsage.objects.filter(tenant_id=tenant_id, card_id=card_id, used_at__gte=begins, used_at__lt=ends)
    counted = events.values(day=TruncDate("used_at", tzinfo=zone)).annotate(uses=Count("pk")).order_by("day")
    return dict(counted.values_list("day", "uses"))


def items_of(*, tenant_id: UUID, card_id: UUID) -> QuerySet[Recommendation]:
    """What was made from a card and of whom one may know, newest first."""
    items = Recommendation.objects.filter(tenant_id=tenant_id, card_id=card_id)
    return items.select_related("user").order_by("-created_at", "id")


def _within(field: str, q: str) -> Q:
    return Q(**{f"{field}__icontains": q})


def _used(tenant_id: UUID, since: date | None, until: date | None) -> QuerySet[CardUsage]:
    events = CardUsage.objects.filter(tenant_id=tenant_id)
    if since:
        events = events.filter(used_at__gte=_begins(since))
    if until:
        events = events.filter(used_at__lt=_begins(until) + timedelta(days=1))
    return events


def _begins(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _exists(tenant_id: UUID, card_id: UUID) -> None:
    if not Card.objects.filter(tenant_id=tenant_id, pk=card_id).exists():
        raise CardNotFound
