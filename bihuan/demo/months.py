"""The months' reviews of the journal: opened by the worker at each month's beginning, done by quality, one of the last month's still under way."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from bihuan.kernel.access.actors import Actor
from bihuan.quality.domain import review as verbs
from bihuan.quality.models import Review
from bihuan.quality.public import month_of, open_reviews, shifted, starts

from .cast import Cast
from .stage import Story

QUALITY = "shaoyj"
UNDER_WAY = "HD"  # the branch whose last month is half done
REASONS = (
    "夜班值守时录入，与排班表和通话记录一致。",
    "现场无信号，回程后补录；与客户签字的时间一致。",
    "已向本人和部长核实，有审批记录。",
)


def reviews(cast: Cast, now: dt.datetime, days: int) -> Story:
    """From the first whole month of the company's past on; one of last month's is still under way."""
    month, last = shifted(month_of(now - dt.timedelta(days=days)), 1), month_of(now)
    while month <= last:
        yield starts(month) + dt.timedelta(hours=2), "open"
        open_reviews()
        yield starts(month) + dt.timedelta(days=1, hours=10), "review"
        for turn, review in enumerate(Review.objects.filter(status="opened").order_by("pk")):
            _do(review, cast.by(QUALITY), turn, to_the_end=month < last or review.branch.code != UNDER_WAY)
        month = shifted(month, 1)


def _do(review: Review, by: Actor, turn: int, *, to_the_end: bool) -> None:
    now = timezone.now()
    verbs.assign(review, by=by, at=now, reviewer=by.person)
    seqs = list(review.findings.exclude(actor_id=by.person_id).values_list("seq", flat=True))
    judged = seqs if to_the_end else seqs[: (len(seqs) + 1) // 2]
    if judged:
        verbs.clear(review, by=by, at=now, findings=judged, reason=REASONS[turn % len(REASONS)])
    if to_the_end and len(judged) == review.findings.count():
        words = "疑点均有据可查，未发现事后编造的记录。" if seqs else "本月没有疑点，抽看十条日志，时间与单据一致。"
        verbs.conclude(review, by=by.proved(now), at=now, conclusion=words)
