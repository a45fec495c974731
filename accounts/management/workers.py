"""How a command shares its work between processes, and how it ends when somebody presses Ctrl-C."""

import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from threading import Event
from types import FrameType

import django
from django.db import connections


def pool(workers: int) -> ProcessPoolExecutor:
    """Spawned, because Polars and fork do not mix."""
    connections.close_all()
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin)


def _begin() -> None:
    """A terminal sends Ctrl-C to every process; only the command itself decides what to do about it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    django.setup()


@contextmanager
def finishing_first() -> Iterator[Event]:
    """The first Ctrl-C sets the event, so that the piece of work in hand ends whole; the second one stops at once."""
    asked = Event()

    def note(_: int, __: FrameType | None) -> None:
        signal.signal(signal.SIGINT, former)
        asked.set()

    former = signal.signal(signal.SIGINT, note)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, former)
