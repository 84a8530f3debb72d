"""What is worth a question among the entries that belong to no branch: who may do what, by which rules, what was carried in or out, what was deleted.

Signing in and out, catalogue and customers' data stay out: they are many, and each has its own page.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from bihuan.organisation.history import ACTS

RIGHTS, RULES, TRANSFER, ERASED = "rights", "rules", "transfer", "erased"
WATCHED = {
    "appoint": RIGHTS,
    "appointment.end": RIGHTS,
    "deputy.name": RIGHTS,
    "person.on": RIGHTS,
    "person.off": RIGHTS,
    "person.directory": RIGHTS,
    "person.password-link": RIGHTS,
    "person.second-factor-off": RIGHTS,
    "second-factor.remove": RIGHTS,
    "token.issue": RIGHTS,
    "seed-key.renew": RIGHTS,
    "calendar.publish": RULES,
    "territory.change": RULES,
    "branch.new": RULES,
    "branch.change": RULES,
    "line.term": RULES,
    "model.checklist": RULES,
    "import": TRANSFER,
    "export": TRANSFER,
    "evidence.pack": TRANSFER,
    "person.copy": TRANSFER,
    "forget": ERASED,
}
MORE_WORDS: dict[str, Any] = {
    "person.directory": _("与公司目录关联"),
    "second-factor.remove": _("解除两步验证"),
    "token.issue": _("发出接口令牌"),
    "seed-key.renew": _("更换两步验证密钥"),
    "calendar.publish": _("公布工作日历"),
    "line.term": _("改保修期限"),
    "model.checklist": _("改检查表"),
    "import": _("导入"),
    "export": _("导出"),
    "evidence.pack": _("制作证据包"),
    "person.copy": _("导出个人信息副本"),
    "forget": _("删除个人信息"),
}


def words_for(action: str) -> str:
    """What people call *action*; empty for what is not watched here."""
    return str(MORE_WORDS.get(action) or ACTS[action]) if action in WATCHED else ""
