"""Requests of persons as lines of the home worklist: by number, without the person."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.tables import show
from bihuan.kernel.tables.worklist import Work, action_of, raised, register_work
from bihuan.kernel.ui.pieces import Row

from .models import PersonRequest


def row(record: PersonRequest, actor: Actor) -> Row:
    """What is asked for and how far it is. No statements."""
    return Row(
        href=f"/r/{record.number}/",
        number=record.number,
        subject=_("个人信息请求 · {branch}").format(branch=record.branch.name),
        clock=show.next_clock(record),
        said=str(record.get_wish_display()),
        where=str(record.get_status_display()),
        raised=raised(record),
        action=action_of(record, actor),
    )


register_work(Work(PersonRequest._meta.label, row))
