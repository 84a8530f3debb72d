from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    name = "bihuan.kernel.access"
    label = "access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ..ui import nav
        from .sessions import begun

        user_logged_in.connect(begun, dispatch_uid="bihuan.access.begun")
        nav.register(nav.NavItem("account", _("我的账号"), "account", order=10, icon="user", place=nav.PERSON))
