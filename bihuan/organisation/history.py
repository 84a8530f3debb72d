"""What was done with a piece of master data, as a page tells it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from bihuan.kernel.journal import words
from bihuan.kernel.journal.models import Entry as JournalEntry
from bihuan.kernel.journal.read import history
from bihuan.kernel.tables import show
from bihuan.kernel.ui.pieces import Entry

from .roles import ROLES

ACTS: dict[str, Any] = {
    "person.new": _("登记人员"),
    "person.change": _("修改资料"),
    "person.off": _("停用"),
    "person.on": _("恢复"),
    "person.password-link": _("给出设密码链接"),
    "person.sign-out": _("在所有设备上退出"),
    "person.second-factor-off": _("解除两步验证"),
    "appoint": _("任命"),
    "appointment.end": _("结束任职"),
    "deputy.name": _("指定代理人"),
    "deputy.end": _("提前结束代理"),
    "deputy.withdraw": _("撤回代理"),
    "branch.new": _("登记分公司"),
    "branch.change": _("修改资料"),
    "territory.change": _("改服务分公司"),
    "department.new": _("登记部门"),
}


def name_acts(acts: dict[str, Any]) -> None:
    """Give journal actions the words that pages show."""
    ACTS.update(acts)


def past(record: Model, limit: int = 20) -> list[Entry]:
    """The latest entries about *record*, newest first. Two statements."""
    entries = history(record, limit)
    words.show(entries)
    return [_line(entry, record) for entry in entries]


def _line(entry: JournalEntry, record: Model) -> Entry:
    line = show.line(entry, record)
    return replace(line, act=str(ACTS.get(entry.action, line.act)), said=line.said or _said(entry))


def _said(entry: JournalEntry) -> str:
    """What an appointment or a deputyship was about."""
    after = entry.said["after"] or entry.said["before"]
    if entry.action.startswith("appoint") and "role" in after:
        role = ROLES.get(after["role"])
        return f"{role.label if role else after['role']} · {after['branch']}"
    if entry.action == "deputy.name":
        return f"{after['deputy']} {after['starts_at'][:10]} → {after['ends_at'][:10]}"
    return ""
