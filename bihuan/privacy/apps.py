from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "bihuan.privacy"
    label = "privacy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import access, forms, lists, nav, notices, panels, worklist  # noqa: F401  (they register themselves)
