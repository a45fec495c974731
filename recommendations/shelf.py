"""The shelf of a tenant: its active cards as the engine reads them, kept in the process while nothing changed them."""

import time
from collections import Counter as Tally
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django_redis import get_redis_connection
from prometheus_client import Counter
from redis.exceptions import RedisError

from accounts import rowsecurity
from recommendations.models import Card
from recommendations.pieces import Piece, Shelf, shelf_of
from recommendations.remembered import Remembered

hits = Counter("card_cache_hit_total", "Cards that the process still had", ["card_type"])
misses = Counter("card_cache_miss_total", "Cards that had to be read", ["card_type"])

READ = ("card_id", "version", "content_hash", "card_type", "title", "description", "tags", "content", "updated_at")
MOST = 1_000
LIFE = {"voice": 7_200, "company": 3_600, "audience": 3_600, "insight": 1_800}
LISTED = 60  # how long a write may stay unseen whose number was lost with Redis
Known = tuple[UUID, UUID, int]  # tenant, card, version: what never changes


@dataclass(frozen=True)
class Listed:
    """The active cards as of a generation."""

    generation: int
    shelf: Shelf


_pieces: Remembered[Known, Piece] = Remembered(MOST, time.monotonic)
_lists: Remembered[UUID, Listed] = Remembered(MOST, time.monotonic)


def shelf(*, tenant_id: UUID) -> Shelf:
    """With the eyes of a service whoever asks. A card that went gives a smaller shelf."""
    if _being_written(tenant_id):
        with _service(tenant_id):
            return shelf_of(_read(_active(tenant_id)))
    generation = _generation(tenant_id)  # before the rows: what is written after it raises it
    kept = _lists.get(tenant_id)
    if kept is not None and kept.generation == generation:
        _count(hits, (*kept.shelf.pieces, *kept.shelf.audiences, *filter(None, [kept.shelf.voice])))
        return kept.shelf
    with _service(tenant_id):
        gathered = _gathered(tenant_id)
    if generation is not None:
        _lists.put(tenant_id, Listed(generation, gathered), LISTED)
    return gathered


def outdate(*, tenant_id: UUID) -> None:
    """Once the caller's transaction stands every process reads anew; until then this one reads past what it keeps."""
    transaction.on_commit(_Raise(tenant_id))


def forget() -> None:
    """What this process keeps."""
    _pieces.clear()
    _lists.clear()


@dataclass(frozen=True)
class _Raise:
    tenant_id: UUID

    def __call__(self) -> None:
        """A number that was lost begins later than any before it: no list of then is taken for one of now."""
        _lists.clear()
        try:
            redis = get_redis_connection("default")
            redis.set(_name(self.tenant_id), time.time_ns() // 1000, nx=True)
            redis.incr(_name(self.tenant_id))
        except RedisError:
            return  # without Redis nobody keeps a list


def _being_written(tenant_id: UUID) -> bool:
    """Rows of an unfinished transaction are its own: kept, they would outlive its end by a rollback."""
    return any(hook == _Raise(tenant_id) for _, hook, *_ in connection.run_on_commit)


def _name(tenant_id: UUID) -> str:
    return f"{settings.CACHE_PREFIX}cards:generation:{tenant_id}"


def _generation(tenant_id: UUID) -> int | None:
    """None without Redis. A number that is absent is made, and drops every list that is older."""
    try:
        redis = get_redis_connection("default")
        found = redis.get(_name(tenant_id))
        if found is None:
            redis.set(_name(tenant_id), time.time_ns() // 1000, nx=True)
            found = redis.get(_name(tenant_id))
        return int(found) if found is not None else None
    except RedisError:
        return None


def _gathered(tenant_id: UUID) -> Shelf:
    """The list of active cards, and of the cards only those that are not kept."""
    listed = list(_active(tenant_id).values_list("card_id", "version"))
    found = {card_id: piece for card_id, version in listed if (piece := _pieces.get((tenant_id, card_id, version)))}
    _count(hits, found.values())
    if missing := [card_id for card_id, _ in listed if card_id not in found]:
        read = _read(_active(tenant_id).filter(card_id__in=missing))
        _count(misses, read)
        for piece in read:
            _pieces.put((tenant_id, piece.card_id, piece.version), piece, LIFE[piece.card_type])
            found[piece.card_id] = piece
    return shelf_of(found.values())


def _service(tenant_id: UUID) -> AbstractContextManager[None]:
    return rowsecurity.viewing(rowsecurity.service(tenant_id, "cards"))


def _active(tenant_id: UUID) -> QuerySet[Card]:
    return Card.objects.filter(tenant_id=tenant_id, is_active=True)


def _read(cards: QuerySet[Card]) -> list[Piece]:
    return [
        Piece(card_id, version, hashed, kind, title, description, tuple(tags), content, made_at)
        for card_id, version, hashed, kind, title, description, tags, content, made_at in cards.values_list(*READ)
    ]


def _count(counter: Counter, pieces: Iterable[Piece]) -> None:
    for card_type, times in Tally(piece.card_type for piece in pieces).items():
        counter.labels(card_type).inc(times)
