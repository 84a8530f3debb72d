"""Tests that judge by the clock have the machine to themselves, in a suite that otherwise runs in several processes at once."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 60.0  # seconds


class Hall:
    """Many may be in it, or one alone; whoever waits to be alone is not kept waiting by those who come later.

    Across processes, by locks on two files that are there anyway (nothing is written to them): the *door* is passed one at a
    time, and who wants to be alone stands in it until the hall is empty. After *patience* seconds everybody goes in as it is:
    a test may be waiting, inside, for the database transaction of one who stands outside.
    """

    def __init__(self, door: Path, hall: Path, patience: float = PATIENCE) -> None:
        self._door, self._hall = (os.open(path, os.O_RDONLY) for path in (door, hall))
        self._patience = patience

    @contextmanager
    def entered(self, *, alone: bool) -> Iterator[None]:
        until = time.monotonic() + self._patience
        _locked(self._door, fcntl.LOCK_EX, until)
        try:
            if not _locked(self._hall, fcntl.LOCK_EX if alone else fcntl.LOCK_SH, until):
                _locked(self._hall, fcntl.LOCK_SH, until)
        finally:
            fcntl.flock(self._door, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(self._hall, fcntl.LOCK_UN)


def _locked(file: int, how: int, until: float) -> bool:
    """Lock *file*, by *until* (monotonic seconds) at the latest; whether that went."""
    while True:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                return False
            time.sleep(0.005)
        else:
            return True
