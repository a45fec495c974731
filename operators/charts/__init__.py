"""Charts of the console: numbers in, shapes and a table of the same numbers out; colour is never the only mark."""

from operators.charts.lying import Lane, Point, bars, heat, paired, timeline
from operators.charts.shapes import Chart, money, percent, whole
from operators.charts.standing import histogram, line, stacked

__all__ = [
    "Chart",
    "Lane",
    "Point",
    "bars",
    "heat",
    "histogram",
    "line",
    "money",
    "paired",
    "percent",
    "stacked",
    "timeline",
    "whole",
]
