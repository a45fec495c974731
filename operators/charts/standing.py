"""Charts that stand on an axis: parts stacked a day, counts side by side, and lines over time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

from operators.charts.shapes import (
    Chart,
    Number,
    Say,
    Shape,
    bar,
    dot,
    drawn,
    mark,
    peak,
    sparse,
    stroke,
    ticks,
    told,
    whole,
    words,
)

AXIS, EDGE = 9.0, 100.0  # shares of the width: the numbers of the axis stand left of it
TOP, TALL, FOOT = 16, 150, 24


def stacked(title: str, names: Sequence[str], days: Sequence[tuple[date, Sequence[int]]], *, what: str) -> Chart:
    """One standing bar a day, its parts in the order of their names, the first at the bottom."""
    scale = ticks(max((sum(values) for _, values in days), default=0))
    shapes, wide = _ground(scale, [f"{day:%d %b}" for day, _ in days]), (EDGE - AXIS) / max(1, len(days))
    for place, (day, values) in enumerate(days):
        below = 0
        for series, value in enumerate(values, 1):
            if value:
                tall = value / scale[-1] * TALL
                below += value
                shapes.append(
                    mark(
                        title,
                        series,
                        x=AXIS + (place + 0.14) * wide,
                        y=_height(below, scale),
                        width=0.72 * wide,
                        height=tall,
                        tip=f"{day}: {names[series - 1]} {value:,}",
                    )
                )
    rows = [(day.isoformat(), *map(whole, values)) for day, values in days]
    total = sum(sum(values) for _, values in days)
    says = f"One bar for each of {len(days)} days, {total:,} {what} in all, parted into {', '.join(names)}."
    return drawn(title, says, TOP + TALL + FOOT, shapes, ("Day", *names), rows, names)


def histogram(title: str, bins: Sequence[tuple[str, int]], *, of: str, what: str) -> Chart:
    """Standing bars side by side, each with its count above."""
    scale = ticks(peak([count for _, count in bins]))
    shapes, wide = _ground(scale, [label for label, _ in bins], most=12), (EDGE - AXIS) / max(1, len(bins))
    for place, (_, count) in enumerate(bins):
        x, y = AXIS + place * wide, _height(count, scale)
        shapes += [
            bar(x=x + 0.04 * wide, y=y, width=0.92 * wide, height=count / scale[-1] * TALL, kind="mark s1"),
            words(whole(count), x=x + wide / 2, y=y - 4, kind="middle value"),
        ]
    rows = [(label, whole(count)) for label, count in bins]
    says = f"Counts of {what} by {of}, {sum(count for _, count in bins):,} in all."
    return drawn(title, says, TOP + TALL + FOOT, shapes, (of, what.capitalize()), rows)


def line(
    title: str,
    names: Sequence[str],
    days: Sequence[tuple[date, Sequence[Number | None]]],
    *,
    say: Say = whole,
    when: str = "%d %b",
) -> Chart:
    """A line for each name over days in their true distance; what is not known leaves a gap."""
    scale = ticks(peak([value for _, values in days for value in values]))
    shapes = _axis(scale)
    if days:
        first, last = days[0][0], days[-1][0]
        for day, _ in (days[n] for n in sparse(len(days))):
            shapes.append(words(f"{day:{when}}", x=_across(day, first, last), y=TOP + TALL + 16, kind="middle axis"))
        for series, name in enumerate(names, 1):
            spots = [
                (value, _across(day, first, last), _height(value or 0, scale), f"{name}, {day}: {told(value, say)}")
                for day, value in ((day, values[series - 1]) for day, values in days)
            ]
            for (before, x, y, _), (after, next_x, next_y, _) in pairwise(spots):
                if before is not None and after is not None:
                    shapes.append(stroke(x=(x, next_x), y=(y, next_y), kind=f"line s{series}"))
            shapes += [
                dot(x=x, y=y, kind=f"mark s{series}", tip=tip) for value, x, y, tip in spots if value is not None
            ]
    rows = [(day.isoformat(), *(told(value, say) for value in values)) for day, values in days]
    says = f"{' and '.join(names)} over time, at {len(days)} days."
    chart = drawn(title, says, TOP + TALL + FOOT, shapes, ("Day", *names), rows, names if len(names) > 1 else ())
    return replace(chart, lines=True)


def _axis(scale: Sequence[int]) -> list[Shape]:
    shapes = []
    for value in scale:
        y = _height(value, scale)
        shapes += [
            stroke(x=(AXIS, EDGE), y=(y, y), kind="rule"),
            words(whole(value), x=AXIS - 1.5, y=y + 4, kind="end axis"),
        ]
    return shapes


def _ground(scale: Sequence[int], labels: Sequence[str], most: int = 6) -> list[Shape]:
    wide = (EDGE - AXIS) / max(1, len(labels))
    under = [
        words(labels[n], x=AXIS + (n + 0.5) * wide, y=TOP + TALL + 16, kind="middle axis")
        for n in sparse(len(labels), most)
    ]
    return [*_axis(scale), *under]


def _height(value: Number, scale: Sequence[int]) -> float:
    return TOP + TALL - float(value) / scale[-1] * TALL


def _across(day: date, first: date, last: date) -> float:
    return AXIS + 1 + (day - first).days / max(1, (last - first).days) * (EDGE - AXIS - 2)
