"""Canonical JSON and its hash: the same content gives the same bytes, whatever the order of its keys."""

import hashlib
import json
import math
from typing import Any


def canonical(content: Any) -> bytes:
    """Keys sorted at every level, no spaces, nothing escaped that need not be; -0.0 kept, NaN refused."""
    text = json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_number
    )
    return text.encode("utf-8")


def fingerprint(content: Any) -> str:
    return hashlib.sha256(canonical(content)).hexdigest()


def _number(value: Any) -> Any:
    if hasattr(value, "as_integer_ratio") and math.isfinite(value):
        return float(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")
