"""The one place where a fault of ours is caught: it is noted, the work is given back, and nothing else is stopped."""

from collections.abc import Callable
from typing import TypeVar

import structlog

from accounts.refusals import Unavailable

T = TypeVar("T")
log = structlog.get_logger("spendsense.faults")


def tried(work: Callable[[], T], give_back: Callable[[str], T], **what: object) -> T:
    """What the work answers, or what giving it back does. That an outside system is away is nobody's fault: it passes.

    Noted are the kind of the fault and the lines that led to it; its message may name a person.
    """
    try:
        return work()
    except Unavailable:
        raise
    except Exception as fault:
        log.error("broke", exc_info=fault, **what)
        return give_back(type(fault).__name__)
