"""Where stories are played: many at once, in the order of time, on a clock that is set to each moment.

A story is a generator. It yields the moment at which it wants to go on, and what it will do then; the stage sets the
clock there and lets it. Between two moments the deadlines that fall due are swept when they do, as the worker would.
"""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
from collections.abc import Iterator

from django.utils import timezone

from bihuan.kernel.deadlines.models import Deadline, State
from bihuan.kernel.deadlines.sweep import sweep
from bihuan.kernel.notify.deliver import hand_out
from bihuan.kernel.notify.models import Notice

from .clock import as_of

Cue = tuple[dt.datetime, str]
Story = Iterator[Cue]
ROUND = dt.timedelta(seconds=2)  # the worker looks every two seconds


class Stage:
    """Plays stories up to ``end``; what they would do afterwards has not happened yet.

    Notices from before ``told_from`` count as read long ago: nobody's inbox goes back that far.
    """

    def __init__(self, end: dt.datetime, told_from: dt.datetime) -> None:
        self.end, self.told_from = end, told_from
        self.now: dt.datetime | None = None
        self.queue: list[tuple[dt.datetime, int, Story]] = []
        self.order = itertools.count()

    def add(self, story: Story, *, stop: str = "") -> None:
        """Take *story* up; it is left where it stands before it does *stop*."""
        self._wait(_until(story, stop) if stop else story)

    def _wait(self, story: Story) -> None:
        cue = next(story, None)
        if cue is not None and (moment := max(cue[0], self.now or cue[0])) <= self.end:  # time never runs backwards
            heapq.heappush(self.queue, (moment, next(self.order), story))

    def play(self) -> None:
        """Everything, to the end."""
        while self.queue:
            moment, _order, story = heapq.heappop(self.queue)
            self._sweep_until(moment)
            self.now = moment
            with as_of(moment):
                self._wait(story)
                self._tell()
        self._sweep_until(self.end)

    def _sweep_until(self, moment: dt.datetime) -> None:
        waiting = (
            Deadline.objects.filter(state=State.RUNNING, next_at__lte=moment - ROUND).order_by("next_at").values_list("next_at", flat=True)
        )
        while (due := waiting.first()) is not None:
            with as_of(max(due + ROUND, self.now or due)):
                sweep()
                self._tell()

    def _tell(self) -> None:
        if timezone.now() < self.told_from:
            Notice.objects.filter(handed_out_at__isnull=True).update(handed_out_at=timezone.now())
        while Notice.objects.filter(handed_out_at__isnull=True).exists():
            hand_out()


def _until(story: Story, stop: str) -> Story:
    for cue in story:
        if cue[1] == stop:
            return
        yield cue
