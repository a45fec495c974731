"""From rows to numbers: what a person's accounts and rows say, for one person and for many alike."""

from .frames import Correction, Frames, Kind, empty, kind_of
from .insights import STALE, insights, stale
from .measuring import measure
from .meta import ALGORITHM
from .rendering import as_object, canonical, exact_json, no_signals
from .statement import from_rows, from_statement

__all__ = [
    "ALGORITHM",
    "STALE",
    "Correction",
    "Frames",
    "Kind",
    "as_object",
    "canonical",
    "empty",
    "exact_json",
    "from_rows",
    "from_statement",
    "insights",
    "kind_of",
    "measure",
    "no_signals",
    "stale",
]
