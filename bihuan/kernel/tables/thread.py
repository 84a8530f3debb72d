"""What hangs together: a call, its orders, its service records, what was found wrong with them. Contexts say how; nobody knows the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..access.actors import Actor

Neighbours = Callable[[Sequence[Any], Actor], Iterable[Any]]
ANY = "*"
MOST = 200  # records of one thread; more than that is no longer one matter
_neighbours: dict[str, list[Neighbours]] = {}


def register_neighbours(label: str, neighbours: Neighbours) -> None:
    """Say what hangs on records of the type *label* (ANY: of every type), for several at once, through the getters."""
    _neighbours.setdefault(label, []).append(neighbours)


def thread_of(record: Any, actor: Actor) -> list[Any]:
    """*record* and what hangs on it, near or far, that *actor* may see: *record* first, then by their time.

    A few statements a kind and step, however many records; at most MOST of them.
    """
    found = {_key(record): record}
    fresh = [record]
    while fresh and len(found) < MOST:
        reached: dict[tuple[str, int], Any] = {}
        for label in dict.fromkeys(one._meta.label for one in fresh):
            these = [one for one in fresh if one._meta.label == label]
            for neighbours in (*_neighbours.get(label, ()), *_neighbours.get(ANY, ())):
                reached |= {_key(other): other for other in neighbours(these, actor)}
        fresh = [other for key, other in reached.items() if key not in found][: MOST - len(found)]
        found |= {_key(other): other for other in fresh}
    return [record, *sorted((one for one in found.values() if one is not record), key=lambda one: (one.created_at, one.number))]


def _key(record: Any) -> tuple[str, int]:
    return record._meta.label, record.pk
