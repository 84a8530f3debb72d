from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "bihuan.operations"
    label = "operations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import alarms, nav  # noqa: F401  (they register themselves)
