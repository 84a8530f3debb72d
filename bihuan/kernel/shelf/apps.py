from django.apps import AppConfig


class ShelfConfig(AppConfig):
    name = "bihuan.kernel.shelf"
    label = "shelf"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import access, lists, told  # noqa: F401  (they register themselves)
