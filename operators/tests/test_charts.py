"""Charts: the drawn lengths are the numbers, the table says them again, and nothing depends on colour alone."""

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from operators import charts
from operators.charts import Lane, Point
from operators.charts.shapes import ticks

DAY = date(2026, 11, 1)


def marks(chart, kind="mark"):
    return [shape.attributes for shape in chart.shapes if kind in shape.attributes["class"].split()]


def written(chart, **more):
    return render_to_string("console/chart/figure.html", {"chart": chart, **more})


def test_bars_are_as_long_as_their_numbers_and_what_is_not_known_is_said():
    chart = charts.bars(
        "Personas today",
        [Point("Savings builder", 40), Point("General wellness", 10), Point("None", 0), Point("Other", None)],
        of="persona",
        what="people",
    )
    assert [mark["width"] for mark in marks(chart)] == ["44%", "11%", "0%", "0%"]
    assert chart.rows == (
        ("Savings builder", "40"), ("General wellness", "10"), ("None", "0"), ("Other", "not known"),
    )  # fmt: skip
    assert chart.says == "Bars of people by persona. Most: Savings builder, 40."


def test_a_tone_is_said_in_words_too():
    chart = charts.bars(
        "Use of limits", [Point("Card ending 1111", Decimal("62.5"), "red", "high")], of="card", what="use",
        say=charts.percent,
    )  # fmt: skip
    assert marks(chart)[0]["class"] == "mark s1 red"
    assert "62.5 % high" in [shape.text for shape in chart.shapes]
    assert chart.rows == (("Card ending 1111", "62.5 % high"),)


def test_the_second_of_a_pair_has_a_pattern_and_a_name():
    chart = charts.paired("People", ("Before", "After"), [("Savings builder", 5, 10)], of="persona")
    assert [(mark["width"], mark.get("fill")) for mark in marks(chart)] == [("22%", None), ("44%", "url(#people-2)")]
    assert chart.columns == ("persona", "Before", "After") and chart.rows == (("Savings builder", "5", "10"),)
    assert 'id="people-2"' in written(chart)


def test_the_parts_of_a_day_stand_on_one_another():
    chart = charts.stacked(
        "Decisions", ["Approved", "Rejected"], [(DAY, [3, 1]), (DAY + timedelta(1), [0, 0])], what="decisions"
    )
    first, second = marks(chart)
    assert (first["y"], first["height"]) == ("53.5", "112.5")  # 3 of the 4 that the axis reaches, 150 high above 166
    assert (second["y"], second["height"]) == ("16", "37.5")
    assert chart.rows == (("2026-11-01", "3", "1"), ("2026-11-02", "0", "0"))
    assert "4 decisions in all" in chart.says


def test_a_histogram_writes_each_count_above_its_bar():
    chart = charts.histogram("Age", [("under 1 h", 2), ("over 1 h", 0)], of="age", what="items")
    assert [mark["height"] for mark in marks(chart)] == ["150", "0"]
    assert [shape.text for shape in chart.shapes if "value" in shape.attributes["class"]] == ["2", "0"]


def test_a_heat_map_writes_its_numbers_and_is_deepest_where_they_are_greatest():
    chart = charts.heat(
        "Movement", [("Savings", [10, 0]), ("Wellness", [None, 1])], ["Savings", "Wellness"], down="from", across="to"
    )
    assert [cell["class"] for cell in marks(chart, "cell")] == ["cell h5", "cell h0", "cell h0", "cell h1"]
    assert chart.rows == (("Savings", "10", "0"), ("Wellness", "not known", "1"))


def test_a_line_leaves_a_gap_where_nothing_is_known():
    days = [(DAY + timedelta(n), [value]) for n, value in enumerate([1, None, 3, 4])]
    chart = charts.line("Money", ["In"], days)
    assert len(marks(chart)) == 3 and len(marks(chart, "line")) == 1
    assert chart.rows[1] == ("2026-11-02", "not known") and chart.legend == []


def test_a_timeline_cuts_what_began_before_it():
    lane = Lane("Savings builder", [(DAY - timedelta(9), DAY + timedelta(5))], [DAY + timedelta(10)])
    chart = charts.timeline("Personas", [lane], first=DAY, last=DAY + timedelta(10), of="persona")
    (bar, dot) = marks(chart)
    assert (bar["x"], bar["width"]) == ("36%", "32%") and dot["cx"] == "100%"
    assert chart.rows[0] == ("Savings builder", "2026-10-23", "2026-11-06")


@pytest.mark.parametrize(
    ("most", "scale"),
    [(0, [0, 1]), (1, [0, 1]), (4, [0, 1, 2, 3, 4]), (7, [0, 2, 4, 6, 8]), (23, [0, 5, 10, 15, 20, 25])],
)
def test_an_axis_has_round_numbers(most, scale):
    assert ticks(most) == scale


@given(st.decimals(0, 10**9, places=2))
def test_an_axis_reaches_its_greatest_number_in_few_steps(most):
    scale = ticks(most)
    assert most <= scale[-1] and 2 <= len(scale) <= 6


def test_a_figure_is_named_described_and_escaped_without_style_or_script():
    text = written(charts.bars("<b>", [Point("<script>", 1)], of="card", what="use"))
    assert "<script>" not in text and "style=" not in text and "<b>" not in text
    assert 'role="img"' in text and "<title" in text and "<desc" in text and "<th scope=\"row\">" in text  # fmt: skip


def test_a_chart_of_nothing_says_so_and_a_printed_one_shows_its_table():
    nothing = written(charts.bars("Nothing", [], of="card", what="use"))
    assert "No data." in nothing and "<svg" not in nothing
    chart = charts.bars("One", [Point("a", 1)], of="card", what="use")
    assert "<details>" in written(chart) and "<details open>" in written(chart, open=True)


def test_each_series_that_a_figure_can_name_has_its_pattern_and_its_class():
    names = ["one", "two", "three", "four"]
    text = written(charts.stacked("Four", names, [(DAY, [1, 1, 1, 1])], what="things"))
    assert set(re.findall(r"url\(#([\w-]+)\)", text)) == {f"four-{n}" for n in (2, 3, 4)}
    assert {f'id="four-{n}"' for n in (2, 3, 4)} <= set(re.findall(r'id="[\w-]+"', text))
    sheet = (Path(__file__).parents[1] / "static/console/console.css").read_text()
    assert all(f".chart .s{n}" in sheet for n in (1, 2, 3, 4))
