"""What a chart is made of: shapes whose widths are shares of the page and heights are pixels, so text never scales."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate, cycle
from math import ceil

Number = int | float | Decimal
Say = Callable[[Number], str]
UNKNOWN = "not known"
THICK = 14


@dataclass(frozen=True)
class Shape:
    """One element of SVG; `tip` is what a pointer that rests on it is told."""

    tag: str
    attributes: Mapping[str, str]
    text: str = ""
    tip: str = ""


@dataclass(frozen=True)
class Chart:
    """A drawing, and the same numbers as a table; without rows there is nothing to draw."""

    title: str
    says: str
    height: int
    shapes: tuple[Shape, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    series: tuple[str, ...] = ()
    lines: bool = False

    @property
    def key(self) -> str:
        return key_of(self.title)

    @property
    def legend(self) -> list[tuple[int, str]]:
        return list(enumerate(self.series, 1))


def key_of(title: str) -> str:
    return re.sub(r"\W+", "-", title.lower()).strip("-")


def whole(value: Number) -> str:
    return f"{value:,.0f}"


def percent(value: Number) -> str:
    return f"{value:,.1f} %"


def money(value: Number) -> str:
    return f"{value:,.2f}"


def told(value: Number | None, say: Say = whole) -> str:
    return UNKNOWN if value is None else say(value)


def bar(*, x: float, y: float, width: float, height: float, kind: str, fill: str = "", tip: str = "") -> Shape:
    """`fill` names a pattern of the chart; without one the style sheet fills."""
    places = {"x": share(x), "y": pixels(y), "width": share(width), "height": pixels(height), "class": kind}
    return Shape("rect", {**places, "fill": f"url(#{fill})"} if fill else places, tip=tip)


def stroke(*, x: tuple[float, float], y: tuple[float, float], kind: str) -> Shape:
    ends = {"x1": share(x[0]), "x2": share(x[1]), "y1": pixels(y[0]), "y2": pixels(y[1])}
    return Shape("line", {**ends, "class": kind})


def dot(*, x: float, y: float, kind: str, tip: str = "") -> Shape:
    return Shape("circle", {"cx": share(x), "cy": pixels(y), "r": "3.5", "class": kind}, tip=tip)


def words(text: str, *, x: float, y: float, kind: str) -> Shape:
    return Shape("text", {"x": share(x), "y": pixels(y), "class": kind}, text)


def ticks(most: Number) -> list[int]:
    """From nothing to the first that is no less, in at most five steps of 1, 2 or 5 and zeros."""
    steps = accumulate(cycle((2, 2.5, 2)), lambda step, factor: int(step * factor), initial=1)
    step = next(step for step in steps if step * 5 >= most)
    return [step * turn for turn in range(max(1, ceil(most / step)) + 1)]


def sparse(count: int, most: int = 6) -> range:
    """The places of at most so many labels, evenly spread from the first on."""
    return range(0, count, -(-count // most) or 1)


def peak(values: Sequence[Number | None]) -> Number:
    return max((value for value in values if value is not None), default=0)


def share(value: float) -> str:
    return f"{round(value, 2):g}%"


def pixels(value: float) -> str:
    return f"{round(value, 1):g}"


def mark(title: str, series: int, *, x: float, y: float, width: float, height: float, tip: str = "") -> Shape:
    """A bar of one of several: each but the first has a pattern of its own."""
    fill = f"{key_of(title)}-{series}" if series > 1 else ""
    return bar(x=x, y=y, width=width, height=height, kind=f"mark s{series}", fill=fill, tip=tip)


def drawn(
    title: str,
    says: str,
    height: int,
    shapes: Sequence[Shape],
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    series: Sequence[str] = (),
) -> Chart:
    return Chart(title, says, height, tuple(shapes), tuple(columns), tuple(map(tuple, rows)), tuple(series))
