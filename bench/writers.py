"""Clients that write while something else is tried: what they were told, and when."""

from __future__ import annotations

import collections
import http.client
import json
import random
import threading
import time
from contextlib import closing
from typing import Any

from .operations import request

CLIENTS = 2
WARM = 10  # writes


class Writers:
    """Create requests, and assign each second one, until the block ends. ``before`` and ``after``: numbers acknowledged before the first mark
    and asked for after the second."""

    def __init__(self, port: int, known: dict[str, Any]) -> None:
        self.port, self.known = port, known | {"fresh": collections.deque()}
        self.marks: list[tuple[str, float]] = []
        self.told: list[tuple[float, float, str]] = []  # begun, ended, the number or "" for a step
        self.refused: list[str] = []
        self.stop = threading.Event()

    def __enter__(self) -> Writers:
        self.threads = [threading.Thread(target=self._write, args=(number,)) for number in range(CLIENTS)]
        for thread in self.threads:
            thread.start()
        self.warm()
        self.mark("ahead")
        return self

    def __exit__(self, *_problem: object) -> None:
        self.mark("done")
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def warm(self, patience: float = 300) -> None:
        """Until the first writes were acknowledged. Raises TimeoutError."""
        until = time.monotonic() + patience
        while len(self.told) < WARM:
            if time.monotonic() > until:
                raise TimeoutError(f"{len(self.told)} writes in {patience:.0f} s; refused: {self.refused[:3]}")
            time.sleep(0.1)

    def mark(self, name: str) -> None:
        """What follows is another spell, called *name*."""
        self.marks.append((name, time.monotonic()))

    @property
    def before(self) -> list[str]:
        return [number for _begun, ended, number in self.told if number and ended < self._at("during")]

    @property
    def after(self) -> list[str]:
        return [number for begun, _ended, number in self.told if number and begun > self._at("afterwards")]

    def rates(self) -> str:
        """Writes a second and the slowest answer of each spell, and what was refused."""
        ends = [at for _name, at in self.marks[1:]]
        spells = []
        for (name, begins), ends_at in zip(self.marks, ends, strict=False):
            took = [ended - begun for begun, ended, _number in self.told if begins <= ended < ends_at]
            spells.append(f"{name} {len(took) / (ends_at - begins):.0f}/s, slowest {max(took, default=0):.1f} s")
        return "; ".join([*spells, f"{len(self.refused)} refused {'; '.join(self.refused[:3])}".strip()])

    def _at(self, name: str) -> float:
        return dict(self.marks)[name]

    def _write(self, number: int) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)) as connection:
            self._ask(connection, random.Random(number))

    def _ask(self, connection: http.client.HTTPConnection, chance: random.Random) -> None:
        turn = 0
        while not self.stop.is_set():
            turn += 1
            name = "change" if turn % 3 == 0 and len(self.known["fresh"]) > CLIENTS else "create"
            method, path, body, headers = request(name, self.known, chance)
            begun = time.monotonic()
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            said = answer.read()
            made = json.loads(said)["number"] if name == "create" and answer.status == 201 else ""
            self.told.append((begun, time.monotonic(), made))
            if made and turn > 3:  # the first ones keep running
                self.known["fresh"].append(made)
            if answer.status not in {200, 201}:
                self.refused.append(f"{name} {answer.status} {said.decode(errors='replace')[:200]}")
