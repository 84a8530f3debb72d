"""The sentences people get about the main job."""

from django.utils.translation import gettext_lazy

from bihuan.kernel.notify.sentences import register

SENTENCES = {
    "forwarded": gettext_lazy("新报修转到贵分公司，请指派工程师：%(fault)s"),
    "assigned": gettext_lazy("已指派给您，请在首次联系时限内联系客户：%(fault)s"),
    "cancelled": gettext_lazy("报修已取消：%(reason)s"),
    "visit_again": gettext_lazy("需再次上门：%(reason)s"),
    "signed": gettext_lazy("客户已签字，请审核服务记录 %(record)s"),
    "signature_refused": gettext_lazy("客户拒签，请处理服务记录 %(record)s"),
    "sent_back": gettext_lazy("服务记录 %(record)s 退回更正：%(reason)s"),
    "order_submitted": gettext_lazy("派工单待您审批：%(task)s"),
    "order_approved": gettext_lazy("派工单已批准，请接单：%(task)s"),
    "order_rejected": gettext_lazy("派工单被退回：%(reason)s"),
    "order_released": gettext_lazy("派工单已凭电话放行，须在 24 小时内补批：%(reason)s"),
    "order_declined": gettext_lazy("工程师不能接单：%(reason)s"),
    "order_cancelled": gettext_lazy("派工单已取消：%(reason)s"),
}


def _maker(text):
    return lambda notice: str(text) % notice.facts


for kind, text in SENTENCES.items():
    register(kind, _maker(text))
