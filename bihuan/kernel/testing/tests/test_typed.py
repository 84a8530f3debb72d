"""Numbers that come from outside: read as what they spell, or not at all."""

from hypothesis import given
from hypothesis import strategies as st

from bihuan.kernel.typed import BIGGEST_ID, whole


@given(st.integers(0, BIGGEST_ID))
def test_a_number_is_read_as_what_it_spells(number):
    assert whole(str(number)) == number


@given(st.text(max_size=30))
def test_nothing_else_is_read_and_nothing_breaks(text):
    assert whole(text) == (int(text) if text and set(text) <= set("0123456789") and int(text) <= BIGGEST_ID and len(text) < 20 else None)


@given(st.integers(BIGGEST_ID + 1))
def test_what_no_database_can_hold_is_refused(number):
    assert whole(str(number)) is None


def test_digits_that_are_none_are_refused():
    for text in ("²", "①", "٣", "１２", "-1", "+1", " 1", "1_000", "1.0", ""):
        assert whole(text) is None, text


@given(st.integers(0, 200))
def test_a_limit_holds(number):
    assert whole(str(number), 99) == (number if number <= 99 else None)
