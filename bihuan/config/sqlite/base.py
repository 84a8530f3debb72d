"""SQLite for Bihuan: the authorizer is SQLite's equivalent of a database role without the right to drop or change the journal.

Triggers refuse UPDATE and DELETE on append-only tables; nothing but an authorizer can refuse DROP and the pragmas that
would switch the triggers off. Only ``bihuan.kernel.journal.protect.as_owner()`` (migrations) lifts it.
"""

import sqlite3

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
