"""The journal of the invented company held against its procedures, and a word said about what is long past."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from bihuan.evidence import conformance, dispose
from bihuan.evidence.models import Deviation
from bihuan.kernel.access.actors import actor_for, system
from bihuan.organisation.models import Person

OLD = dt.timedelta(days=45)
HEAD = "chenzq"
REASONS = (
    "已向客户说明并致歉，当日补办；已在班前会提醒。",
    "当天暴雨封路，已与客户改约，有通话记录。",
    "现场无信号，回程后补录；已要求离场前核对待发记录。",
    "人手不足所致，已调整值班表，连续两周未再发生。",
)


def check() -> None:
    """A run of the conformance check; the head has dealt with what is older than six weeks, the rest waits."""
    conformance.run(system("夜间检查"))
    head, now = actor_for(Person.objects.get(username=HEAD)), timezone.now()
    for turn, deviation in enumerate(Deviation.objects.filter(state=Deviation.OPEN, happened_at__lt=now - OLD).order_by("happened_at")):
        if not dispose.why_not(deviation, head):
            dispose.accept(deviation, by=head, at=now, reason=REASONS[turn % len(REASONS)])
