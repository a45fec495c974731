"""The review queue: a page of items with all that a row of it shows, in a number of statements that no row raises."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Concat

from accounts import rowsecurity
from accounts.models import User
from operators import days, wanted
from operators.evidence import staff_of, until
from operators.wanted import Wanted
from personas.models import Person
from personas.rules import Persona
from personas.signals import stale
from recommendations.models import Claim, Kind, Recommendation, RecordedMove

CHECKS = ("consent", "eligibility", "advice", "tone", "figures", "disclosure")
# What stands beside items, each as the viewer may see it.
BESIDE = """
    SELECT r.id, t.trace_data -> 'guardrails' -> 'checks', t.trace_data #>> '{persona_assignment,strength}',
           nullif(concat_ws(' ', p.first_name, p.last_name), ''),
           c.operator_id, c.claimed_at, c.expires_at, last.verb, last.actor_id, last.at,
           (SELECT count(*) FROM recommendation_notes n WHERE n.recommendation_id = r.id AND n.deleted_at IS NULL),
           ARRAY(SELECT g.tag_name FROM recommendation_tags g WHERE g.recommendation_id = r.id ORDER BY g.tag_name)
      FROM recommendations r
      LEFT JOIN decision_traces t ON t.recommendation_id = r.id
      LEFT JOIN persons p ON p.user_id = r.user_id
      LEFT JOIN review_claims c ON c.recommendation_id = r.id AND c.expires_at > %(now)s
      LEFT JOIN LATERAL (SELECT m.verb, m.actor_id, m.at FROM recommendation_moves m
                          WHERE m.recommendation_id = r.id ORDER BY m.revision DESC, m.at DESC LIMIT 1) last ON true
     WHERE r.id = ANY(%(items)s)
