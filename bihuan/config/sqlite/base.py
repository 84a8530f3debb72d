"""SQLite for Bihuan: the authorizer is SQLite's equivalent of a database role without the right to drop or change the journal.

Triggers refuse UPDATE and DELETE on append-only tables; nothing but an authorizer can refuse DROP and the pragmas that
would switch the triggers off. Only ``bihuan.kernel.journal.protect.as_owner()`` (migrations) lifts it.
"""

import random
import re
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base, schema

from bihuan.config.sqlite.turns import Turns
from bihuan.kernel.journal.guard import owner_mode, protected_tables

_DROPS = {
    sqlite3.SQLITE_DROP_TABLE,
    sqlite3.SQLITE_DROP_TRIGGER,
    sqlite3.SQLITE_DROP_INDEX,
    sqlite3.SQLITE_ALTER_TABLE,
    sqlite3.SQLITE_CREATE_TRIGGER,
}
_turns: dict[str, Turns] = defaultdict(Turns)  # by the database's file
_WRITES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)
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

    def create_cursor(self, name=None):
        cursor = self.connection.cursor(factory=Cursor)
        cursor.database = self
        return cursor

    def _start_transaction_under_autocommit(self):
        def again():
            return self.connection.execute(f"BEGIN {self.transaction_mode}")  # the driver itself: it asks a thousand times a second

        with self.wrap_database_errors:
            self.in_turn(super()._start_transaction_under_autocommit, again)

    def in_turn(self, write: Callable[[], Any], again: Callable[[], Any]) -> Any:
        """*write* as soon as nobody else does, each in its turn, the first of the line by asking *again* every millisecond.

        SQLite's own waiting sleeps up to a tenth of a second at a time, in which nobody writes: with eight clients a third of all time.
        Raises sqlite3.OperationalError when the time set as timeout is over.
        """
        patience = self.settings_dict["OPTIONS"].get("timeout", 5)
        until = time.monotonic() + patience
        with _turns[self.settings_dict["NAME"]].first(until) as mine:
            if not mine:
                raise sqlite3.OperationalError(f"database is locked: {patience} s were not enough to be the next who writes")
            self.connection.execute("PRAGMA busy_timeout = 0")
            try:
                while True:
                    try:
                        return write()
                    except (OperationalError, sqlite3.OperationalError) as problem:
                        if not _is_busy(problem) or time.monotonic() > until:
                            raise
                    write = again
                    time.sleep(random.uniform(0.0005, 0.0015))  # noqa: S311  (so that two processes do not ask in step)
            finally:
                self.connection.execute(f"PRAGMA busy_timeout = {int(1000 * patience)}")


class Cursor(base.SQLiteCursorWrapper):
    """A statement that writes outside a transaction is one of its own, and waits for its turn like any other."""

    database: DatabaseWrapper

    def execute(self, query, params=None):
        execute = partial(super().execute, query, params)
        if self.connection.in_transaction or not _WRITES.match(query):
            return execute()
        return self.database.in_turn(execute, execute)


def _is_busy(problem):
    """Whether waiting may help: not when this connection itself still reads what another has written over since."""
    code = getattr(problem.__cause__ or problem, "sqlite_errorcode", 0)
    return code & 0xFF == sqlite3.SQLITE_BUSY and code != sqlite3.SQLITE_BUSY_SNAPSHOT
