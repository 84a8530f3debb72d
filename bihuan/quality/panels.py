"""The page of a nonconformity."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.tables.pages import RecordPage, register_page
from bihuan.kernel.ui.parts import number

from .access import access_nonconformities
from .models import Nonconformity
from .prints import nonconformity_form

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
