"""The ways into the main job."""

from django.utils.translation import gettext_lazy as _

from bihuan.kernel.ui.nav import NavItem, register
from bihuan.organisation.roles import ROLES

OFFICE = frozenset(ROLES) - {"field_engineer"}
MANAGERS = frozenset(ROLES) - {"field_engineer", "hq_engineer", "parts_keeper", "document_control", "finance", "technical"}

register(
    NavItem("home", _("待办"), "home", OFFICE, 10, "checklist", "h"),
    NavItem("call", _("来电登记"), "call", frozenset({"service_desk", "export_desk"}), 20, "phone-call", "n"),
    NavItem("approvals", _("审批"), "approvals", frozenset({"after_sales_head"}), 30, "gavel", "a"),
    NavItem(
        "board",
        _("日程"),
        "board",
        frozenset({"branch_lead", "branch_manager", "after_sales_head", "service_desk", "export_desk"}),
        40,
        "calendar",
        "d",
    ),
    NavItem("overview", _("总览"), "overview", MANAGERS, 50, "chart-bar", "o"),
    NavItem("procedures", _("程序"), "procedures", frozenset(), 90, "book", "p"),
)
