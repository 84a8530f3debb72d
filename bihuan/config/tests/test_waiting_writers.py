"""Who wants to write on SQLite waits for the one who does, and gives up after the time that was set."""

import sqlite3
import threading
import time
from contextlib import closing

import pytest
from django.db import OperationalError, connection, transaction

from bihuan.kernel.numbering.models import Counter

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="about SQLite")


def _writer():
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    return other


def _in_a_transaction(year):
    with transaction.atomic():
        begun = time.monotonic()
        Counter.objects.create(form="BX", branch="HD", year=year, last=1)
    return begun


def _as_one_statement(year):
    Counter.objects.create(form="BX", branch="HD", year=year, last=1)
    return time.monotonic()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("write", [_in_a_transaction, _as_one_statement])
def test_one_waits_for_the_other_and_goes_on_at_once(write):
    late = []
    for number in range(5):
        with closing(_writer()) as other:
            ended: list[float] = []
            end = threading.Timer(0.35, lambda other=other, ended=ended: (other.execute("COMMIT"), ended.append(time.monotonic())))
            end.start()
            late.append(write(2026 + number))
            end.join()
            late[-1] -= ended[0]
    assert Counter.objects.count() == 5
    assert min(late) < 0.04, late  # SQLite's own waiting asks 0.33 and 0.43 seconds after it began, so it comes 0.08 too late


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("write", [_in_a_transaction, _as_one_statement])
def test_who_comes_first_writes_first(write):
    threads = []

    def wait_and_write(number):
        try:
            write(2026 + number)
        finally:
            connection.close()

    with closing(_writer()) as other:
        for number in range(8):
            threads.append(threading.Thread(target=wait_and_write, args=(number,)))
            threads[-1].start()
            time.sleep(0.05)
        assert Counter.objects.count() == 0  # who reads waits for nobody
        other.execute("ROLLBACK")
        for thread in threads:
            thread.join()
    assert list(Counter.objects.order_by("pk").values_list("year", flat=True)) == list(range(2026, 2034))


@pytest.mark.django_db(transaction=True)
def test_who_no_longer_waits_keeps_nobody_behind(monkeypatch):
    impatient = {**connection.settings_dict["OPTIONS"], "timeout": 0.2}
    refused = []

    def give_up():
        monkeypatch.setitem(connection.settings_dict, "OPTIONS", impatient)
        try:
            _as_one_statement(2026)
        except OperationalError as problem:
            refused.append(str(problem))
        finally:
            connection.close()

    with closing(_writer()) as other:
        threads = [threading.Thread(target=give_up) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        other.execute("ROLLBACK")
    assert len(refused) == 3
    assert all("locked" in said for said in refused), refused
    assert _as_one_statement(2027)


@pytest.mark.django_db(transaction=True)
def test_what_waiting_cannot_help_is_said_at_once():
    """A connection that still reads what another has written over since may wait for ever."""
    connection.ensure_connection()
    for year in (2026, 2027):
        _as_one_statement(year)
    reading = connection.connection.execute("SELECT year FROM numbering_counter")
    assert reading.fetchone()
    with closing(_writer()) as other:
        other.execute("UPDATE numbering_counter SET last = 2")
        other.execute("COMMIT")
    begun = time.monotonic()
    with pytest.raises(OperationalError, match="locked"):
        _as_one_statement(2028)
    assert time.monotonic() - begun < 5
    reading.close()
    assert _as_one_statement(2028)


@pytest.mark.django_db(transaction=True)
def test_one_gives_up_after_the_time_that_was_set_and_can_write_later(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {**connection.settings_dict["OPTIONS"], "timeout": 0.2})
    with closing(_writer()) as other:
        begun = time.monotonic()
        with pytest.raises(OperationalError, match="locked"), transaction.atomic():
            raise AssertionError("began although another writes")
        assert 0.2 <= time.monotonic() - begun < 2
        other.execute("ROLLBACK")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone() == (200,)
    with transaction.atomic():
        Counter.objects.create(form="BX", branch="HD", year=2026, last=1)
    assert Counter.objects.count() == 1
