from django.apps import AppConfig


class EquipmentConfig(AppConfig):
    name = "bihuan.equipment"
    label = "equipment"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from bihuan.customers.public import register_customer_panel, register_follower
        from bihuan.kernel.tables.clauses import claims

        from . import access, importers, lists, nav, words  # noqa: F401  (they register themselves)
        from .domain.units import index_units_of
        from .panels import units_of

        register_customer_panel(units_of)
        register_follower(index_units_of)
        claims("AS-4.1.1", "units")
        claims("AS-4.4", "unit.overseas")
        claims("AS-4.5", "bulletins")
        claims("AS-5.2.4", "unit.cover")
