"""The clock of the demo: set for a block, put back afterwards."""

import datetime as dt

import pytest
from django.utils import timezone

from bihuan.demo.clock import as_of, real_now

THEN = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)


def test_it_is_the_set_moment_inside_and_now_again_outside():
    with as_of(THEN):
        assert timezone.now() == THEN
        assert timezone.localdate() == dt.date(2026, 3, 2)
        with as_of(THEN + dt.timedelta(hours=1)):
            assert timezone.now().hour == 10
        assert timezone.now() == THEN
    assert abs(timezone.now() - real_now()) < dt.timedelta(seconds=5)


def test_a_failure_inside_puts_it_back():
    with pytest.raises(KeyError), as_of(THEN):
        raise KeyError
    assert timezone.now() > THEN


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError), as_of(dt.datetime(2026, 3, 2)):
        pass


def test_rows_take_their_time_of_creation_from_it(db):
    from bihuan.customers.models import Customer

    with as_of(THEN):
        assert Customer.objects.create(number="C-1", name="甲").created_at == THEN
