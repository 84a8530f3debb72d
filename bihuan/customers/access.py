"""The one way to customers, sites and contacts: a branch sees those with a site in its territory.

A contact at one site is seen by that site's branch; one of the whole customer by every branch that serves it.
"""

from django.db.models import Q

from bihuan.kernel.access.getters import Getter

from .models import Contact, Customer, Site

access_customers = Getter(Customer, branch="sites__branch_id", key="number")
access_sites = Getter(Site, branch="branch_id", key="pk", related=("customer", "branch", "region"))
access_contacts = Getter(
    Contact,
    branch=("site__branch_id", "customer__sites__branch_id"),
    only={"customer__sites__branch_id": Q(site=None)},
    key="pk",
    related=("customer", "site"),
)
