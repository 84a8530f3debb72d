from django.apps import AppConfig


class TablesConfig(AppConfig):
    name = "bihuan.kernel.tables"
    label = "tables"

    def ready(self) -> None:
        from . import checks  # noqa: F401  (registers itself)
