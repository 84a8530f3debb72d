"""SQLite for Bihuan: the authorizer is SQLite's equivalent of a database role without the right to drop or change the journal.

Triggers refuse UPDATE and DELETE on append-only tables; nothing but an authorizer can refuse DROP and the pragmas that
would switch the triggers off. Only ``bihuan.kernel.journal.protect.as_owner()`` (migrations) lifts it.
"""

import random
import sqlite3
import time

from django.db import OperationalError
from django.db.backends.sqlite3 import base, schema

from bihuan.kernel.journal.guard import owner_mode, protected_tables

_DROPS = {
    sqlite3.SQLITE_DROP_TABLE,
    sqlite3.SQLITE_DROP_TRIGGER,
    sqlite3.SQLITE_DROP_INDEX,
    sqlite3.SQLITE_ALTER_TABLE,
    sqlite3.SQLITE_CREATE_TRIGGER,
}
_SWITCHES = {"writable_schema", "recursive_triggers", "ignore_check_constraints"}


def _authorize(action: int, first: str | None, second: str | None, _database: str | None, _trigger: str | None) -> int:
    if owner_mode.get():
        return sqlite3.SQLITE_OK
    if action in _DROPS and protected_tables & {first, second}:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_PRAGMA and second is not None and (first or "").lower() in _SWITCHES:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


class SchemaEditor(schema.DatabaseSchemaEditor):
    """Migrations rebuild tables; the journal's lose their triggers by that, and get them again when all are applied."""

    def __enter__(self):
        self._token = owner_mode.set(True)
        try:
            return super().__enter__()
        except BaseException:
            owner_mode.reset(self._token)
            raise

    def __exit__(self, kind, problem, trace):
        try:
            super().__exit__(kind, problem, trace)
        finally:
            owner_mode.reset(self._token)


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = SchemaEditor

    def get_new_connection(self, conn_params):
        connection = super().get_new_connection(conn_params)
        connection.set_authorizer(_authorize)
        return connection

    def _start_transaction_under_autocommit(self):
        """Wait for the one writer there may be by asking every millisecond.

        SQLite's own waiting sleeps up to a tenth of a second at a time, in which nobody writes: with eight clients a third of all time.
        """
        patience = self.settings_dict["OPTIONS"].get("timeout", 5)
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            super()._start_transaction_under_autocommit()
        except OperationalError as problem:
            if not _is_busy(problem.__cause__):
                raise
            self._wait_for_the_writer(time.monotonic() + patience)
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {int(1000 * patience)}")

    def _wait_for_the_writer(self, until):
        while True:
            time.sleep(random.uniform(0.0005, 0.0015))  # noqa: S311  (so that two do not ask in step)
            try:
                return self.connection.execute(f"BEGIN {self.transaction_mode}")  # the driver itself: it asks a thousand times a second
            except sqlite3.OperationalError as problem:
                if not _is_busy(problem) or time.monotonic() > until:
                    raise OperationalError(*problem.args) from problem


def _is_busy(problem):
    return getattr(problem, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
