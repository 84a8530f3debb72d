"""The ways into the organisation."""

from django.utils.translation import gettext_lazy as _

from bihuan.kernel.shelf.access import register_keepers
from bihuan.kernel.ui.nav import PERSON, NavItem, register

from .roles import ADMINISTRATOR, AFTER_SALES_HEAD, BRANCH_LEAD, EXPORT_DESK

register(
    NavItem("organisation", _("组织"), "organisation", frozenset({ADMINISTRATOR.code}), 80, "users", "z"),
    NavItem("deputies", _("我的代理人"), "deputies", frozenset(), 50, "users", place=PERSON),
    NavItem("shelf", _("来件"), "shelf", frozenset({BRANCH_LEAD.code, EXPORT_DESK.code, AFTER_SALES_HEAD.code}), 45, "download"),
    NavItem("my-shelf", _("待处理来件"), "shelf", frozenset(), 60, "download", place=PERSON),
)
register_keepers(first=(BRANCH_LEAD, EXPORT_DESK), late=(AFTER_SALES_HEAD,))
