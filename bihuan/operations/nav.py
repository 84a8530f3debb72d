"""The way to the page on backups and health."""

from django.utils.translation import gettext_lazy as _

from bihuan.kernel.ui.nav import PERSON, NavItem, register
from bihuan.organisation.roles import ADMINISTRATOR

register(NavItem("operations", _("备份与运行"), "operations", frozenset({ADMINISTRATOR.code}), 60, "shield-check", place=PERSON))
