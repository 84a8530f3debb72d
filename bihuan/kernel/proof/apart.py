"""Chains walked side by side, in processes of their own: they share nothing but what was read before.

A process starts in about two seconds, so a short journal is walked in the process that asks.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from .verify_export import Checkpoint, Finding, Key

SHORT = 200_000  # entries


def processes_for(entries: int) -> int:
    """How many processes are worth their start."""
    return 1 if entries < SHORT else os.cpu_count() or 1


@dataclass(frozen=True)
class Task:
    """A chain to walk: its end when the run began (None: the chain has no row), what checkpoints promise of it, copies on paper."""

    name: str
    end: tuple[int, str] | None
    promised: dict[int, Checkpoint]
    papers: dict[int, str] | None


@dataclass(frozen=True)
class Around:
    """What all chains of one run have in common."""

    folder: Path | None
    keys: list[Key]
    since: dt.datetime | None
    language: str


def walked(tasks: Iterable[Task], around: Around, processes: int) -> Iterator[tuple[int, list[Finding | str]]]:
    """(number of entries, what does not agree) of each chain, in the order of *tasks*; the longest are begun first.

    Raises concurrent.futures.process.BrokenProcessPool when a process dies: nothing is proven then.
    """
    tasks = list(tasks)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_start) as pool:
        length = {task.name: task.end[0] if task.end else 0 for task in tasks}
        begun = {task.name: pool.submit(_walk, task, around) for task in sorted(tasks, key=lambda task: -length[task.name])}
        for task in tasks:
            yield begun[task.name].result()


def _start() -> None:
    from bihuan.cli import start_django

    start_django()


def _walk(task: Task, around: Around) -> tuple[int, list[Finding | str]]:
    from django.utils import translation

    from .verify import Verification

    with translation.override(around.language):
        run = Verification(folder=around.folder, keys=around.keys, since=around.since)
        found = list(run.chain(task))
    return run.counted["entries"], found
