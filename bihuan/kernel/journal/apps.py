from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _lay_triggers(using: str, **_more: Any) -> None:
    from .protect import lay_triggers

    lay_triggers(using)


class JournalConfig(AppConfig):
    name = "bihuan.kernel.journal"
    label = "journal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import protect

        protect.append_only("journal_entry", "chain", "seq")
        post_migrate.connect(_lay_triggers, sender=self)  # it is sent for each app, after all tables of all apps are there
