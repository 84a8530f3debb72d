from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "bihuan.customers"
    label = "customers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from bihuan.organisation.domain.territories import Tenant, register_tenant

        from . import access, importers, lists, nav, words  # noqa: F401  (they register themselves)
        from .domain import count_sites, move_sites

        register_tenant(Tenant(count_sites, move_sites))
