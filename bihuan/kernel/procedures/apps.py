from django.apps import AppConfig


class ProceduresConfig(AppConfig):
    name = "bihuan.kernel.procedures"
    label = "procedures"
