"""What a person has from earlier runs: items that are open, why an approved one stays no longer, what they rejected."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from recommendations.eligibility import screened
from recommendations.facts import Live, Person
from recommendations.lifecycle import Status, Withdrawal
from recommendations.pieces import Shelf

LIVES = timedelta(days=90)  # of an approved item
SILENCE = timedelta(days=90)  # of a rejected subject

# What a provider said in other words is known by the words that it was given.
OPEN = """
    SELECT r.id, r.user_id, r.status, r.type, r.subject, r.card_id, r.card_version, r.matched_persona, r.approved_at,
           coalesce(t.trace_data -> 'rationale' ->> 'rewritten_from', t.trace_data -> 'rationale' ->> 'text'),
           r.disclosure
      FROM recommendations r LEFT JOIN decision_traces t ON t.recommendation_id = r.id
     WHERE r.user_id = ANY(%s::uuid[]) AND r.status IN ('pending', 'approved')
"""
REJECTED = """
    SELECT DISTINCT user_id, subject FROM recommendations
     WHERE user_id = ANY(%s::uuid[]) AND status = 'rejected' AND rejected_at > %s
"""


@dataclass(frozen=True)
class Item:
    """An open item, as the run that made it left it."""

    id: UUID
    user_id: UUID
    status: str
    type: str
    subject: str
    card_id: UUID
    card_version: int
    matched_persona: str
    approved_at: datetime | None
    rationale: str | None
    disclosure: str

    @property
    def said(self) -> tuple[str, int, str | None, str]:
        return self.subject, self.card_version, self.rationale, self.disclosure


def items(user_ids: Collection[UUID]) -> Mapping[UUID, list[Item]]:
    found: dict[UUID, list[Item]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(OPEN, [list(user_ids)])
        for row in cursor.fetchall():
            item = Item(*row)
            found[item.user_id].append(item)
    return found


def rejected(user_ids: Collection[UUID], now: datetime) -> Mapping[UUID, frozenset[str]]:
    """The subjects that are not proposed to them again yet."""
    found: dict[UUID, set[str]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(REJECTED, [list(user_ids), now - SILENCE])
        for user_id, subject in cursor.fetchall():
            found[user_id].add(subject)
    return defaultdict(frozenset, {user_id: frozenset(subjects) for user_id, subjects in found.items()})


def ended(items: Iterable[Item], person: Person, on_shelf: Shelf, now: datetime) -> dict[UUID, Withdrawal]:
    """The approved items that stay no longer, each with its reason."""
    return {item.id: reason for item in items if (reason := _end(item, person, on_shelf, now))}


def _end(item: Item, person: Person, on_shelf: Shelf, now: datetime) -> Withdrawal | None:
    if item.status != Status.APPROVED or item.approved_at is None:
        return None
    if item.approved_at <= now - LIVES:
        return Withdrawal.EXPIRED
    piece = on_shelf.by_card.get(item.card_id)
    if piece is None:
        return Withdrawal.CARD_DELETED
    return Withdrawal.NO_LONGER_ELIGIBLE if piece.offer and screened(piece, person).refusal else None


def with_these(person: Person, items: Iterable[Item], ends: Collection[UUID], rejected: frozenset[str]) -> Person:
    """The person with what lives on, which takes a place, and with what they rejected."""
    lives = (item for item in items if item.status == Status.APPROVED and item.id not in ends)
    live = tuple(Live(item.subject, item.type, item.matched_persona) for item in lives)
    return replace(person, live=live, rejected=rejected)
