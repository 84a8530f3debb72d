"""The pages of a nonconformity and of a review."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.tables.pages import RecordPage, register_page
from bihuan.kernel.ui.parts import number

from .access import access_nonconformities
from .models import Nonconformity, Review
from .prints import nonconformity_form, review_form
from .procedure import Z
from .queries.anomalies import limits_text
from .queries.findings import counted, groups
from .queries.signals import LABELS, stands_out

SHOWN = 10


def title(record: Nonconformity) -> str:
    return record.description.split("\n")[0][:60]


def line(record: Nonconformity) -> list[str]:
    return [part for part in (record.branch.name, record.source_number, record.clause) if part]


def context(record: Nonconformity, actor: Actor) -> dict[str, Any]:
    """Its facts, and earlier ones about the same step or time limit: does the cause come back?"""
    source = record.source_number
    facts = [
        (_("来源单据"), number(source, f"/r/{source}/") if not record.source_key.startswith("missing") else source),
        (_("不符合的条款"), record.clause),
        (_("责任人"), record.responsible.name),
        (_("处置"), record.get_disposition_display()),
        (_("完成期限"), record.due_at),
        (_("验证时间"), record.verified_at),
    ]
    earlier = access_nonconformities.all(actor).filter(subject=record.subject).exclude(subject="").exclude(pk=record.pk)
    texts = ["description", "containment", "cause", "correction", "result", "finding"]
    return {
        "facts": [(label, value) for label, value in facts if value not in ("", None)],
        "texts": [(record._meta.get_field(name).verbose_name, getattr(record, name)) for name in texts],
        "earlier": list(earlier.order_by("-pk")[:SHOWN]),
    }


register_page(
    RecordPage(
        "quality.Nonconformity", "quality/nonconformity.html", title, line, context, nonconformity_form,
        attach_kinds=(("photo", gettext_lazy("照片")), ("document", gettext_lazy("文件"))),
    )
)  # fmt: skip


def review_title(record: Review) -> str:
    return _("{scope} {month} 日志审查").format(scope=record.scope, month=f"{record.month:%Y-%m}")


def review_line(record: Review) -> list[str]:
    return [part for part in (record.scope, record.reviewer.name if record.reviewer else "") if part]


def review_context(record: Review, actor: Actor) -> dict[str, Any]:
    """What the month is, counts by kind, signals, and the findings by kind and person, each with its entry. One statement."""
    found = list(record.findings.order_by("seq"))
    facts = [
        (_("月份"), f"{record.month:%Y-%m}"),
        (_("范围"), record.scope),
        (_("审查的日志条数"), record.entries),
        (_("有疑点的日志"), len(found)),
        (_("尚无结论"), sum(not finding.verdict for finding in found)),
        (_("审查人"), record.reviewer.name if record.reviewer else ""),
        (_("结论时间"), record.concluded_at),
        (_("列为疑点的界限"), limits_text(record.thresholds)),
    ]
    return {
        "facts": [(label, value) for label, value in facts if value not in ("", None)],
        "counts": counted(record),
        "signals": [(LABELS[one["name"]], one, stands_out(one)) for one in record.signals],
        "groups": groups(found, record, actor.person_id),
        "judging": record.status == Z.REVIEWING,
    }


register_page(RecordPage("quality.Review", "quality/review.html", review_title, review_line, review_context, review_form))
