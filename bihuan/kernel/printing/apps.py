from django.apps import AppConfig


class PrintingConfig(AppConfig):
    name = "bihuan.kernel.printing"
    label = "printing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ..journal.protect import append_only

        append_only("printing_printrun", "token")
