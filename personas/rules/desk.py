"""Evaluates lines of signal objects as they come to the desk: one answer, or one sentence, per line."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from personas.rules.document import Document
from personas.rules.evaluating import evaluate
from personas.rules.evidence import criteria
from personas.rules.objects import frame_of

BATCH = 5_000


class Line(NamedTuple):
    """What was read of one line: an object of signals, or why there is none."""

    id: Any
    signals: Mapping[str, Any]
    error: str | None


def explained(lines: Iterable[bytes], document: Document) -> Iterator[dict[str, Any]]:
    """One answer a line, in order; empty lines are passed over."""
    read = (_read(number, line) for number, line in enumerate(lines, 1) if line.strip())
    while batch := list(islice(read, BATCH)):
        frame = frame_of(line.signals for line in batch)
        answers = evaluate(frame, document).select("primary", "strength", "secondary", "all_matches")
        for line, answer, evidence in zip(batch, answers.iter_rows(), criteria(frame, document), strict=True):
            if line.error:
                yield {"id": line.id, "error": line.error}
            else:
                primary, strength, secondary, all_matches = answer
                yield {
                    "id": line.id,
                    "primary": primary,
                    "strength": strength,
                    "secondary_personas": secondary,
                    "all_matches": all_matches,
                    "criteria": evidence,
                }


def _read(number: int, line: bytes) -> Line:
    try:
        content = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return Line(None, {}, f"Line {number} is not UTF-8 text.")
    except RecursionError:
        return Line(None, {}, f"Line {number} cannot be read as JSON: it is nested too deeply.")
    except json.JSONDecodeError as problem:
        return Line(None, {}, f"Line {number} cannot be read as JSON: {problem.msg} at column {problem.colno}.")
    except ValueError:
        return Line(None, {}, f"Line {number} cannot be read as JSON: a number in it is too long.")
    wanted = 'one object with "id" and "signals"'
    if not isinstance(content, dict):
        return Line(None, {}, f"Line {number} is not {wanted}.")
    name, signals = content.get("id"), content.get("signals")
    if not isinstance(name, str | int) or isinstance(name, bool) or not str(name).isprintable():
        return Line(None, {}, f"Line {number} has no id; it is {wanted}.")
    if not isinstance(signals, dict):
        return Line(name, {}, f"Line {number} has no signals; it is {wanted}.")
    return Line(name, signals, None)
