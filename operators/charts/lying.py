"""Bars that lie, one row for each label: single, in pairs, as cells of a table, and over days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from operators.charts.shapes import THICK, Chart, Number, Say, bar, dot, drawn, mark, peak, stroke, told, whole, words

LEFT, RIGHT = 36.0, 80.0  # shares of the width: labels stand left of the bars, values right of them
EDGE = 100.0
ROW, GAP = 28, 4
CELL, HEAD = 30, 20
DEPTHS = 5


@dataclass(frozen=True)
class Point:
    """One bar; its tone is a class of the style sheet (`amber`, `red`), said again by its label or its note."""

    label: str
    value: Number | None
    tone: str = ""
    note: str = ""


@dataclass(frozen=True)
class Lane:
    """One row of a timeline: stretches of days, both ends included, and single days."""

    label: str
    spans: Sequence[tuple[date, date]] = ()
    days: Sequence[date] = ()


def bars(title: str, points: Sequence[Point], *, of: str, what: str, say: Say = whole) -> Chart:
    """Bars that lie, longest at the right: `of` names their labels and `what` their values."""
    most = float(peak([point.value for point in points])) or 1
    shapes = []
    for place, point in enumerate(points):
        y, length = place * ROW, float(point.value or 0) / most * (RIGHT - LEFT)
        value = " ".join(filter(None, [told(point.value, say), point.note]))
        shapes += [
            words(point.label, x=LEFT - 1.5, y=y + THICK + 2, kind="end"),
            bar(x=LEFT, y=y + GAP, width=length, height=THICK, kind=f"mark s1 {point.tone}".strip()),
            words(value, x=LEFT + length + 1.5, y=y + THICK + 2, kind="value"),
        ]
    rows = [(point.label, " ".join(filter(None, [told(point.value, say), point.note]))) for point in points]
    known = [point for point in points if point.value is not None]
    top = max(known, key=lambda point: float(point.value or 0), default=None)
    says = f"Bars of {what} by {of}." + (f" Most: {top.label}, {told(top.value, say)}." if top else "")
    return drawn(title, says, len(points) * ROW, shapes, (of, what), rows)


def paired(
    title: str,
    names: tuple[str, str],
    rows: Sequence[tuple[str, Number | None, Number | None]],
    *,
    of: str,
    say: Say = whole,
) -> Chart:
    """Two bars a row, before and after or one thing beside another."""
    most = float(peak([value for row in rows for value in row[1:]])) or 1
    deep, shapes = 2 * THICK + 3 * GAP, []
    for place, (label, *values) in enumerate(rows):
        shapes.append(words(label, x=LEFT - 1.5, y=place * deep + THICK + GAP + 4, kind="end"))
        for series, value in enumerate(values, 1):
            y, length = place * deep + GAP + (series - 1) * (THICK + 2), float(value or 0) / most * (RIGHT - LEFT)
            shapes += [
                mark(title, series, x=LEFT, y=y, width=length, height=THICK),
                words(told(value, say), x=LEFT + length + 1.5, y=y + THICK - 2, kind="value"),
            ]
    written = [(label, told(first, say), told(second, say)) for label, first, second in rows]
    says = f"Two bars for each {of}: {names[0]} and {names[1]}."
    return drawn(title, says, len(rows) * deep, shapes, (of, *names), written, names)


def heat(
    title: str,
    cells: Sequence[tuple[str, Sequence[int | None]]],
    columns: Sequence[str],
    *,
    down: str,
    across: str,
) -> Chart:
    """A number in each cell, on a ground that is the deeper the greater it is."""
    most, wide = float(peak([value for _, row in cells for value in row])) or 1, (EDGE - LEFT) / max(1, len(columns))
    shapes = [
        words(name, x=LEFT + (place + 0.5) * wide, y=HEAD - 6, kind="middle axis") for place, name in enumerate(columns)
    ]
    for down_place, (label, values) in enumerate(cells):
        y = HEAD + down_place * CELL
        shapes.append(words(label, x=LEFT - 1.5, y=y + CELL / 2 + 4, kind="end"))
        for place, value in enumerate(values):
            depth = -int(-float(value or 0) * DEPTHS // most)
            shapes += [
                bar(
                    x=LEFT + place * wide + 0.15,
                    y=y + 1,
                    width=wide - 0.3,
                    height=CELL - 2,
                    kind=f"cell h{depth}",
                    tip=f"{label}, {columns[place]}: {told(value)}",
                ),
                words(
                    "" if value is None else whole(value),
                    x=LEFT + (place + 0.5) * wide,
                    y=y + CELL / 2 + 4,
                    kind="middle value",
                ),
            ]
    rows = [(label, *map(told, values)) for label, values in cells]
    says = f"A number for each {down} (down) and {across} (across)."
    return drawn(title, says, HEAD + len(cells) * CELL, shapes, (down, *columns), rows)


def timeline(title: str, lanes: Sequence[Lane], *, first: date, last: date, of: str) -> Chart:
    """When what held: a bar from the first day to the last of each stretch, a dot for a single day."""
    shapes, rows = [], []
    foot = len(lanes) * ROW
    for place, lane in enumerate(lanes):
        y = place * ROW
        shapes += [
            words(lane.label, x=LEFT - 1.5, y=y + THICK + 2, kind="end"),
            stroke(x=(LEFT, EDGE), y=(y + ROW - 1, y + ROW - 1), kind="rule"),
        ]
        for since, until in lane.spans:
            x, end = (_lying(day, first, last) for day in (max(since, first), min(until, last)))
            tip = f"{lane.label}: {since} to {until}"
            shapes.append(bar(x=x, y=y + GAP, width=max(0.6, end - x), height=THICK, kind="mark s1", tip=tip))
            rows.append((lane.label, since.isoformat(), until.isoformat()))
        for day in lane.days:
            shapes.append(
                dot(x=_lying(day, first, last), y=y + GAP + THICK / 2, kind="mark s1", tip=f"{lane.label}: {day}")
            )
            rows.append((lane.label, day.isoformat(), day.isoformat()))
    shapes += [
        words(first.isoformat(), x=LEFT, y=foot + 16, kind="axis"),
        words(last.isoformat(), x=EDGE, y=foot + 16, kind="end axis"),
    ]
    return drawn(title, f"What held from {first} to {last}.", foot + HEAD + GAP, shapes, (of, "From", "To"), rows)


def _lying(day: date, first: date, last: date) -> float:
    return LEFT + (day - first).days / max(1, (last - first).days) * (EDGE - LEFT)
