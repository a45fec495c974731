"""How a command shares its work between processes, and how it ends when somebody presses Ctrl-C."""

import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context
from threading import Event
from types import FrameType
from typing import TypeVar

import django
from django.db import connections

A = TypeVar("A")
T = TypeVar("T")


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


def pieces(do: Callable[[], T | None], workers: int, stopped: Callable[[], bool]) -> Iterator[T]:
    """Work off what is open, here (0) or in so many processes, until there is nothing; what is in hand ends whole."""
    if workers == 0:
        while not stopped() and (piece := do()) is not None:
            yield piece
        return
    with pool(workers) as processes:
        waiting: set[Future[T | None]] = {processes.submit(do) for _ in range(workers)}
        while waiting:
            ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in ended:
                if (piece := future.result()) is not None:
                    yield piece
                    if not stopped():
                        waiting.add(processes.submit(do))


def each(do: Callable[[A], T], given: Iterable[A], workers: int, stopped: Callable[[], bool]) -> Iterator[T]:
    """Do it with each of these, here (0) or in so many processes; once stopped, what is in hand ends whole."""
    left = iter(given)
    if workers == 0:
        for one in left:
            if stopped():
                return
            yield do(one)
        return
    with pool(workers) as processes:
        waiting: set[Future[T]] = {processes.submit(do, one) for one in islice(left, workers)}
        while waiting:
            ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in ended:
                yield future.result()
            waiting |= {processes.submit(do, one) for one in islice(left, 0 if stopped() else len(ended))}


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
