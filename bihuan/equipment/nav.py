"""The ways to machines and bulletins."""

from django.utils.translation import gettext_lazy as _

from bihuan.kernel.ui.nav import NavItem, register
from bihuan.organisation.roles import ROLES

UNITS = frozenset(ROLES) - {"field_engineer", "administrator", "document_control", "finance"}

register(
    NavItem("units", _("设备"), "units", UNITS, 62, "factory", "u"),
    NavItem("bulletins", _("通报"), "bulletins", UNITS - {"sales_gm", "general_manager", "vice_president"}, 64, "certificate", "b"),
    NavItem("models", _("型号"), "models", frozenset({"technical", "administrator", "after_sales_head"}), 66, "settings"),
)
