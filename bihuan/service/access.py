"""The one way to each record of the main job (#1, #3, #4)."""

from bihuan.kernel.access.getters import Getter

from .models import DispatchOrder, ServiceRecord, ServiceRequest

access_requests = Getter(
    ServiceRequest, branch="branch_id", related=("customer", "site", "unit__model", "product_model", "engineer", "branch")
)
access_orders = Getter(
    DispatchOrder, branch="branch_id", related=("request__customer", "request__site", "request__unit__model", "engineer", "branch")
)
access_records = Getter(
    ServiceRecord, branch="branch_id", related=("order__request__customer", "order__request__unit__model", "engineer", "branch")
)
