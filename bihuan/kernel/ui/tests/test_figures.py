"""The figures: positions worked out, nothing prettier than it is, always a table beside the drawing."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.kernel.ui import figures
from bihuan.kernel.ui.pieces import Bar, Block, DayRow, Dot, DotRow

from .conftest import HOSTILE, NOON


def dots(*values, limit=60):
    return [Dot(v, f"BX-{i}", f"/bx/{i}", v > limit) for i, v in enumerate(values)]


def drawn(row):
    return figures.dotplot([row], limit=60, cap=120)["rows"][0]


def test_a_dot_stands_where_its_value_says():
    row = drawn(DotRow("华东", dots(30, 60, 90)))
    assert [d["x"] for d in row["dots"]] == ["25.00%", "50.00%", "75.00%"]
    assert (row["kept"], row["total"], row["rate"]) == (2, 3, "66.7")


def test_a_value_beyond_the_scale_stands_at_its_edge_and_tells_itself():
    last = drawn(DotRow("华东", dots(500)))["dots"][-1]
    assert (last["x"], last["value"]) == ("100.00%", "500")


def test_dots_of_the_same_value_do_not_hide_one_another():
    assert len({d["y"] for d in drawn(DotRow("华东", dots(10, 10, 10, 10, 10)))["dots"]}) == 5


def test_missed_ones_are_drawn_last_so_that_they_can_be_touched():
    placed = drawn(DotRow("华东", dots(90, 10, 95, 20)))["dots"]
    assert [d["dot"].missed for d in placed] == [False, False, True, True]


def test_a_branch_without_cases_has_no_rate():
    row = drawn(DotRow("华东", []))
    assert (row["rate"], row["total"]) == ("", 0)


def test_only_the_missed_dots_lead_to_records_and_a_table_names_them(html):
    shown = html('{% dotplot rows title="联系" limit=60 unit="分" %}', rows=[DotRow("华东", dots(30, 90))])
    drawing, table = shown.split("<details>")
    assert 'href="/bx/1"' in drawing
    assert 'href="/bx/0"' not in drawing
    assert '<a href="/bx/1">BX-1</a> 90 分' in table


@pytest.mark.parametrize(
    ("value", "text", "state", "short"),
    [
        (100, "100", "kept", ""),
        (98.2, "98.2", "broken", "差 1.8 个百分点"),
        (99.96, "99.96", "broken", "差 <0.1 个百分点"),
        (99.94, "99.9", "broken", "差 0.1 个百分点"),
        (0, "0", "broken", "差 100 个百分点"),
        (None, "", "none", None),
    ],
)
def test_a_rate_is_held_against_its_target(value, text, state, short):
    found = figures.rate(value, 100)
    assert (found["value"], found["state"], found.get("short")) == (text, state, short)


@given(st.floats(min_value=0, max_value=99.999))
def test_a_rate_short_of_its_target_never_looks_like_it(value):
    found = figures.rate(value, 100)
    assert found["state"] == "broken"
    assert found["value"] != "100"


def test_a_rate_is_a_figure_a_word_and_what_it_was_computed_from(html):
    shown = html('{% rate 98.2 100 label="满意率" sum="167 户" href="/f" %}')
    for part in ("98.2<small>%</small>", "未达标", "差 1.8 个百分点", "目标 100%", "167 户", 'href="/f"'):
        assert part in shown


def test_no_records_is_not_a_perfect_score(html):
    shown = html('{% rate None 100 label="投诉" %}')
    assert "本期没有记录" in shown
    assert "达标" not in shown


def test_bars_start_at_zero_and_the_longest_is_full():
    rows = figures.bars([Bar("a", 4), Bar("b", 1), Bar("c", 0)])["rows"]
    assert [r["width"] for r in rows] == ["100.00%", "25.00%", "0.00%"]


def test_bars_of_nothing_say_so(html):
    assert "本期没有数据。" in html('{% bars rows title="x" %}', rows=[])
    assert figures.bars([Bar("a", 0)])["rows"][0]["width"] == "0%"


def test_older_matters_are_drawn_stronger(html):
    shown = html('{% agebars rows title="x" unit="单" %}', rows=[Bar("今天", 3), Bar("一周", 2), Bar("一月", 1)])
    assert shown.count('data-tone="quiet"') == 1
    assert "3 单" in shown


def test_a_sparkline_leaves_a_gap_where_nothing_is_known():
    line = figures.sparkline([1, 2, None, 4], low=0, high=4)
    assert len(line["runs"]) == 2
    assert len(line["gaps"]) == 1
    assert line["values"] == "1, 2, 无, 4"


@pytest.mark.parametrize("values", [[], [None], [5], [5, 5, 5]])
def test_a_sparkline_of_little_or_nothing_is_drawn_without_a_fault(values, html):
    assert html('{% sparkline values label="趋势" %}', values=values).startswith("<svg")


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), max_size=24))
def test_a_sparkline_stays_inside_its_drawing(values):
    for run in figures.sparkline(values)["runs"]:
        for point in run.split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= 96
            assert 0 <= y <= 24


def block(start, end, label="x", **more):
    day = NOON.replace(hour=16) - dt.timedelta(days=1)  # midnight in Shanghai
    return Block(day + dt.timedelta(hours=start), day + dt.timedelta(hours=end), label, **more)


def lanes(*blocks):
    return figures.dayline([DayRow("张工", blocks)], NOON, first=8, last=18)["rows"][0]


def test_a_block_stands_at_its_hours():
    found = lanes(block(9, 11))["blocks"][0]
    assert (found["x"], found["width"], found["hours"]) == ("10.00%", "20.00%", "09:00–11:00")


def test_blocks_that_overlap_stand_below_one_another():
    row = lanes(block(9, 12), block(11, 13), block(12, 14))
    assert [b["y"] for b in row["blocks"]] == [4, 40, 4]
    assert row["height"] == 80


def test_a_block_that_begins_before_the_day_is_cut_at_its_edge():
    found = lanes(block(6, 9))["blocks"][0]
    assert (found["x"], found["width"]) == ("0.00%", "10.00%")


def test_the_present_is_marked_only_within_the_day():
    assert figures.dayline([], NOON, first=8, last=16)["now_x"] == "50.00%"
    assert figures.dayline([], NOON, first=13, last=18)["now_x"] == ""


def test_a_day_line_has_its_table(html):
    shown = html(
        '{% dayline rows now title="今天" %}', rows=[DayRow("张工", [block(9, 11, "换传感器", href="/pg/1")]), DayRow("小刘")], now=NOON
    )
    drawing, table = shown.split("<details>")
    assert 'href="/pg/1"' in drawing
    assert "09:00–11:00 换传感器" in table
    assert "—" in table


def test_hostile_labels_stay_text(html):
    shown = html(
        "{% dotplot a title=h limit=60 %}{% bars b title=h unit=h %}{% dayline c now title=h %}{% rate 1 2 label=h sum=h %}{% sparkline s label=h %}",
        a=[DotRow(HOSTILE, [Dot(90, HOSTILE, "javascript:alert(1)", True)], "javascript:alert(1)")],
        b=[Bar(HOSTILE, 1, "javascript:alert(1)", HOSTILE)],
        c=[DayRow(HOSTILE, [block(9, 10, HOSTILE, href="javascript:alert(1)")], HOSTILE, "javascript:alert(1)")],
        s=[1, 2],
        h=HOSTILE,
        now=NOON,
    )
    assert "<script" not in shown
    assert "<img" not in shown
    assert 'href="javascript' not in shown
