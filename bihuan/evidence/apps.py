from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    name = "bihuan.evidence"
    label = "evidence"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from bihuan.kernel.tables.clauses import claims

        from . import nav, thread_views  # noqa: F401  (they register themselves)

        claims("QM-7", "evidence")
