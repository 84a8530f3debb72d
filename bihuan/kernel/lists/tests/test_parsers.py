"""Cells of an import: how people write, and a sentence for what cannot be."""

import contextlib
import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.kernel.access.refusals import Invalid
from bihuan.kernel.lists import parsers

CHOICE = parsers.choice([("warranty", "保修中"), ("agreement", "维保协议")])


@pytest.mark.parametrize(
    ("parse", "cell", "value"),
    [
        (parsers.text(), "王工", "王工"),
        (parsers.text(breaks=True), "两\n行", "两\n行"),
        (parsers.whole(), "１，２３４", 1234),
        (parsers.whole(-10), "-5", -5),
        (parsers.amount(), "1,234.50", Decimal("1234.50")),
        (parsers.amount(0), "7", Decimal(7)),
        (parsers.day(), "2026-03-14", dt.date(2026, 3, 14)),
        (parsers.day(), "2026/3/14", dt.date(2026, 3, 14)),
        (parsers.day(), "20260314", dt.date(2026, 3, 14)),
        (parsers.day(), "2026年3月14日", dt.date(2026, 3, 14)),
        (parsers.moment(), "2026-03-14 14:02", dt.datetime(2026, 3, 14, 14, 2, tzinfo=ZoneInfo("Asia/Shanghai"))),
        (parsers.moment(), "2026/3/14", dt.datetime(2026, 3, 14, tzinfo=ZoneInfo("Asia/Shanghai"))),
        (CHOICE, "保修中", "warranty"),
        (CHOICE, " Warranty ", "warranty"),
        (parsers.flag(), "是", True),
        (parsers.flag(), "√", True),
        (parsers.flag(), "否", False),
        (parsers.flag(), "Ｎｏ", False),
    ],
)
def test_a_cell_is_read_as_people_write_it(parse, cell, value):
    assert parse(cell) == value


@pytest.mark.parametrize(
    ("parse", "cell"),
    [
        (parsers.text(3), "四个字了"),
        (parsers.text(), "两\n行"),
        (parsers.text(), "a\x07b"),
        (parsers.whole(), "1_000"),
        (parsers.whole(), "−5"),
        (parsers.whole(), "-5"),
        (parsers.whole(high=9), "10"),
        (parsers.whole(), "1.5"),
        (parsers.whole(), "9" * 30),
        (parsers.amount(), "1.234"),
        (parsers.amount(), "-1"),
        (parsers.amount(), "NaN"),
        (parsers.amount(), "1e9"),
        (parsers.day(), "2026-02-30"),
        (parsers.day(), "1826-02-03"),
        (parsers.day(), "明天"),
        (parsers.moment(), "2026-03-14 25:00"),
        (CHOICE, "过保"),
        (parsers.flag(), "也许"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(parse, cell):
    with pytest.raises(Invalid) as refusal:
        parse(cell)
    assert refusal.value.sentence.endswith("。")


def test_a_choice_names_what_may_be_chosen():
    with pytest.raises(Invalid, match="保修中、维保协议"):
        CHOICE("过保")


@given(st.text(max_size=30))
@pytest.mark.parametrize(
    "parse", [parsers.text(), parsers.whole(), parsers.amount(), parsers.day(), parsers.moment(), CHOICE, parsers.flag()]
)
def test_any_cell_is_read_or_refused(parse, cell):
    with contextlib.suppress(Invalid):
        parse(cell)
