"""The ways into the organisation."""

from django.utils.translation import gettext_lazy as _

from bihuan.kernel.ui.nav import PERSON, NavItem, register

from .roles import ADMINISTRATOR

register(
    NavItem("organisation", _("组织"), "organisation", frozenset({ADMINISTRATOR.code}), 80, "users", "z"),
    NavItem("deputies", _("我的代理人"), "deputies", frozenset(), 50, "users", place=PERSON),
)
