"""What was found wrong with a record belongs to its matter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import NotAllowed, NotFound
from bihuan.kernel.tables.pages import record_by_number
from bihuan.kernel.tables.thread import ANY, register_neighbours

from .access import access_nonconformities
from .models import Nonconformity


def of_any(records: Sequence[Any], actor: Actor) -> Iterator[Nonconformity]:
    yield from access_nonconformities.all(actor).filter(source_number__in=[record.number for record in records])


def of_nonconformities(found: Sequence[Nonconformity], actor: Actor) -> Iterator[Any]:
    for one in found:
        with suppress(NotFound, NotAllowed):
            yield record_by_number(actor, one.source_number)


register_neighbours(ANY, of_any)
register_neighbours("quality.Nonconformity", of_nonconformities)  # type: ignore[arg-type]
