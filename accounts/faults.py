"""The one place where a fault of ours is caught: it is noted, the work is given back, and nothing else is stopped."""

from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb
from typing import TypeVar

import structlog

from accounts.refusals import Unavailable

T = TypeVar("T")
DEPTH = 6
OURS = Path(__file__).resolve().parents[1]
log = structlog.get_logger("spendsense.faults")


def tried(work: Callable[[], T], give_back: Callable[[str], T], **what: object) -> T:
    """What the work answers, or what giving it back does. That an outside system is away is nobody's fault: it passes.

    Noted are the kind of the fault and the lines of ours that led to it; its message may name a person.
    """
    try:
        return work()
    except Unavailable:
        raise
    except Exception as fault:
        log.error("broke", error=type(fault).__name__, where=_where(fault), **what)
        return give_back(type(fault).__name__)


def _where(fault: Exception) -> list[str]:
    """`personas/snapshots.py:61`, the innermost last; frames of libraries say less and are left out."""
    frames = [(Path(frame.filename), frame.lineno) for frame in extract_tb(fault.__traceback__)]
    ours = [(file, line) for file, line in frames if file.is_relative_to(OURS) and "site-packages" not in file.parts]
    return [f"{file.relative_to(OURS)}:{line}" for file, line in ours[-DEPTH:]]
