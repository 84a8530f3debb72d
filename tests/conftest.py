"""The same company for tests across contexts."""

from bihuan.conftest import committed, committed_company, company  # noqa: F401  (fixtures)
