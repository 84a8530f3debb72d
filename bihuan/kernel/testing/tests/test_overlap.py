"""The helper for concurrency tests proves the overlap, or says that there was none (#106)."""

import threading
import time

import pytest

from bihuan.kernel.testing.committed import lift_triggers
from bihuan.kernel.testing.overlap import NotTogether, together


@pytest.fixture(autouse=True)
def _committed(transactional_db):
    yield
    lift_triggers()


def test_all_run_at_one_moment_and_are_heard():
    at = {}

    def act(index):
        at[index] = time.perf_counter()
        return index * 2

    done = together(4, act)

    assert done.results == [0, 2, 4, 6]
    assert done.failures == []
    assert max(at.values()) - min(at.values()) == pytest.approx(done.spread, abs=0.004)
    assert done.spread <= 0.005


def test_each_round_has_a_subject_of_its_own():
    made = iter(range(100))
    done = together(3, lambda index, subject: (index, subject), fresh=lambda: next(made))

    assert {subject for _index, subject in done.results} == {done.subject}


def test_what_a_thread_raises_is_handed_back():
    def act(index):
        if index == 1:
            raise ValueError("one")

    done = together(2, act)

    assert [str(failure) for failure in done.failures] == ["one"]


def test_threads_that_start_apart_count_as_not_run():
    with pytest.raises(NotTogether, match="2 threads"):
        together(2, lambda _index: None, tries=2, limit=0, patience=0)


def test_no_thread_is_left_behind():
    before = threading.active_count()
    together(3, lambda _index: None)

    assert threading.active_count() == before
