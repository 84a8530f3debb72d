"""Tests that judge by the clock have the machine to themselves, in a suite that otherwise runs in several processes at once."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Hall:
    """Many may be in it, or one alone; whoever waits to be alone is not kept waiting by those who come later.

    Across processes, by locks on two files that are there anyway (nothing is written to them): the *door* is passed one at a
    time, and who wants to be alone stands in it until the hall is empty.
    """

    def __init__(self, door: Path, hall: Path) -> None:
        self._door, self._hall = (os.open(path, os.O_RDONLY) for path in (door, hall))

    @contextmanager
    def entered(self, *, alone: bool) -> Iterator[None]:
        fcntl.flock(self._door, fcntl.LOCK_EX)
        try:
            fcntl.flock(self._hall, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        finally:
            fcntl.flock(self._door, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(self._hall, fcntl.LOCK_UN)
