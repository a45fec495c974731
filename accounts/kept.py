"""What is kept of people's answers in Redis: never read before consent is known, never older than the person."""

from collections.abc import Collection, Mapping
from datetime import date
from functools import partial
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from prometheus_client import Counter

from accounts.models import User
from accounts.words import Word

reads = Counter("kept_answers_total", "Answers asked of the cache, and whether one was served", ["kind", "served"])


class Kind(Word):
    PROFILE = "profile"
    RECOMMENDATIONS = "recommendations"
    SIGNALS = "signals"

    @property
    def seconds(self) -> int:
        return {Kind.PROFILE: 300, Kind.RECOMMENDATIONS: 3_600, Kind.SIGNALS: 86_400}[self]

    def of(self, user_id: UUID | str) -> str:
        return f"{self.value}:{user_id}"


def answer(kind: Kind, *, user: User, today: date, which: str = "") -> str | None:
    """What was kept, if nothing that it is made of has changed since; `which` of several kept under one name.

    `user` is the row as this request read it, before anything the answer is made of: every change of those raises
    `cache_generation` in its own transaction, so a number that still stands vouches for what was read after it,
    whoever stored it and however late. A day older is too old as well, because ages are told in days.
    """
    if not user.consent_status:
        return None
    found = cache.get(kind.of(user.pk))
    stands = bool(found) and (found["generation"], found["on"]) == (user.cache_generation, today.isoformat())
    kept: str | None = found["answers"].get(which) if stands else None
    reads.labels(kind.value, kept is not None).inc()
    return kept


def keep(kind: Kind, *, user: User, today: date, answers: Mapping[str, str]) -> None:
    """Keep rendered answers under the generation that was read before they were made."""
    if user.consent_status:
        value = {"generation": user.cache_generation, "on": today.isoformat(), "answers": dict(answers)}
        cache.set(kind.of(user.pk), value, kind.seconds)


def forget(*, user_ids: Collection[UUID | str]) -> None:
    """Once the caller's transaction stands: what is out of date needs no room, though it would not be served."""
    names = [kind.of(user_id) for user_id in user_ids for kind in Kind]
    transaction.on_commit(partial(cache.delete_many, names))
