"""What a reader does with an item: sees it, opens it, answers it, takes the answer back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from accounts import kept
from accounts.models import User
from accounts.refusals import ConsentRequired, Unacceptable
from recommendations import feed
from recommendations.feed import ANSWERED, Item, RecommendationNotFound, Told
from recommendations.models import Feedback, Recommendation
from recommendations.tracing import plain

# Locked in one order, so that two pages that show the same items only wait for each other.
SHOWN = """
    UPDATE recommendations r SET shown_at = coalesce(r.shown_at, %s)
      FROM (SELECT id FROM recommendations WHERE user_id = %s AND id = ANY(%s::uuid[]) ORDER BY id FOR UPDATE) locked
     WHERE r.id = locked.id
 RETURNING r.id::text, r.shown_at
"""
SEEN = """
    UPDATE recommendations SET shown_at = coalesce(shown_at, %(now)s), seen_at = coalesce(seen_at, %(now)s)
     WHERE user_id = %(user)s AND id = %(item)s
 RETURNING shown_at, seen_at
"""
SAID = tuple(name for name in ANSWERED if name != "updated_at")


class SaysNothing(Unacceptable):
    sentence = "An answer says at least one thing: a rating, helpful, completed or a comment."


@dataclass(frozen=True)
class Seen:
    shown_at: datetime
    seen_at: datetime


@transaction.atomic
def serve(*, user: User, found: Told, items: list[Item], now: datetime) -> list[Item]:
    """Mark what is shown for the first time, in one statement; what was taken back meanwhile is not shown.

    Until then an operator may still undo. An item without the mark asks the row, so that no kept answer is believed.
    """
    unmarked = [one for one in items if one["shown_at"] is None]
    marks: Mapping[str, datetime] = {}
    if unmarked:
        with connection.cursor() as cursor:
            cursor.execute(SHOWN, [now, user.pk, [one["recommendation_id"] for one in unmarked]])
            marks = dict(cursor.fetchall())
    for one in unmarked:
        one["shown_at"] = plain(marks.get(one["recommendation_id"]))
    if marks:  # a kept mark says that the row has one
        transaction.on_commit(partial(feed.keep, found, user=user, today=now.date()))
    elif not (found.was_kept or unmarked):
        feed.keep(found, user=user, today=now.date())
    return [one for one in items if one["shown_at"]]


@transaction.atomic
def seen(*, user: User, item_id: UUID, now: datetime) -> Seen:
    """It was on the screen. Nothing that is kept about a reader tells it."""
    if not user.consent_status:
        raise ConsentRequired
    with connection.cursor() as cursor:
        cursor.execute(SEEN, {"now": now, "user": user.pk, "item": item_id})
        row = cursor.fetchone()
    if row is None:
        raise RecommendationNotFound
    return Seen(*row)


@transaction.atomic
def click(*, user: User, item_id: UUID, now: datetime) -> Recommendation:
    """The first time is kept."""
    item = _of(user, item_id)
    item.clicked, item.clicked_at, item.shown_at = True, item.clicked_at or now, item.shown_at or now
    item.save(update_fields=["clicked", "clicked_at", "shown_at"])
    return item


@transaction.atomic
def answer(*, user: User, item_id: UUID, said: Mapping[str, Any], now: datetime) -> tuple[Feedback, bool]:
    """The answer and whether it is the first; what is not said stays as it was, what is null is taken back."""
    item = _of(user, item_id)
    given = Feedback.objects.filter(user=user, recommendation=item).first()
    first = given is None
    given = given or Feedback(tenant_id=user.tenant_id, user=user, recommendation=item, created_at=now)
    for name, value in said.items():
        setattr(given, name, value)
    if all(getattr(given, name) is None for name in SAID):
        raise SaysNothing
    given.updated_at = now
    given.save(force_insert=first)
    return given, first


@transaction.atomic
def withdraw(*, user: User, item_id: UUID) -> bool:
    """Whether there was an answer."""
    deleted, _ = Feedback.objects.filter(user=user, recommendation=_of(user, item_id)).delete()
    return bool(deleted)


def _of(user: User, item_id: UUID) -> Recommendation:
    """The item, after what is kept about its reader is old; the person is locked before the item, as runs do."""
    agreed = User.objects.filter(pk=user.pk, consent_status=True)
    if not agreed.update(cache_generation=F("cache_generation") + 1):
        raise ConsentRequired
    kept.forget(user_ids=[user.pk])
    item = Recommendation.objects.select_for_update().filter(user=user, pk=item_id).first()
    if item is None:
        raise RecommendationNotFound
    return item
