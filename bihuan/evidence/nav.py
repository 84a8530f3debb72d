"""The way into the evidence."""

from django.utils.translation import gettext_lazy as _

from bihuan.kernel.ui.nav import NavItem, register

from .access import READER_CODES

register(NavItem("evidence", _("证据"), "evidence", READER_CODES, 85, "shield-check", "e"))
