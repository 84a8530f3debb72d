"""Who is alone in the hall really is, and gets there though others come and go."""

import multiprocessing
import time

import pytest

from bihuan.kernel.testing.alone import Hall

SPELL = 0.2  # seconds of one visit
PATIENCE = 30  # seconds, for a machine that is busy with something else


def visit(files, alone, times, said, entered):
    """So many visits, one after the other without a pause; when each began and ended is said."""
    hall = Hall(*files)
    for _time in range(times):
        with hall.entered(alone=alone):
            began = time.monotonic()
            entered.set()
            time.sleep(SPELL)
            said.put((alone, began, time.monotonic()))


@pytest.fixture
def visits(tmp_path):
    """Begins visitors in processes of their own, and tells who was in when, as [(alone, from, until)]."""
    files = tmp_path / "door", tmp_path / "hall"
    for file in files:
        file.touch()
    said, begun = multiprocessing.Queue(), []

    def begin(*, alone, times):
        entered = multiprocessing.Event()
        visitor = multiprocessing.Process(target=visit, args=(files, alone, times, said, entered))
        visitor.start()
        begun.append((visitor, times))
        return entered

    def all_over():
        told = [said.get(timeout=PATIENCE) for _visitor, times in begun for _time in range(times)]
        for visitor, _times in begun:
            visitor.join(PATIENCE)
        return told

    return begin, all_over


def overlapping(told):
    return [(one, other) for number, one in enumerate(told) for other in told[number + 1 :] if one[1] < other[2] and other[1] < one[2]]


def test_many_are_in_at_once_but_nobody_beside_one_who_is_alone(visits):
    begin, all_over = visits
    for _visitor in range(2):
        assert begin(alone=False, times=10).wait(PATIENCE)
    begin(alone=True, times=3)
    pairs = overlapping(all_over())
    assert pairs, "two who do not mind were in together"
    assert not [pair for pair in pairs if pair[0][0] or pair[1][0]]


def test_whoever_waits_to_be_alone_comes_before_those_who_arrive_later(visits):
    begin, all_over = visits
    for _visitor in range(2):
        assert begin(alone=False, times=25).wait(PATIENCE)
    begin(alone=True, times=1)
    told = all_over()
    ((_alone, began, _ended),) = [visit for visit in told if visit[0]]
    assert began < max(visit[1] for visit in told), "not only after all the others had gone"


def test_nobody_waits_for_ever_for_one_who_waits_for_them(tmp_path):
    files = tmp_path / "door", tmp_path / "hall"
    for file in files:
        file.touch()
    inside, outside, third = (Hall(*files, patience=0.3) for _one in range(3))
    with inside.entered(alone=False):
        began = time.monotonic()
        with outside.entered(alone=True), third.entered(alone=False):
            assert 0.3 <= time.monotonic() - began < PATIENCE
    with third.entered(alone=True):
        pass
