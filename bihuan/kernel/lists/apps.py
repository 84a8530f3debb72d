from django.apps import AppConfig


class ListsConfig(AppConfig):
    name = "bihuan.kernel.lists"
    label = "lists"
    default_auto_field = "django.db.models.BigAutoField"
