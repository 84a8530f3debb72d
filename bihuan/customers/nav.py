"""The way to customers."""

from django.utils.translation import gettext_lazy as _

from bihuan.kernel.ui.nav import NavItem, register
from bihuan.organisation.roles import ROLES

OUTSIDE = {"field_engineer", "administrator", "document_control", "finance", "parts_keeper", "technical", "quality"}

register(NavItem("customers", _("客户"), "customers", frozenset(ROLES) - OUTSIDE, 60, "building", "c"))
