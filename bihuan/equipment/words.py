"""What the journal's actions of this context are called."""

from django.utils.translation import gettext_lazy as _

from bihuan.organisation.history import name_acts

name_acts(
    {
        "unit.new": _("登记设备"),
        "unit.change": _("修改设备"),
        "unit.warranty": _("改保修期"),
        "unit.label": _("打印标签"),
        "line.new": _("登记产品线"),
        "line.change": _("修改产品线"),
        "line.term": _("新保修条款"),
        "model.new": _("登记型号"),
        "model.change": _("修改型号"),
        "model.checklist": _("修改检查表"),
        "bulletin.issue": _("发布通报"),
        "bulletin.models": _("适用型号"),
        "bulletin.withdraw": _("撤回通报"),
        "bulletin.read": _("确认已读"),
        "acknowledge": _("确认已读"),
    }
)
