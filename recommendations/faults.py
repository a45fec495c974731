"""How often the language model failed in the last hour: counted in Redis, ten minutes at a time, for all processes."""

from datetime import datetime

from django.core.cache import cache

STEP, STEPS = 600, 6


def note(*, now: datetime) -> None:
    """Without Redis nothing is counted, and whoever asked the model is not held up."""
    key = _key(_step(now))
    cache.add(key, 0, STEP * (STEPS + 1))
    try:
        cache.incr(key)
    except ValueError:
        return


def of_the_last_hour(*, now: datetime) -> int:
    last = _step(now)
    return sum(cache.get_many([_key(last - back) for back in range(STEPS)]).values())


def _step(now: datetime) -> int:
    return int(now.timestamp()) // STEP


def _key(step: int) -> str:
    return f"provider_faults:{step}"
