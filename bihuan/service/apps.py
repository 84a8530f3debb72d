from django.apps import AppConfig


class ServiceConfig(AppConfig):
    name = "bihuan.service"
    label = "service"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import access, forms, lists, nav, notices, panels, thread, unit_history, worklist  # noqa: F401  (they register themselves)
