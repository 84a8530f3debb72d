"""Kept releases, laid out as the installations they were: a home, a database, and (PostgreSQL) an owner beside the serving account."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection
from psycopg import sql

from bihuan.config.tests.program import environment
from bihuan.operations import postgres, state

KEPT = Path(__file__).parent / "kept"
RELEASES = sorted(path.name.removesuffix(".sqlite.tar.xz") for path in KEPT.glob("*.sqlite.tar.xz"))
CUT = """
import os, signal
from django.db import connection
from bihuan import cli_start
done = 0
def count(execute, *statement):
    global done
    done += 1
    if done == {at}:
        os.kill(os.getpid(), signal.SIGKILL)
    return execute(*statement)
with connection.execute_wrapper(count):
    cli_start.migrate({role!r})
print(done)
"""

Rows = dict[str, tuple[list[str], list[tuple[Any, ...]]]]


class Release:
    """An installation as a release left it. ``url`` is the serving account's, ``owner`` the owner's; both empty on SQLite."""

    def __init__(self, home: Path, url: str, owner: str) -> None:
        self.home, self.url, self.owner = home, url, owner
        self.settings = {"BIHUAN_MODE": "test", "DATABASE_URL": url, "DATABASE_OWNER_URL": owner}

    def run(self, program: str, *arguments: str) -> str:
        """What a few lines print that run with today's program as the serving account."""
        done = self._started(program, self.settings, *arguments)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def cut(self, at: int) -> int:
        """Upgrade and be killed at the statement number *at*; 0: never. How many statements there were, if it lived."""
        role = psycopg.conninfo.conninfo_to_dict(self.url)["user"] if self.url else ""
        done = self._started(CUT.format(at=at, role=role), self.settings | {"DATABASE_URL": self.owner})
        assert done.returncode == (-signal.SIGKILL if at else 0), done.stderr
        return int(done.stdout or 0)

    def _started(self, program: str, settings: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
        lines = f"from bihuan.cli import start_django; start_django()\n{program}"
        command = [sys.executable, "-c", lines, *arguments]
        return subprocess.run(command, env=environment(self.home, **settings), capture_output=True, text=True)

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        """On the bare database, past the program."""
        if self.owner:
            with psycopg.connect(self.owner, autocommit=True) as database:
                yield database.cursor()
        else:
            import sqlite3

            with closing(sqlite3.connect(self.home / "bihuan.sqlite3")) as database:
                yield database.cursor()

    def rows(self) -> Rows:
        """Table → its columns and all its rows."""
        found: Rows = {}
        with self.cursor() as cursor:
            for table in state.tables(cursor, connection.vendor):
                cursor.execute(f'SELECT * FROM "{table}"')
                found[table] = [column[0] for column in cursor.description], cursor.fetchall()
        return found


@contextmanager
def laid(name: str, home: Path) -> Iterator[Release]:
    """The release on the engine that the suite runs on. Its database and accounts are gone afterwards."""
    home.mkdir()
    with tarfile.open(KEPT / f"{name}.{connection.vendor}.tar.xz") as packed:
        packed.extractall(home, filter="data")
    for path in home.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    if connection.vendor == "sqlite":
        (home / "database.sqlite3").rename(home / "bihuan.sqlite3")
        yield Release(home, "", "")
    else:
        with _accounts() as (url, owner):
            with psycopg.connect(owner, autocommit=True) as database:
                database.execute((home / "database.sql").read_text(encoding="utf-8"))
            yield Release(home, url, owner)


@contextmanager
def _accounts() -> Iterator[tuple[str, str]]:
    """The addresses of a serving account and an owner of a new database."""
    there, mark = connection.settings_dict | {"NAME": "postgres"}, f"{os.getpid()}_{secrets.token_hex(3)}"
    names = [f"bihuan_{role}_{mark}" for role in ("runtime", "owner")]
    with postgres.connected(there) as admin:
        for name in names:
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'between-tests'").format(sql.Identifier(name)))
    try:
        with postgres.passing_database(there, f"bihuan_up_{mark}") as made:
            with postgres.connected(there) as admin:
                admin.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(made["NAME"]), sql.Identifier(names[1])))
            addresses = [postgres.url_of(made | {"USER": name, "PASSWORD": "between-tests", "OPTIONS": {}}) for name in names]
            yield addresses[0], addresses[1]
    finally:
        with postgres.connected(there) as admin:
            for name in names:
                admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def told(text: str) -> Any:
    """The last line of what a program printed, as data."""
    return json.loads(text.splitlines()[-1])
