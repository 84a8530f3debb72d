"""A line to PostgreSQL that can be cut on the very message: before COMMIT leaves, before its answer comes back, or just after."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any

PIECE = 65536
MOMENTS = ("before", "during", "after")


class Line:
    """Listens on ``port`` and passes everything on. ``cut_at(moment)`` cuts the next connection that says COMMIT."""

    def __init__(self, host: str, port: int) -> None:
        self.beyond = (host, port)
        self.cuts = 0
        self._moment = ""
        self._lock = threading.Lock()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._open, daemon=True).start()

    def cut_at(self, moment: str) -> None:
        with self._lock:
            self._moment = moment

    def close(self) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def _open(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _address = self._door.accept()
                call = _Call(self, near, socket.create_connection(self.beyond))
                threading.Thread(target=call.ask, daemon=True).start()
                threading.Thread(target=call.answer, daemon=True).start()

    def take(self) -> str:
        """The moment that was asked for, once."""
        with self._lock:
            moment, self._moment = self._moment, ""
            self.cuts += bool(moment)
            return moment


class _Call:
    def __init__(self, line: Line, near: Any, far: Any) -> None:
        self.line, self.near, self.far = line, near, far
        self.moment = ""

    def ask(self) -> None:
        with contextlib.suppress(OSError):
            while piece := self.near.recv(PIECE):
                if b"COMMIT" in piece and (moment := self.line.take()):
                    if moment == "before":
                        break
                    self.moment = moment
                self.far.sendall(piece)
        self.cut()

    def answer(self) -> None:
        with contextlib.suppress(OSError):
            while piece := self.far.recv(PIECE):
                if self.moment == "during":
                    break
                self.near.sendall(piece)
                if self.moment == "after":
                    break
        self.cut()

    def cut(self) -> None:
        for end in (self.near, self.far):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
