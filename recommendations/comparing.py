"""Where two traces differ, as JSON pointers; what only tells when and under which ids it ran is not compared."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NAMES = ("trace_id", "run_id", "stages", "generation_time_ms")
TIMES = frozenset(f"/{name}" for name in NAMES)
CODE = frozenset({"/engine_version", "/inputs/algorithm_version"})


@dataclass(frozen=True)
class Difference:
    path: str
    stored: Any
    recomputed: Any


def differences(stored: Mapping[str, Any], recomputed: Mapping[str, Any]) -> tuple[Difference, ...]:
    if _text(stored) == _text(recomputed):  # most of them are, and this costs a tenth
        return ()
    return tuple(_between(stored, recomputed, ""))


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps({**document, **dict.fromkeys(NAMES)}, sort_keys=True)


def code_changed(stored: Mapping[str, Any], recomputed: Mapping[str, Any]) -> bool:
    """Whether another engine or another measurement than today's made it."""
    return (stored["engine_version"], stored["inputs"]["algorithm_version"]) != (
        recomputed["engine_version"],
        recomputed["inputs"]["algorithm_version"],
    )


def _between(stored: Any, recomputed: Any, path: str) -> Iterator[Difference]:
    if path in TIMES or path in CODE or path.endswith("/meta/algorithm_version"):
        return
    if isinstance(stored, Mapping) and isinstance(recomputed, Mapping):
        for name in sorted({*stored, *recomputed}):
            here = f"{path}/{_escaped(name)}"
            if name in stored and name in recomputed:
                yield from _between(stored[name], recomputed[name], here)
            elif here not in TIMES | CODE:
                yield Difference(here, stored.get(name), recomputed.get(name))
    elif _listed(stored) and _listed(recomputed):
        for place in range(max(len(stored), len(recomputed))):
            here = f"{path}/{place}"
            if place < min(len(stored), len(recomputed)):
                yield from _between(stored[place], recomputed[place], here)
            else:
                left = stored[place] if place < len(stored) else None
                yield Difference(here, left, recomputed[place] if place < len(recomputed) else None)
    elif stored != recomputed or isinstance(stored, bool) != isinstance(recomputed, bool):
        yield Difference(path, stored, recomputed)


def _listed(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
