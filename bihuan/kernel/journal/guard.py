"""What the SQLite backend must keep the running application from: see bihuan/config/sqlite/base.py. No imports, so any layer may ask."""

import contextvars

owner_mode: contextvars.ContextVar[bool] = contextvars.ContextVar("owner_mode", default=False)
protected_tables: set[str] = set()