"""


@dataclass(frozen=True)
class Held:
    """Who holds an item, and until when nobody else decides about it."""

    recommendation_id: UUID
    operator_id: UUID
    operator_name: str
    claimed_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class ReviewItem:
    """An item as a row of the queue; `undo_until` runs for whoever may undo its last decision."""

    item: Recommendation
    name: str | None
    strength: str | None
    guardrails: Mapping[str, bool | None]
    claim: Held | None
    notes_count: int
    tags: tuple[str, ...]
    undo_until: datetime | None
    decided_by_name: str | None
    now: datetime
    today: date

    @property
    def age(self) -> str:
        """How long it has waited, in the largest unit that says enough."""
        minutes = int((self.now - self.item.created_at).total_seconds()) // 60
        if minutes < 60:
            return f"{max(minutes, 0)} min"
        return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"

    @property
    def tag_names(self) -> list[str]:
        return [tag.replace("_", " ") for tag in self.tags]

    @property
    def stale(self) -> bool:
        return stale(self.item.as_of, self.today)

    @property
    def newer_card(self) -> bool:
        return bool(self.item.card.version > self.item.card_version)

    @property
    def persona_name(self) -> str:
        return Persona(self.item.persona).title_words

    @property
    def checks(self) -> list[tuple[str, bool | None]]:
        return [(name, verdict) for name, verdict in self.guardrails.items() if name not in ("passed", "consent")]

    @property
    def persona_id(self) -> int:
        return Persona(self.item.persona).number

    @property
    def decided_by(self) -> UUID | None:
        return self.item.rejected_by or self.item.approved_by

    @property
    def decided_at(self) -> datetime | None:
        return self.item.rejected_at or self.item.approved_at


@dataclass(frozen=True)
class QueuePage:
    items: list[ReviewItem]
    total: int


def page(*, by: User, asked: Wanted, now: datetime, limit: int, offset: int) -> QueuePage:
    """Matched with the eyes of the pipeline, which sees the same items and asks for consent once a statement and not
    once a row; what is shown is then read with the operator's own eyes.
    """
    rows = _matching(asked, by, now)
    with rowsecurity.viewing(_eyes(asked, by)):
        ids = list(wanted.in_order(rows, asked).values_list("pk", flat=True)[offset : offset + limit])
        ends = len(ids) < limit and bool(ids or not offset)
        total = offset + len(ids) if ends else rows.count()
    found = {item.pk: item for item in Recommendation.objects.select_related("user").filter(pk__in=ids)}
    return QueuePage(seen([found[pk] for pk in ids if pk in found], by=by, now=now), total)


def count(*, by: User, asked: Wanted, now: datetime) -> int:
    rows = _matching(asked, by, now)
    with rowsecurity.viewing(_eyes(asked, by)):
        return rows.count()


def seen(items: Sequence[Recommendation], *, by: User, now: datetime) -> list[ReviewItem]:
    """What stands beside these items, in two statements; their readers are read with them."""
    beside = _beside([item.pk for item in items], now)
    deciders = [item.rejected_by or item.approved_by for item in items]
    staff = staff_of([*deciders, *(row[4] for row in beside.values())])
    today = days.day_of(now, by.tenant.time_zone)
    return [_row(item, beside[item.pk], staff, by, now, today) for item in items if item.pk in beside]


def holds(*, by: User, now: datetime) -> list[Held]:
    """Who holds what at the institution, soonest free first."""
    standing = list(Claim.objects.filter(tenant_id=by.tenant_id, expires_at__gt=now).order_by("expires_at", "pk"))
    staff = staff_of([one.operator_id for one in standing])
    return [_held(one.pk, one.operator_id, one.claimed_at, one.expires_at, staff) for one in standing]


def _matching(asked: Wanted, by: User, now: datetime) -> QuerySet[Recommendation]:
    zone = by.tenant.time_zone
    named = _called(asked.q, by.tenant_id) if asked.q else []
    return wanted.matching(asked, tenant_id=by.tenant_id, zone=zone, today=days.day_of(now, zone), named=named)


def _eyes(asked: Wanted, by: User) -> rowsecurity.Viewer:
    return rowsecurity.of(by) if asked.of_notes else rowsecurity.pipeline(by.tenant_id)


def _called(text: str, tenant_id: UUID) -> list[UUID]:
    """The people whose name says this, of those whose name may be seen."""
    whole = Concat("first_name", Value(" "), "last_name", output_field=CharField())
    people = Person.objects.filter(tenant_id=tenant_id, user_id__isnull=False).annotate(whole=whole)
    return list(people.filter(whole__icontains=text).values_list("user_id", flat=True))


def _beside(ids: Collection[UUID], now: datetime) -> dict[UUID, tuple[Any, ...]]:
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(BESIDE, {"items": list(ids), "now": now})
        return {row[0]: row for row in cursor.fetchall()}


def _row(
    item: Recommendation, row: tuple[Any, ...], staff: Mapping[UUID, str], by: User, now: datetime, today: date
) -> ReviewItem:
    _, checks, strength, name, holder, claimed_at, expires_at, verb, actor, at, notes, tags = row
    last = RecordedMove(verb=verb, actor_id=actor, at=at) if verb else None
    decider = item.rejected_by or item.approved_by
    return ReviewItem(
        item=item,
        name=name,
        strength=strength,
        guardrails=_guardrails(item, checks),
        claim=_held(item.pk, holder, claimed_at, expires_at, staff) if holder else None,
        notes_count=notes,
        tags=tuple(tags),
        undo_until=until(last, item, by, now),
        decided_by_name=_name(decider, staff) if decider else None,
        now=now,
        today=today,
    )


def _guardrails(item: Recommendation, checks: str | None) -> dict[str, bool | None]:
    """As its trace says; an edit was accepted because it passed them all."""
    statuses = {one["name"]: one["status"] for one in json.loads(checks or "[]")}
    if item.modified_at:
        statuses = dict.fromkeys(CHECKS, "pass")
        statuses["eligibility"] = "pass" if item.type == Kind.PARTNER_OFFER else "not_applicable"
    verdicts = {"pass": True, "fail": False}
    return {"passed": item.guardrails_passed} | {name: verdicts.get(statuses.get(name, "")) for name in CHECKS}


def _held(
    item_id: UUID, operator_id: UUID, claimed_at: datetime, expires_at: datetime, staff: Mapping[UUID, str]
) -> Held:
    return Held(item_id, operator_id, _name(operator_id, staff), claimed_at, expires_at)


def _name(operator_id: UUID, staff: Mapping[UUID, str]) -> str:
    return staff.get(operator_id, "somebody who has left")
