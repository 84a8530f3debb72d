from django.apps import AppConfig


class OrganisationConfig(AppConfig):
    name = "bihuan.organisation"
    label = "organisation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from bihuan.kernel.tables.clauses import claims

        from . import access, lists, nav, reminders  # noqa: F401  (they register themselves)

        claims("AS-4.2", "territories")
