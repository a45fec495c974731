"""Everything that money does again and again; a row carries the place of its stream in this list."""

from .commitments import cards, savings, subscriptions
from .routines import bills, daily_life, pay
from .stream import Stream

STREAMS: tuple[Stream, ...] = (*pay(), *bills(), *daily_life(), *cards(), *subscriptions(), *savings())


def codes_of(*pools: str) -> list[int]:
    """The places in STREAMS, which rows carry, of the streams that go to these pools of merchants."""
    return [code for code, stream in enumerate(STREAMS) if stream.pool in pools]
