"""Concurrency tests that prove that they overlapped (#106): one that did not proves nothing."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connections

LIMIT = 0.005  # seconds between the first and the last start
TRIES = 25
PATIENCE = 60.0  # seconds of further tries, for a machine that is busy with something else
HANGS = 120.0  # seconds after which a thread that has not come back is said to hang


class NotTogether(AssertionError):
    """The machine was too busy to start them together; nothing was proved."""


@dataclass(frozen=True)
class Round:
    """What came of one overlapping round: a result or an exception for each, and the time in seconds between first and last start."""

    results: list[Any]
    spread: float
    subject: Any = None

    @property
    def failures(self) -> list[BaseException]:
        return [result for result in self.results if isinstance(result, BaseException)]


def together(
    count: int,
    act: Callable[..., Any],
    *,
    fresh: Callable[[], Any] | None = None,
    tries: int = TRIES,
    limit: float = LIMIT,
    patience: float = PATIENCE,
    hangs: float = HANGS,
) -> Round:
    """Let *count* threads call ``act(index)`` at one moment, each on a warm database connection of its own.

    With *fresh* each round gets a new subject and calls ``act(index, subject)``, so that a round that started too far
    apart can be repeated. Raises NotTogether when none of *tries* rounds, nor any in *patience* seconds, started within
    *limit* seconds, AssertionError when a thread is not back after *hangs* seconds. Needs transactions that are really
    committed (``transactional_db``).
    """
    spreads: list[float] = []
    until = time.monotonic() + patience
    while len(spreads) < tries or time.monotonic() < until:
        subject = fresh() if fresh else None
        done = _round(count, partial(_with, act, subject) if fresh else act, subject, hangs)
        if done.spread <= limit:
            return done
        spreads.append(done.spread)
    raise NotTogether(f"{count} threads never started within {limit * 1000:g} ms: {[f'{spread * 1000:.1f}' for spread in spreads]} ms")


def _with(act: Callable[..., Any], subject: Any, index: int) -> Any:
    return act(index, subject)


def _round(count: int, act: Callable[[int], Any], subject: Any, hangs: float) -> Round:
    results: list[Any] = [None] * count
    starts = [0.0] * count
    awake: list[int] = []
    barrier = threading.Barrier(count)

    def run(index: int) -> None:
        try:
            _warm_up()
            barrier.wait(timeout=60)
            awake.append(index)  # a barrier wakes one after the other; here they wait wide awake for the last
            while len(awake) < count:
                time.sleep(0)
            starts[index] = time.perf_counter()
            results[index] = act(index)
        except BaseException as trouble:  # noqa: BLE001  (handed to the test, which judges it)
            results[index] = trouble
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(count)]
    with _brisk_switching():
        for thread in threads:
            thread.start()
        latest = time.monotonic() + hangs
        for thread in threads:
            thread.join(timeout=max(0.0, latest - time.monotonic()))
    if any(thread.is_alive() for thread in threads):
        raise AssertionError("a thread hangs: perhaps a deadlock")
    return Round(results, max(starts) - min(starts), subject)


def _warm_up() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT 1")


@contextmanager
def _brisk_switching() -> Iterator[None]:
    """Threads take turns a hundred times as often as usual, or the first would run before the last has started."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(0.00005)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
