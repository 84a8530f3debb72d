"""Product lines, models, units and technical bulletins (AS-4.1.1, AS-4.5)."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from ..declare import Exactly, Field, Flag, Of, Q, Resource, declare, fields


def _models(bulletin: Any) -> list[str]:
    return [str(model.name) for model in bulletin.models_concerned.all()]


declare(
    Resource(
        "lines",
        "equipment.ProductLine",
        _("产品线"),
        shown=(*fields("code", "name"), Field("major_faults", "words")),
        key="code",
        sorts={"code": "code"},
        order="code",
        search=("code", "name"),
    ),
    Resource(
        "models",
        "equipment.ProductModel",
        _("型号"),
        shown=(Field("id", "whole", "pk"), Field("line", path="line.code"), *fields("name", "description")),
        key="pk",
        filters=(Of("line", "line_id", "equipment.ProductLine", "code"),),
        sorts={"name": "name"},
        search=("name", "description"),
    ),
    Resource(
        "units",
        "equipment.Unit",
        _("设备"),
        shown=(
            *fields("serial"),
            Field("model", path="model.name"),
            Field("line", path="model.line.code"),
            Field("customer", path="customer.number"),
            Field("customer_name", path="customer.name"),
            Field("site", "whole", "site_id"),
            Field("site_name", path="site.name"),
            Field("branch", path="site.branch.code"),
            Field("place"),
            *fields("shipped_on", "commissioned_on", "parts_until", "labour_until", "travel_until", kind="day"),
            Field("oem_brand"),
            Field("is_overseas", "flag"),
        ),
        key="serial",
        filters=(
            Exactly("serial", "serial"),
            Of("branch", "site__branch_id", "organisation.Branch", "code"),
            Of("customer", "customer_id", "customers.Customer", "number"),
            Of("site", "site_id", "customers.Site", "pk"),
            Of("model", "model_id", "equipment.ProductModel", "pk"),
            Flag("overseas", Q(is_overseas=True)),
        ),
        sorts={"serial": "serial", "shipped_on": "shipped_on"},
        search=True,
    ),
    Resource(
        "bulletins",
        "equipment.Bulletin",
        _("技术通报"),
        shown=(*fields("number", "title"), *fields("issued_on", "withdrawn_on", kind="day"), Field("issued_by")),
        more=(Field("body", "words"), Field("models", "items", _models)),
        filters=(Of("model", "models_concerned", "equipment.ProductModel", "pk"), Flag("in_force", Q(withdrawn_on__isnull=True))),
        sorts={"issued_on": "issued_on"},
        search=("number", "title", "body"),
    ),
)
