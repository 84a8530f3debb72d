from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "bihuan.quality"
    label = "quality"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import access, forms, lists, notices, panels, thread, views, worklist  # noqa: F401  (they register themselves)
