"""The sentences people get about nonconformities and reviews."""

from django.utils.translation import gettext_lazy

from bihuan.kernel.notify.sentences import register

SENTENCES = {
    "nonconformity_declared": gettext_lazy("不合格报告由您负责，请分析原因、提出措施：%(description)s"),
    "nonconformity_corrected": gettext_lazy("不合格已纠正，请验证：%(result)s"),
    "nonconformity_sent_back": gettext_lazy("不合格的措施未见效，请重做：%(reason)s"),
    "review_opened": gettext_lazy("%(scope)s %(month)s 的日志月度审查已开出，有 %(count)s 个疑点，请指派审查人。"),
    "review_assigned": gettext_lazy("%(scope)s %(month)s 的日志月度审查由您办理。"),
}


def _maker(text):
    return lambda notice: str(text) % notice.facts


for kind, text in SENTENCES.items():
    register(kind, _maker(text))
