"""Counters for Prometheus. Labels are the route's name, the method and the class of the status: never a path, never a person.

Several server processes add up through files in PROMETHEUS_MULTIPROC_DIR, which ``bihuan up`` lays out (cli_serve).
"""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
STEPS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)  # seconds

_own = CollectorRegistry()
requests = Counter("bihuan_requests", "Answered requests.", ["route", "method", "status"], registry=_own)
seconds = Histogram("bihuan_request_seconds", "Time to the start of the answer.", ["route"], buckets=STEPS, registry=_own)


def count(route: str, method: str, status: int, took: float) -> None:
    """One answered request; *took* in seconds."""
    requests.labels(route, method if method in METHODS else "other", f"{status // 100}xx").inc()
    seconds.labels(route).observe(took)


def exposition(*gauges: Collector) -> bytes:
    """The text for Prometheus: the counters of all processes, then *gauges*."""
    now = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(now)
    else:
        now.register(requests)
        now.register(seconds)
    for gauge in gauges:
        now.register(gauge)
    return generate_latest(now)
