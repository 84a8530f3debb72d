"""Customers, their sites and the people who call."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from ..declare import Field, Flag, Of, Q, Resource, declare, fields


def _phones(contact: Any) -> str:
    return "; ".join(phone.written for phone in contact.phones.all())


declare(
    Resource(
        "customers",
        "customers.Customer",
        _("客户"),
        shown=(
            *fields("number", "name", "short_name"),
            *fields("is_key_account", "is_overseas", kind="flag"),
            Field("created_at", "moment"),
        ),
        more=(Field("note", "words"),),
        filters=(Flag("key_account", Q(is_key_account=True)), Flag("overseas", Q(is_overseas=True))),
        sorts={"number": "number", "name": "name"},
        search=True,
    ),
    Resource(
        "sites",
        "customers.Site",
        _("现场"),
        shown=(
            Field("id", "whole", "pk"),
            Field("customer", path="customer.number"),
            Field("customer_name", path="customer.name"),
            *fields("name", "address"),
            Field("region", path="region_id"),
            Field("branch", path="branch.code"),
        ),
        key="pk",
        filters=(Of("branch", "branch_id", "organisation.Branch", "code"), Of("customer", "customer_id", "customers.Customer", "number")),
        sorts={"name": "name"},
        search=("name", "address", "customer__name"),
    ),
    Resource(
        "contacts",
        "customers.Contact",
        _("联系人"),
        shown=(
            Field("id", "whole", "pk"),
            Field("customer", path="customer.number"),
            Field("customer_name", path="customer.name"),
            Field("site", "whole", "site_id"),
            *fields("name", "title"),
            Field("is_active", "flag"),
        ),
        more=(Field("phone", "phone", _phones),),
        key="pk",
        filters=(
            Of("customer", "customer_id", "customers.Customer", "number"),
            Of("site", "site_id", "customers.Site", "pk"),
            Flag("active", Q(is_active=True)),
        ),
        sorts={"name": "name"},
        search=("name", "customer__name"),
    ),
)
