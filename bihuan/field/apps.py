from django.apps import AppConfig


class FieldConfig(AppConfig):
    name = "bihuan.field"
    label = "field"

    def ready(self) -> None:
        from . import nav  # noqa: F401  (registers itself)
