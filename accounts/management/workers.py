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
    """Spawned, because Polars and fork do not mix; deaf to Ctrl-C from their first moment on."""
    connections.close_all()
    processes = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin)
    # A blocked signal stays blocked in a child, so none can reach it before it knows to ignore it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        processes.submit(_begun)  # the first piece of work launches every process
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    return processes


def _begin() -> None:
    """A terminal sends Ctrl-C to every process; only the command itself decides what to do about it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    django.setup()


def _begun() -> None:
    """Nothing to do but to be there."""


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
