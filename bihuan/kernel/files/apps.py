from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "bihuan.kernel.files"
    label = "files"
    default_auto_field = "django.db.models.BigAutoField"
