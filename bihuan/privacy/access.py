"""The one way to a person's request."""

from bihuan.kernel.access.getters import Getter

from .models import PersonRequest

access_person_requests = Getter(PersonRequest, branch="branch_id", related=("branch", "contact", "contact__customer", "call", "decided_by"))
