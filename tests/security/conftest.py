"""The company, as the contexts' own tests know it."""

from bihuan.conftest import committed, committed_company, company  # noqa: F401
