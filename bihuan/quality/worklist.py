"""Nonconformities and reviews as lines of the home worklist."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.tables import show
from bihuan.kernel.tables.worklist import Work, action_of, raised, register_work
from bihuan.kernel.ui.pieces import Row

from .models import Nonconformity, Review


def nonconformity_row(record: Nonconformity, actor: Actor) -> Row:
    """Of what it was found, on which record, who sees to it. No statements."""
    return Row(
        href=f"/r/{record.number}/",
        number=record.number,
        subject=_("不合格报告 · {branch}").format(branch=record.branch.name),
        clock=show.next_clock(record),
        unit=record.source_number,
        said=record.description.split("\n")[0][:120],
        where=f"{record.get_status_display()} · {record.responsible.name}",
        raised=raised(record),
        action=action_of(record, actor),
    )


def review_row(record: Review, actor: Actor) -> Row:
    """Which month of whose journal, how much is to be judged, who reviews. No statements."""
    who = record.reviewer.name if record.reviewer else ""
    return Row(
        href=f"/r/{record.number}/",
        number=record.number,
        subject=_("日志月度审查 · {scope}").format(scope=record.scope),
        clock=show.next_clock(record),
        unit=f"{record.month:%Y-%m}",
        said=_("{n} 项异常").format(n=sum(record.counts.values())),
        where=" · ".join(filter(None, [record.get_status_display(), who])),
        raised=raised(record),
        action=action_of(record, actor),
    )


register_work(Work(Nonconformity._meta.label, nonconformity_row, holder="responsible"))
register_work(Work(Review._meta.label, review_row, holder="reviewer"))
