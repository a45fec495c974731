"""Portraying people anew by whoever is chosen to: the rules at once, or a provider, for which nothing is held."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar
from uuid import UUID

from accounts import rowsecurity
from accounts.origin import NOWHERE, Origin
from accounts.rowsecurity import Viewer
from personas import dossiers, narrator
from personas.dossiers import Kept
from personas.holding import Busy
from personas.narrator import Notes
from personas.persons import By
from personas.sittings import Change, by_provider

T = TypeVar("T")
SECONDS = narrator.SECONDS_IN_ALL


def portrayed(
    *,
    by: By,
    eyes: Viewer,
    changes: Sequence[Change],
    store: Callable[[Callable[[], list[Kept]]], T],
    now: datetime,
    origin: Origin = NOWHERE,
) -> T:
    """`store` runs what it is given in the one transaction that writes, and may be called again after a refusal."""
    if not narrator.chosen():
        return store(partial(dossiers.portray, by=by, changes=changes, now=now, origin=origin))
    until, late = time.monotonic() + SECONDS, None
    noted: dict[UUID, Notes] = {}
    while True:
        with rowsecurity.viewing(eyes):
            sittings = dossiers.sittings(by=by, changes=changes, now=now)
        try:
            drawn = by_provider(sittings, noted, seconds=until - time.monotonic())
        except narrator.Failed:
            if late and time.monotonic() >= until:
                raise late from None  # it had answered, and others had been quicker
            raise
        for one in drawn:
            noted.update(one.notes)
        try:
            return store(partial(dossiers.keep, by=by, drawn=drawn, now=now, origin=origin))
        except Busy as busy:  # only the portrait is asked for again
            late = busy
