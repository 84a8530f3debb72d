"""The tabs at the bottom of the phone."""

from django.utils.translation import gettext_lazy as _

from bihuan.kernel.ui.nav import PHONE, NavItem, register

register(
    NavItem("my-day", _("今天"), "my-day", frozenset(), 10, "checklist", place=PHONE),
    NavItem("my-inbox", _("消息"), "inbox", frozenset(), 20, "bell", place=PHONE, counts_unread=True),
    NavItem("my-account", _("我的"), "account", frozenset(), 30, "user", place=PHONE),
)
