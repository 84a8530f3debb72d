"""Pages by keyset: every row exactly once, in order, however the list is sorted and whatever comes in meanwhile."""

import datetime as dt

import pytest
from django.apps import apps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bihuan.kernel.lists.paging import capped_count, chunks, decode, encode, order_by
from bihuan.kernel.lists.parameters import BadParameter

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def Person():
    return apps.get_model("organisation.Person")


@pytest.fixture
def crowd(Person, east):
    """A function that makes people with these names and times of last sign-in."""

    def make(*people):
        start = Person.objects.count()
        return Person.objects.bulk_create(
            Person(username=f"c{start + at}", name=name, home_branch=east, last_login=when) for at, (name, when) in enumerate(people)
        )

    return make


def walk(rows, order, size, between=lambda: None):
    """All ids in the order of the pages, with something happening between two pages."""
    seen, place = [], None
    while True:
        page = list((order.apply(rows) if place is None else order.apply(rows).filter(order.after(place)))[:size])
        seen += [row.pk for row in page]
        if len(page) < size:
            return seen
        place = decode(encode(order.place(page[-1])), order)
        between()


moments = st.none() | st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2026, 1, 1), timezones=st.just(dt.UTC))
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=6)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(names, moments), max_size=12),
    st.integers(1, 5),
    st.sampled_from(["name", "-name", "last_login", "-last_login", "pk", "-pk"]),
)
def test_every_row_comes_exactly_once_while_rows_come_in(Person, crowd, people, size, by):
    Person.objects.all().delete()
    there = {row.pk for row in crowd(*people)}
    order = order_by(Person, by)
    late = iter([("新来的", None), ("a", dt.datetime(2023, 5, 5, tzinfo=dt.UTC)), ("￿", None)])

    def someone_comes():
        if (one := next(late, None)) is not None:
            crowd(one)

    seen = walk(Person.objects.all(), order, size, someone_comes)
    assert len(seen) == len(set(seen))
    assert there <= set(seen)


@pytest.mark.parametrize("by", ["last_login", "-last_login"])
def test_rows_without_a_value_come_last_either_way(Person, crowd, by):
    first, second, third = crowd(
        ("甲", None), ("乙", dt.datetime(2024, 1, 1, tzinfo=dt.UTC)), ("丙", dt.datetime(2025, 1, 1, tzinfo=dt.UTC))
    )
    expected = [second.pk, third.pk, first.pk] if by == "last_login" else [third.pk, second.pk, first.pk]
    assert walk(Person.objects.all(), order_by(Person, by), 1) == expected


def test_equal_values_are_told_apart_by_age(Person, crowd):
    made = crowd(*[("同名", None)] * 5)
    assert walk(Person.objects.all(), order_by(Person, "-name"), 2) == [row.pk for row in reversed(made)]


def test_an_order_may_lead_through_a_relation_that_may_be_empty(Person, crowd, east):
    first, second = crowd(("甲", None), ("乙", None))
    Person.objects.filter(pk=second.pk).update(
        department=apps.get_model("organisation.Department").objects.create(branch=east, name="售后部")
    )
    assert walk(Person.objects.select_related("department"), order_by(Person, "department__name"), 1) == [second.pk, first.pk]


def test_chunks_hand_out_all_rows_in_order(Person, crowd):
    crowd(*[(f"{at:02}", None) for at in range(7)])
    parts = list(chunks(Person.objects.all(), Person.objects.select_related("home_branch"), order_by(Person, "-name"), size=3))
    assert [len(part) for part in parts] == [3, 3, 1]
    assert [row.name for part in parts for row in part] == [f"{at:02}" for at in range(6, -1, -1)]


def test_a_moment_in_a_cursor_keeps_its_microseconds(Person):
    order = order_by(Person, "last_login")
    place = (dt.datetime(2026, 3, 14, 14, 2, 3, 123456, tzinfo=dt.UTC), 5)
    assert decode(encode(place), order) == place


@pytest.mark.parametrize(
    "place", [(None, 1), (["a"], 1), ({}, 1), ("甲", 0), ("甲", True), ("甲", 2**63), ("甲", "1"), ("\0", 1), ("\ud800", 1)]
)
def test_a_cursor_that_no_page_wrote_is_refused(Person, place):
    import base64
    import json

    cursor = base64.urlsafe_b64encode(json.dumps(place).encode()).decode()
    with pytest.raises(BadParameter):
        decode(cursor, order_by(Person, "name"))


@pytest.mark.parametrize("value", ["yesterday", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", 5, 1e308])
def test_a_cursor_with_an_impossible_moment_is_refused(Person, value):
    with pytest.raises(BadParameter):
        decode(encode((value, 1)), order_by(Person, "last_login"))


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60) | st.binary(max_size=40).map(lambda raw: raw.decode("latin-1")))
def test_any_text_as_a_cursor_is_read_or_refused(Person, text):
    for by in ("name", "last_login", "totp_last_step", "pk"):
        try:
            decode(text, order_by(Person, by))
        except BadParameter:
            continue


def test_counting_stops_at_ninety_nine(Person, crowd, django_assert_num_queries):
    crowd(*[("同名", None)] * 99)
    assert capped_count(Person.objects.all()) == "99"
    crowd(("同名", None))
    with django_assert_num_queries(1) as asked:
        assert capped_count(Person.objects.all()) == "99+"
    assert "LIMIT 100" in asked.captured_queries[0]["sql"]
