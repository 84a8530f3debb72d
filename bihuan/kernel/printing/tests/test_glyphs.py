"""Any text can be printed: as itself, or visibly not (#103)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..forms import Cell, Cells, Text
from ..glyphs import BREAK_HERE, fitted, printable, width_of
from ..render import render
from .papers import a_form, words


@pytest.mark.parametrize(
    "text", ["喆䶮囍龘", "㐂寿司", "欧阳·阿不都", "φ12±0.5 ≤ 84 ℃ №3 ㎡", "Ａ１２３", "①②③ □√×", "“引号”——…", "café", "первый", "ひらカナ"]
)
def test_what_the_font_has_is_printed_as_itself(text):
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("𠮷野", "[U+20BB7]野"),
        ("好😀👍", "好[U+1F600 U+1F44D]"),
        ("مدير", "[U+0645 U+062F U+064A U+0631]"),
        ("\u202eabc", "[U+202E]abc"),
        ("\x07铃", "[U+0007]铃"),
        ("\ue000", "[U+E000]"),
        ("\ud800", "[U+D800]"),
    ],
)
def test_what_the_font_lacks_is_shown_as_its_code_point(text, shown):
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("王\u200b工", "王工"),
        ("葛\U000e0100飾", "葛飾"),
        ("一\r\n二\r三\u2028四", "一\n二\n三\n四"),
        ("甲\t乙", "甲    乙"),
        ("10\u00a0kg", "10 kg"),
        ("e\u0301", "é"),
    ],
)
def test_spaces_and_signs_without_ink_become_plain(text, shown):
    assert printable(text) == shown


def test_other_things_than_text_are_printed_as_text():
    assert printable(12) == "12"


def test_a_run_that_fits_is_left_whole():
    assert BREAK_HERE not in fitted("PG-HD-2026-000402", 61)


@pytest.mark.parametrize("run", ["X" * 60, "9" * 60, "！" * 40, "https://example.com/" + "a" * 60, "（" * 30 + "深" + "）" * 30, "W" * 12])
def test_a_run_wider_than_its_cell_may_break_anywhere(run):
    loosened = fitted(run, 40)
    assert loosened.replace(BREAK_HERE, "") == run
    assert all(width_of(part, 10) <= 40 for part in loosened.split(BREAK_HERE))


def test_chinese_text_breaks_by_itself():
    assert fitted("售后服务人员应在到达现场后电话报告，" * 20, 40).count(BREAK_HERE) == 0


def test_a_run_is_judged_by_the_width_of_its_letters():
    assert width_of("iiii", 10) < width_of("nnnn", 10) < width_of("WWWW", 10) <= width_of("全角全角", 10)


@given(st.text(max_size=80))
def test_making_printable_twice_changes_nothing_more(text):
    assert printable(printable(text)) == printable(text)


@given(st.text(max_size=60), st.floats(5, 170))
def test_fitting_adds_nothing_but_places_to_break(text, width):
    assert fitted(text, width).replace(BREAK_HERE, "") == printable(text)


@pytest.mark.parametrize(
    "name",
    ["𠮷野", "㐂", "欧阳·阿不都", "张😀", "e\u0301\u0302\u0303x", "１２３", "\u202eمحمد", "王\u200b\u200d工", "龘\u0307", "\x00\x1b[31m"],
)
def test_any_name_is_printed_everywhere_without_a_crash(name):
    text = words(
        render(
            a_form(
                Cells([[Cell(name, name)]], title=name),
                title=name,
                company=name,
                number=name,
                status_line=name,
                stamp=name,
                printed_by=name,
            )
        )
    )
    assert printable(name).replace(" ", "") in text


def test_every_character_of_the_first_planes_survives_typesetting():
    """One in forty of all code points up to the rare ideographs, in regular and in bold."""
    sample = "".join(chr(point) for point in range(1, 0x32000, 41))
    assert render(a_form(Text(sample[:1000], sample), title="全字符"))
