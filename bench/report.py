"""bench/RESULTS.md: the figures as measured, each beside its floor and its target."""

from __future__ import annotations

import datetime as dt
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .operations import OPERATIONS, SQLITE_ALLOWANCE, Operation

BUSY = "**Not representative: other work kept the machine busy (load average {load:.1f} when the run began). Repeat on a quiet one.**"


def write(path: Path, found: dict[str, Any], *, requests: int, seconds: float, busy: float, minutes: float) -> None:
    """One table per database, the plans, the machine."""
    lines = [
        "# Measured figures", "",
        f"{requests:,} requests with their whole history; each operation three runs of {seconds:g} s, medians; clients, server and database on the",
        "same processors over loopback. *Floor*: the operation's own statements sent through the database driver one after the other by one",
        "client, without the application. *Target*: what the project set itself (PostgreSQL, a million records; on SQLite creation ≥ 120/s and",
        "the rest within 1.5 ×). Figures of a machine that others use at the same time are lower; compare them within one run.", "",
        f"{_machine()} · {dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC · {minutes:.1f} minutes in all", "",
    ]  # fmt: skip
    if busy > (os.cpu_count() or 1) / 2:
        lines += [BUSY.format(load=busy), ""]
    for engine, one in found.items():
        known = one["known"]
        lines += [
            f"## {known['database']}",
            "",
            f"Seeding: {known['rate']:,.0f} requests/s ({known['seconds']:.0f} s); {known['open']:,} open.",
            "",
        ]
        lines += [
            "| operation | clients | rate | p50 | p95 | target | reached | statements | floor | client's processor |",
            "|" + " --- |" * 10,
        ]
        lines += [_row(engine, operation, one) for operation in OPERATIONS]
        lines += ["", *_once(one["once"]), ""]
        for name, floor in one["floors"].items():
            if floor["plan"]:
                lines += [f"How `{name}` finds its rows:", "", "```", floor["plan"], "```", ""]
    path.write_text("\n".join(lines), encoding="utf-8")


def _row(engine: str, operation: Operation, one: dict[str, Any]) -> str:
    run, floor = one["runs"][operation.name], one["floors"][operation.name]
    rate, p95 = operation.rate, float(operation.p95)
    if engine == "sqlite":
        rate, p95 = operation.sqlite_rate or round(rate / SQLITE_ALLOWANCE), p95 * SQLITE_ALLOWANCE
    reached = "yes" if run["rate"] >= rate and run["p95"] <= p95 else "no"
    if run["bad"]:
        reached = f"{run['bad']:.0f} refused"
    target = f"≥ {rate}/s, ≤ {p95:.0f} ms" if rate else f"≤ {p95:.0f} ms"
    cells = [
        operation.title, operation.clients, f"{run['rate']:.0f}/s", f"{run['p50']:.1f} ms", f"{run['p95']:.1f} ms", target,
        reached, floor["statements"], f"{floor['ms']:.1f} ms", f"{run['client']:.0%}",
    ]  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


def _once(found: dict[str, Any]) -> list[str]:
    """What is measured once: a line each, with its target."""
    count, sweep, verify, looks = found["count"], found["sweep"], found["verify"], found["looks"]
    exact = (
        "their sum is the number of requests" if count["counted"] == count["requests"] else "**THEIR SUM IS NOT the number of requests**"
    )
    rows = [
        (
            "requests by branch × month × how their first contact stands, over all",
            f"{count['ms']:.1f} ms, {count['cells']:,} figures, {exact}",
            "≤ 30 ms",
        ),
        (f"sweep of {sweep['open']:,} running time limits", f"{sweep['ms']:.0f} ms for {sweep['handled']:,} newly due", "≤ 1,000 ms"),
        (
            "verify the journal: entries, chains, checkpoints, texts",
            f"{1000 * verify['entries'] / verify['ms']:,.0f} entries/s ({verify['entries']:,} entries, {verify['findings']} findings)",
            "≥ 100,000 entries/s",
        ),
        ("the same with signatures, files and every row", f"{1000 * verify['entries'] / verify['whole_ms']:,.0f} entries/s", ""),
        ("sign checkpoints over all of it, once", f"{verify['sealing_ms'] / 1000:.1f} s", ""),
        ("memory after start, all processes (PSS)", f"{found['memory']:.0f} MiB", "≤ 250 MiB on SQLite"),
    ]
    if looks:
        cold, warm = looks["cold"], looks["warm"]
        rows.append(
            (
                "first look at the main list in Chromium",
                f"{cold['requests']} requests, {cold['bytes'] / 1000:.0f} kB; again {warm['bytes'] / 1000:.0f} kB",
                "≤ 12 requests, ≤ 300 kB; again ≤ 40 kB",
            )
        )
    return ["| once | measured | target |", "| --- | --- | --- |", *(f"| {' | '.join(row)} |" for row in rows)]


def _machine() -> str:
    cpu = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} × {cpu} · load average {load:.1f} at the end · Python {platform.python_version()} · "
        f"Django {version('django')} · granian {version('granian')} · psycopg {version('psycopg')}"
    )
