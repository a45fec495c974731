"""What a reader is told: their approved items in order, where they stand, and how old that is."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from accounts import kept
from accounts.kept import Kind as Kept
from accounts.models import ConsentRecord, User
from accounts.purposes import Purpose
from accounts.refusals import NotThere
from accounts.words import Word
from personas.signals import stale
from recommendations.models import Feedback, Kind, Recommendation
from recommendations.tracing import plain

# The window that gives the persona of the profile also says how strongly; of two, the shorter.
STANDING = """
    SELECT p.persona, p.persona_id, p.persona_name, p.as_of, given.primary_match_strength
      FROM persona_profiles p
      LEFT JOIN LATERAL (
           SELECT primary_match_strength
             FROM (SELECT DISTINCT ON (window_type) window_type, primary_persona, primary_match_strength
                     FROM user_personas WHERE user_id = p.user_id AND window_type IN ('30d', '180d')
                    ORDER BY window_type, assigned_at DESC, seq DESC) latest
            WHERE primary_persona = p.persona ORDER BY window_type DESC LIMIT 1) given ON true
     WHERE p.user_id = %s
"""
SHOWN = (
    *("format", "summary", "category", "tags", "difficulty", "read_time_minutes", "sources", "partner", "why"),
    "counterfactual",
)
ANSWERED = ("rating", "helpful", "completed", "comment", "updated_at")

Item = dict[str, Any]


class RecommendationNotFound(NotThere):
    code = "RECOMMENDATION_NOT_FOUND"
    sentence = "Recommendation not found"


class Sort(Word):
    POSITION = "position"
    DATE = "date"


@dataclass
class Told:
    """Everything that a reader may see, as JSON holds it; pages are cut from it."""

    items: list[Item]
    persona: dict[str, Any] | None
    as_of: str | None
    stale: bool
    consent: dict[str, bool]
    was_kept: bool = field(default=False, compare=False)

    def page(self, *, type: str | None = None, sort: str = Sort.POSITION, limit: int, offset: int) -> "Page":
        chosen = [one for one in self.items if type in (None, one["type"])]
        if sort == Sort.DATE:
            chosen.sort(key=lambda one: datetime.fromisoformat(one["approved_at"]), reverse=True)
        return Page(chosen[offset : offset + limit], len(chosen))

    def item(self, item_id: UUID) -> Item:
        for one in self.items:
            if one["recommendation_id"] == str(item_id):
                return one
        raise RecommendationNotFound


@dataclass
class Page:
    items: list[Item]
    total: int


def told(*, user: User, today: date) -> Told:
    """Kept, or read in four statements however many items there are."""
    if known := kept.answer(Kept.RECOMMENDATIONS, user=user, today=today):
        return Told(**json.loads(known), was_kept=True)
    agreed = set(ConsentRecord.objects.filter(user=user, revoked_at=None).values_list("purpose", flat=True))
    consent = {purpose.value: purpose in agreed for purpose in (Purpose.ANALYSIS, Purpose.PARTNER_OFFERS)}
    if not consent[Purpose.ANALYSIS]:
        return Told([], None, None, True, consent)
    rows = list(Recommendation.objects.filter(user=user).order_by("position", "-created_at", "id"))
    answers = {one.recommendation_id: one for one in Feedback.objects.filter(user=user, recommendation__in=rows)}
    persona, as_of = _stands(user)
    return Told(
        [_item(row, answers.get(row.pk), today) for row in rows],
        persona,
        plain(as_of),
        as_of is None or stale(as_of, today),
        consent,
    )


def keep(found: Told, *, user: User, today: date) -> None:
    answer = {name: value for name, value in asdict(found).items() if name != "was_kept"}
    kept.keep(Kept.RECOMMENDATIONS, user=user, today=today, answers={"": json.dumps(answer)})


def _stands(user: User) -> tuple[dict[str, Any] | None, date | None]:
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [user.pk])
        row: Sequence[Any] | None = cursor.fetchone()
    if row is None:
        return None, None
    slug, number, name, as_of, strength = row
    persona = {"slug": slug, "persona_id": number, "name": name, "strength": strength} if slug else None
    return persona, as_of


def _item(row: Recommendation, answer: Feedback | None, today: date) -> Item:
    offer = row.type == Kind.PARTNER_OFFER
    shown = {name: row.presentation.get(name) for name in SHOWN}
    item: Item = plain(
        {
            "recommendation_id": row.pk,
            "type": row.type,
            "format": shown.pop("format"),
            "title": row.title,
            "summary": shown.pop("summary"),
            "content": row.content,
            "rationale": row.rationale,
            "why": shown.pop("why") or [],
            "counterfactual": shown.pop("counterfactual"),
            **shown,
            "tags": shown["tags"] or [],
            "sources": shown["sources"] or [],
            "partner_checks": row.partner_checks,
            "eligibility": "eligible" if offer else None,
            "disclosure": row.disclosure,
            "priority": row.priority,
            "position": row.position,
            "persona": row.persona,
            "as_of": row.as_of,
            "stale": stale(row.as_of, today),
            "created_at": row.created_at,
            "approved_at": row.approved_at,
            "shown_at": row.shown_at,
            "clicked": row.clicked,
            "feedback": answer and {name: getattr(answer, name) for name in ANSWERED},
        }
    )
    return item
