"""#71: due times in working hours with 调休, against a table made by hand."""

import pytest

from .samples import china, local, span
from .table import BETWEEN, TABLE

CHINA = china()


def test_the_table_is_as_long_as_promised():
    assert len({(start, working) for start, working, _due in TABLE}) >= 60


@pytest.mark.parametrize(("start", "working", "due"), TABLE)
def test_due_time_is_the_one_in_the_table(start, working, due):
    assert CHINA.add(local(start), span(working)) == local(due)


@pytest.mark.parametrize(("start", "working", "due"), TABLE)
def test_the_time_worked_until_due_is_the_time_that_was_given(start, working, due):
    assert CHINA.elapsed(local(start), local(due)) == span(working)


@pytest.mark.parametrize(("start", "end", "working"), BETWEEN)
def test_working_time_between_is_the_one_in_the_table(start, end, working):
    assert CHINA.elapsed(local(start), local(end)) == span(working)
    assert CHINA.elapsed(local(end), local(start)) == -span(working)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
def test_the_same_moment_told_in_another_zone_has_the_same_due_time(zone):
    start = local("2026-02-14 16:30")
    assert CHINA.add(start.astimezone(local("2026-01-01", zone).tzinfo), span("2:00")) == local("2026-02-24 09:30")
