"""A matter from end to end as it is printed: the sheet on top of an audit pack."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.printing.forms import Cell, Cells, Form, Table
from bihuan.kernel.tables.pages import page_of
from bihuan.kernel.ui.pieces import Entry

from .threads import Thread


def thread_form(thread: Thread, by: Actor) -> Form:
    """Records with their signatures, gaps with their answers, and every act in the order of time. No controlled form, so it has no form number."""
    root, zone = thread.root, thread.root.branch.zone
    rows = [
        [Cell(_("内容"), page_of(root).title(root), span=2)],
        [Cell(_("有关单据"), str(len(thread.parts))), Cell(_("缺口"), _gap_count(thread))],
        [Cell(_("日志条数"), str(len(thread.acts))), Cell(_("校验点已覆盖"), str(thread.sealed))],
    ]
    records = [
        (
            part.record.number,
            part.title,
            part.status,
            "\n".join(f"{line.meaning} {line.name} {line.state}" for line in part.signatures) or "—",
        )
        for part in thread.parts
    ]
    gaps = [(gap.number, gap.sentence, gap.answer or _("没有说明")) for gap in thread.gaps]
    acts = [
        (
            f"{act.at.astimezone(zone):%Y-%m-%d %H:%M}",
            act.number,
            act.act,
            _who(act),
            act.clause,
            "；".join(filter(None, (act.said, act.reason))),
        )
        for act in thread.acts
    ]
    sections = [
        Cells(rows),
        Table([_("单据"), _("内容"), _("状态"), _("签名")], records, widths=(3, 4, 1.2, 2.8), title=_("有关单据")),
        *([Table([_("单据"), _("缺口"), _("说明")], gaps, widths=(3, 4, 4), title=_("缺口"))] if gaps else []),
        Table(
            [_("时间"), _("单据"), _("步骤"), _("谁"), _("条款"), _("内容")], acts, widths=(1.6, 3, 1.5, 1.3, 1.3, 2.3), title=_("全部经过")
        ),
    ]
    form = Form(
        code="", title=_("全程追溯"), number=root.number, record_url=settings.ORIGIN + reverse("thread", args=[root.number]),
        sections=sections, status_line=str(root.get_status_display()), zone=zone,
    )  # fmt: skip
    return replace(form, printed_by=by.name, printed_at=timezone.now(), record_version=root.version)


def _gap_count(thread: Thread) -> str:
    return _("{n} 处，其中 {open} 处没有说明").format(n=len(thread.gaps), open=thread.unanswered) if thread.gaps else _("无")


def _who(act: Entry) -> str:
    return _("%(name)s（代 %(for_whom)s）") % {"name": act.who, "for_whom": act.for_whom} if act.for_whom else act.who
