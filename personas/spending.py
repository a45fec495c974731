"""Where one person's money came from and where it went, in a window that was measured."""

from datetime import date
from typing import Any
from uuid import UUID

from personas import ledger, measured
from personas.models import Window
from personas.profiles import NoSignals
from personas.signals import insights


def insights_of(*, user_id: UUID, window: Window, today: date) -> dict[str, Any]:
    """The snapshot of the window, and the rows it was measured from."""
    snapshot = measured.latest(user_id=user_id, windows=[window]).get(window)
    if snapshot is None or snapshot.no_signals:
        raise NoSignals(user_id)
    frames = ledger.frames(user_ids=[user_id], today=today, as_of=snapshot.as_of)
    return insights(frames, measured.as_object(snapshot), window=window.days, today=today)
