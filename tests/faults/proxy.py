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


class Torn:
    """A line to a web server that breaks whenever another *every* bytes have gone out on it, whatever they belong to."""

    def __init__(self, port: int, every: int) -> None:
        self.beyond, self.every = ("127.0.0.1", port), every
        self.sent = self.cuts = 0
        self._lock = threading.Lock()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._open, daemon=True).start()

    def close(self) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def _open(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _address = self._door.accept()
                far = socket.create_connection(self.beyond)
                threading.Thread(target=self._ask, args=(near, far), daemon=True).start()
                threading.Thread(target=_pass_on, args=(far, near), daemon=True).start()

    def _ask(self, near: socket.socket, far: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := near.recv(PIECE):
                passed = self._passed(len(piece))
                far.sendall(piece[:passed])
                if passed < len(piece):
                    break
        _cut(near, far)

    def _passed(self, length: int) -> int:
        """How many of *length* bytes still go out before the line breaks."""
        with self._lock:
            room = self.every - self.sent % self.every
            if length < room:
                self.sent += length
                return length
            self.sent += room
            self.cuts += 1
            return room - 1 if room == length else room


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(PIECE):
            target.sendall(piece)
    _cut(source, target)


def _cut(*ends: socket.socket) -> None:
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
