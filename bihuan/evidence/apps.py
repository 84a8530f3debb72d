from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    name = "bihuan.evidence"
    label = "evidence"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from bihuan.kernel.tables.clauses import claims

        from . import nav  # noqa: F401  (registers itself)

        claims("QM-7", "evidence")
