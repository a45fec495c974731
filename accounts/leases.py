"""Keeping a lease while its work goes on: a thread with a connection of its own renews it until the work has ended."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread

import structlog
from django.db import DatabaseError, connection

log = structlog.get_logger("accounts.leases")


@contextmanager
def kept(renew: Callable[[], bool], *, every: timedelta) -> Iterator[None]:
    """Short work costs no connection. What cannot be renewed is lost to others, and its end is refused by its fence."""
    over = Event()

    def keep() -> None:
        standing = True
        while standing and not over.wait(every.total_seconds()):
            try:
                standing = renew()
            except DatabaseError as fault:
                log.warning("lease_not_renewed", error=type(fault).__name__)
                connection.close()
        connection.close()

    keeper = Thread(target=keep, name="lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()
