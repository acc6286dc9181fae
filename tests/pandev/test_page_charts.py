"""Charts place values truly, and escape what they write."""

from __future__ import annotations

import re
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from pandev.page.charts.areas import draw_areas
from pandev.page.charts.bars import Bar, draw_bars
from pandev.page.charts.columns import Series, draw_columns
from pandev.page.charts.grid import Dot, days_between, draw_strip
from pandev.page.charts.scales import DAY_MS, HOUR_MS, day_ticks, scale_counts, scale_durations
from pandev.page.drawing import element

DAYS = [date(2026, 3, day) for day in range(1, 11)]


def test_ticks_are_round_values_up_to_the_top() -> None:
    labels = [tick.label for tick in scale_durations(7 * DAY_MS).ticks]
    assert labels == ["0 s", "2 d", "4 d", "6 d", "8 d"]
    assert [tick.label for tick in scale_durations(5 * HOUR_MS).ticks][-1] == "5 h"
    assert [tick.label for tick in scale_counts(1_200).ticks] == ["0", "500", "1,000", "1,500"]
    assert [tick.label for tick in scale_counts(0).ticks] == ["0", "1"]


@given(st.integers(min_value=1, max_value=10**14))
def test_every_value_has_a_place_on_its_scale(value: int) -> None:
    for scale in (scale_durations(value), scale_counts(value)):
        assert 0 < scale.place(value) <= 1
        assert 2 <= len(scale.ticks) <= 6
        assert (scale.ticks[0].place, scale.ticks[-1].place) == (0, 1)


def test_labels_of_days_are_in_the_middle_of_their_days() -> None:
    ticks = day_ticks(DAYS)
    assert [(tick.place, tick.label) for tick in ticks] == [
        (0.15, "2 Mar"), (0.45, "5 Mar"), (0.75, "8 Mar"),
    ]  # fmt: skip


def test_parts_of_a_bar_follow_each_other() -> None:
    html = draw_bars([Bar("a", "3", [(1, "first"), (2, "second")]), Bar("b", "6", [(6, "first")])])
    assert re.findall(r'class="(\w+)" height="8" rx="2" x="([\d.]+)%" width="([\d.]+)%"', html) == [
        ("first", "0.00", "16.67"), ("second", "16.67", "33.33"), ("first", "0.00", "100.00"),
    ]  # fmt: skip


def test_areas_stand_on_each_other() -> None:
    svg = draw_areas(DAYS[:2], {"low": [1, 2], "high": [3, 2]}, "areas")
    assert re.findall(r'class="(\w+)" points="([^"]+)"', svg) == [
        ("low", "0.00,75.00 100.00,50.00 100.00,100.00 0.00,100.00"),
        ("high", "0.00,0.00 100.00,0.00 100.00,50.00 0.00,75.00"),
    ]


def test_columns_have_the_height_of_their_counts() -> None:
    made, shut = Series("new", [4, 1], ["/1", "/2"]), Series("old", [0, 2], ["/3", "/4"])
    svg = draw_columns(DAYS[:2], {"made": made, "shut": shut}, "columns")
    heights = re.findall(
        r'class="(\w+)" x="[\d.]+%" y="[\d.]+%" width="[\d.]+%" height="(\S+)%"', svg
    )
    assert heights == [("new", "100.00"), ("new", "25.00"), ("old", "0.00"), ("old", "50.00")]


def test_a_dot_is_in_the_middle_of_its_day() -> None:
    days = days_between(date(2026, 3, 6), date(2026, 3, 9))
    svg = draw_strip(days, {date(2026, 3, 9): [Dot("dot-commit", "one", "/1")]}, "strip")
    assert re.findall(r'class="mark" x="([\d.]+)%" y="([\d.]+)"', svg) == [("87.50", "17.0")]
    weekend = re.findall(r'class="weekend" x="([\d.]+)%"', svg)
    assert weekend == ["25.00", "50.00"]


def test_texts_and_attributes_are_escaped() -> None:
    assert element("text", "<b>", title='"&') == '<text title="&#34;&amp;">&lt;b&gt;</text>'
    assert element("g", element("b", "x")) == "<g><b>x</b></g>"
