"""The lists of nonconformities and of reviews."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bihuan.kernel.lists.declare import Column, List, Tab, register
from bihuan.kernel.lists.filters import ChoiceFilter, PeriodFilter

from .access import may_read_reviews
from .procedure import N, Z

NONCONFORMITIES = List(
    "nonconformities",
    _("不合格报告"),
    "quality.Nonconformity",
    columns=[
        Column("number", _("编号"), kind="record", sort="number"),
        Column("next_due_at", _("时限"), kind="deadline", sort="next_due_at"),
        Column("source_number", _("来源单据")),
        Column("clause", _("不符合的条款")),
        Column("description", _("不合格事实")),
        Column("responsible", _("责任人"), value="responsible.name"),
        Column("status", _("状态"), kind="choice", sort="status"),
        Column("branch", _("分公司"), value="branch.name"),
        Column("cause", _("原因"), wide=True),
        Column("correction", _("纠正措施"), wide=True),
        Column("verified_at", _("验证时间"), kind="time", wide=True),
    ],
    filters=[ChoiceFilter("status", _("状态"), N.choices), PeriodFilter("created_at", _("录入时间"))],
    tabs=[Tab("open", _("未完"), Q(is_open=True)), Tab("all", _("全部"), counted=False)],
    order="-pk",
    row_url=lambda record: f"/r/{record.number}/",
    empty=_("没有这样的不合格报告。"),
)
REVIEWS = List(
    "reviews",
    _("日志月度审查"),
    "quality.Review",
    columns=[
        Column("number", _("编号"), kind="record", sort="number"),
        Column("month", _("月份"), value=lambda review: f"{review.month:%Y-%m}", sort="month"),
        Column("scope", _("范围")),
        Column("next_due_at", _("时限"), kind="deadline", sort="next_due_at"),
        Column("entries", _("审查的日志条数"), kind="number"),
        Column("oddities", _("疑点"), value=lambda review: sum(review.counts.values()), kind="number"),
        Column("reviewer", _("审查人"), value="reviewer.name"),
        Column("status", _("状态"), kind="choice", sort="status"),
        Column("conclusion", _("审查结论"), wide=True),
        Column("concluded_at", _("结论时间"), kind="time", wide=True),
    ],
    filters=[ChoiceFilter("status", _("状态"), Z.choices), PeriodFilter("created_at", _("录入时间"))],
    tabs=[Tab("open", _("未完"), Q(is_open=True)), Tab("all", _("全部"), counted=False)],
    order="-pk",
    row_url=lambda record: f"/r/{record.number}/",
    may=may_read_reviews,
    empty=_("没有这样的月度审查。"),
)
register(NONCONFORMITIES)
register(REVIEWS)
