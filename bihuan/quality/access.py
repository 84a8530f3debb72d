"""The one way to a nonconformity."""

from bihuan.kernel.access.getters import Getter

from .models import Nonconformity

access_nonconformities = Getter(Nonconformity, branch="branch_id", related=("branch", "responsible"))
