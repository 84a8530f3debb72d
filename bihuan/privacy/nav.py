"""The way to receiving a person's request."""

from django.utils.translation import gettext_lazy as _

from bihuan.kernel.ui.nav import NavItem, register
from bihuan.organisation.roles import AFTER_SALES_HEAD, BRANCH_LEAD, QUALITY, SERVICE_DESK

WHO = frozenset(role.code for role in (SERVICE_DESK, BRANCH_LEAD, QUALITY, AFTER_SALES_HEAD))

register(NavItem("person-requests", _("个人信息请求"), "person-requests", WHO, 80, "user", ""))
