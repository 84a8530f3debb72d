from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register
from django.urls import NoReverseMatch, reverse


class UiConfig(AppConfig):
    name = "bihuan.kernel.ui"
    label = "ui"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register(navigation_leads_somewhere)


def navigation_leads_somewhere(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Every navigation item names a page and a drawing that exist."""
    from .icons import names
    from .nav import registered

    found: list[CheckMessage] = []
    for item in registered():
        try:
            reverse(item.url_name)
        except NoReverseMatch:
            found.append(Error(f"navigation item {item.code!r} leads to {item.url_name!r}, which is no page", id="ui.E001"))
        if item.icon and item.icon not in names():
            found.append(Error(f"navigation item {item.code!r} shows {item.icon!r}, which is no icon", id="ui.E002"))
    return found
