"""Text into tokens: Chinese by pairs, the rest by word, and what makes two ways of writing the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.kernel.lists.encoder import (
    LONGEST_WORD,
    MARK,
    MOST_TOKENS,
    document,
    initial_words,
    is_enough,
    normal,
    parts,
    pinyin_initials,
    tokens,
)


def ordered(text):
    return tokens(text)[0]


def test_chinese_becomes_overlapping_pairs_and_a_lone_last_character():
    assert ordered("轴承异响") == ["轴承", "承异", "异响", "响"]


def test_words_and_chinese_in_one_text_are_told_apart():
    assert ordered("SN22A0457螺杆机") == ["sn22a0457", "螺杆", "杆机", "机"]


def test_a_number_is_found_in_parts_whole_and_without_leading_zeros():
    inside, beside = tokens("BX-HD-2026-000417")
    assert inside == ["bx", "hd", "2026", "000417"]
    assert beside == {"bxhd2026000417", "417"}


def test_a_phone_number_in_groups_is_also_found_in_one_piece():
    assert "13800005678" in tokens("138 0000 5678")[1]
    assert "051266881234" in tokens("0512-6688 1234")[1]


def test_numbers_that_stand_apart_may_be_looked_for_apart():
    (part,) = parts("160 2026")
    assert part.loose
    assert part.words == ("160", "2026")
    assert part.joined == "1602026"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("１３８００００５６７８", "13800005678"),
        ("ＫＸ－１６０", "kx-160"),
        ("漏\u200b油", "漏油"),
        ("e\u0301cole", "École"),
        ("٣٢", "32"),
        ("欧阳·阿不都", "欧阳•阿不都"),
        ("欧阳·阿不都", "欧阳阿不都"),
        ("STRASSE", "straße"),
        ("\u202b张工\u202c", "张工"),
        ("①号机", "1号机"),
    ],
)
def test_two_ways_of_writing_are_the_same(one, other):
    assert tokens(one) == tokens(other)


@pytest.mark.parametrize("name", ["𠮷野", "㐂寿", "\U00031351山", "\ue863某"])
def test_rare_characters_are_chinese_characters(name):
    assert ordered(name) == [name, name[1]]


def test_a_sign_is_a_word_of_its_own():
    assert ordered("王工😀👍") == ["王工", "工", "😀", "👍"]


def test_only_the_last_word_of_a_query_may_be_unfinished():
    first, last = parts("KX160 SN22")
    assert (first.prefix, last.prefix) == (False, True)
    assert parts("漏油")[0].prefix is False


def test_one_chinese_character_is_a_prefix_wherever_it_stands():
    assert [part.prefix for part in parts("泵 漏油")] == [True, False]


@pytest.mark.parametrize(
    ("text", "enough"), [("", False), ("泵", False), ("a", False), ("a b", True), ("漏油", True), ("- ·", False), ("1", False)]
)
def test_a_search_asks_for_two_characters(text, enough):
    assert is_enough(text) is enough


def test_no_text_can_pretend_to_be_a_branch():
    assert not any(MARK in token for token in ordered(f"{MARK}b12 b§12 §"))


def test_texts_of_a_record_do_not_run_into_each_other():
    inside = document(["KX", "160"])
    assert inside.index("160") - inside.index("kx") == 2


def test_a_very_long_text_keeps_its_beginning_and_its_numbers():
    written = document(["BX-HD-2026-000417", "轴" * 40_000])
    assert len(written) <= MOST_TOKENS
    assert {"bx", "417"} <= set(written)


def test_words_are_cut_where_postgresql_would_refuse_them():
    assert ordered("x" * 5000) == ["x" * LONGEST_WORD]


@given(st.text())
def test_tokens_hold_nothing_that_either_database_would_split_or_quote(text):
    inside, beside = tokens(text)
    for token in [*inside, *beside]:
        assert token
        assert all(char.isalnum() if char.isascii() else char != MARK for char in token)
        token.encode()


@given(st.text())
def test_normalising_twice_changes_nothing(text):
    once = normal(text).replace("\0", "")
    assert normal(once).replace("\0", "") == once


@pytest.mark.parametrize(
    ("name", "initials"),
    [("华东精密", "hdjm"), ("重庆长江", "cqcj"), ("KX-160厂", "kx160c"), ("Siemens", "siemens"), ("", None), ("·", None)],
)
def test_initials_of_a_name(name, initials):
    assert (pinyin_initials(name) or [None])[0] == initials


def test_characters_read_in_two_ways_give_both_initials():
    assert {"dx", "cx"} <= {initials[:2] for initials in pinyin_initials("单县")}
    assert len(pinyin_initials("重重重重长长长长行行行行")) <= 6


def test_initials_are_found_from_any_character_on():
    assert "hdjm" in initial_words(["苏州华东精密"])
    assert "hdjm" in initial_words(["szhdjm"])
