"""Each backup and each drill leaves a row and an entry in the journal, the failed ones too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.db import transaction
from django.utils import timezone

from bihuan.kernel import journal
from bihuan.kernel.access.actors import system
from bihuan.kernel.access.refusals import Refusal

from .models import Run


@contextmanager
def recorded(kind: str, *, by: str, night: date | None = None) -> Iterator[Run]:
    """The row of one run, finished and journalled when the block ends, however it ends.

    *night* names a nightly run whose row was claimed before (see nightly.claim).
    """
    run = (night and Run.objects.filter(kind=kind, night=night).first()) or Run.objects.create(
        kind=kind, started_at=timezone.now(), night=night
    )
    try:
        yield run
    except BaseException as problem:
        run.ok = False
        run.said = problem.sentence if isinstance(problem, Refusal) else f"{type(problem).__name__}: {problem}"
        raise
    finally:
        _finish(run, by)


def _finish(run: Run, by: str) -> None:
    now = timezone.now()
    run.ended_at = now
    with transaction.atomic():
        run.save()
        told = {"ok": run.ok, "archive": run.archive, "size": run.size, "said": run.said}
        journal.append_plain(system(by), run.kind, f"{run.kind}:{run.pk}", at=run.started_at, data=told)
