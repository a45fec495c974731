"""The parts we depend on beside the database, and which of them are away."""

from collections.abc import Callable

from celery import current_app
from django_redis import get_redis_connection
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from accounts import storage

Probe = Callable[[], None]


def _cache() -> None:
    get_redis_connection("default").ping()


def _broker() -> None:
    with current_app.connection_for_read(connect_timeout=2) as connection:
        connection.ensure_connection(max_retries=0, timeout=2)


PROBES: dict[str, tuple[Probe, tuple[type[Exception], ...]]] = {
    "cache": (_cache, (RedisError,)),
    "broker": (_broker, (RedisError, BrokerError, OSError)),
    "storage": (storage.probe, (storage.Unreachable,)),
}


def states() -> dict[str, str]:
    """`connected` or `away`, each asked now."""
    return {name: _state(probe, away) for name, (probe, away) in PROBES.items()}


def away() -> list[str]:
    return [name for name, state in states().items() if state == "away"]


def _state(probe: Probe, away: tuple[type[Exception], ...]) -> str:
    try:
        probe()
    except away:
        return "away"
    return "connected"
