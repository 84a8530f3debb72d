"""Who wants to write next, in the order in which they came: SQLite has one writer at a time and keeps no queue of those who wait.

Without it the one who just wrote asks again at once, while those who wait sleep: of sixteen writers some waited more than twenty seconds.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """First come, first served among the threads of one process; other processes are asked through SQLite itself."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._line: deque[threading.Event] = deque()

    @contextmanager
    def first(self, until: float) -> Iterator[bool]:
        """Wait to be the first in the line, and let the next go on afterwards.

        Yields False when ``time.monotonic()`` passed *until* before that: whoever waits no longer keeps nobody behind.
        """
        mine = threading.Event()
        with self._guard:
            self._line.append(mine)
            self._line[0].set()
        try:
            yield mine.wait(max(0.0, until - time.monotonic()))
        finally:
            with self._guard:
                self._line.remove(mine)
                if self._line:
                    self._line[0].set()
