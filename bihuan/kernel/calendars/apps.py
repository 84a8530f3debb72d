from django.apps import AppConfig


class CalendarsConfig(AppConfig):
    name = "bihuan.kernel.calendars"
    label = "calendars"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import access  # noqa: F401  (it registers the getter)
