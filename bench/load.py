"""Clients: threads with a connection each, in one process whose share of the processors is measured too."""

from __future__ import annotations

import collections
import http.client
import json
import random
import socket
import statistics
import threading
import time
from typing import Any

from .operations import OPERATIONS, Operation, request

RUNS = 3
WARM = 0.6  # seconds before the clock runs
MOST_CHANGES = 400  # a second


def wait_for(port: int, patience: float = 60) -> None:
    """Until the server listens. Raises TimeoutError."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise TimeoutError(f"no server on port {port}")


def everything(port: int, known: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Every operation, three runs each."""
    found: dict[str, Any] = {}
    known["fresh"] = collections.deque()
    for operation in OPERATIONS:
        if operation.name == "change":
            _enough(port, known, found["create"]["rate"], seconds)
        runs = [run(port, operation, known, seconds, seed) for seed in range(RUNS)]
        found[operation.name] = {key: statistics.median(one[key] for one in runs) for key in runs[0]}
        print(f"  {operation.title}: {found[operation.name]['rate']:.0f}/s", flush=True)
    return found


def _enough(port: int, known: dict[str, Any], rate: float, seconds: float) -> None:
    """Make as many new requests as three runs of state changes may use up, before those are measured."""
    create = next(operation for operation in OPERATIONS if operation.name == "create")
    while (missing := MOST_CHANGES * RUNS * (seconds + WARM) - len(known["fresh"])) > 0:
        run(port, create, known, 1 + missing / rate, len(known["fresh"]))


def run(port: int, operation: Operation, known: dict[str, Any], seconds: float, seed: int) -> dict[str, float]:
    """One run: rate, p50 and p95 in milliseconds, the client's share of one processor, answers that were refusals."""
    took: list[float] = []
    bad: list[int] = []
    begin = time.monotonic() + WARM
    end = begin + seconds

    def client(number: int) -> None:
        chance = random.Random(f"{operation.name} {seed} {number}")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while (start := time.monotonic()) < end or not took:  # on a slow machine at least one
            method, path, body, headers = request(operation.name, known, chance)
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            said = answer.read()
            if operation.name == "create" and answer.status == 201:
                known["fresh"].append(json.loads(said)["number"])
            if start >= begin:
                took.append(time.monotonic() - start)
                if answer.status not in {200, 201}:
                    bad.append(answer.status)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(operation.clients)]
    spent = time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.process_time() - spent
    took.sort()
    return {
        "rate": len(took) / seconds, "p50": 1000 * took[len(took) // 2], "p95": 1000 * took[int(len(took) * 0.95)],
        "client": spent / (seconds + WARM), "bad": len(bad),
    }  # fmt: skip
