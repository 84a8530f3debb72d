"""PostgreSQL: the database belongs to one account, another one serves, and the second cannot rewrite the journal (#49)."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from .program import SAFE, Server

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no roles; its authorizer guards the journal")


@dataclass(frozen=True)
class Accounts:
    owner: str
    runtime: str


@pytest.fixture
def accounts() -> Iterator[Accounts]:
    """A new database with an owner and a serving account, as their addresses."""
    there = connection.settings_dict
    server = {"host": there["HOST"], "port": there["PORT"] or 5432, "user": there["USER"], "password": there["PASSWORD"] or None}
    names = [f"bihuan_{role}_{os.getpid()}" for role in ("owner", "runtime")]
    database = f"bihuan_two_{os.getpid()}"
    with psycopg.connect(dbname="postgres", autocommit=True, **server) as admin:
        for name in names:
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'between-tests'").format(sql.Identifier(name)))
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), sql.Identifier(names[0])))
        try:
            yield Accounts(*(f"postgres://{name}:between-tests@{server['host']}:{server['port']}/{database}" for name in names))
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))
            for name in names:
                admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


FORBIDDEN = [
    "UPDATE journal_entry SET actor_name = 'nobody'",
    "DELETE FROM journal_entry",
    "TRUNCATE journal_entry",
    "ALTER TABLE journal_entry DISABLE TRIGGER ALL",
    "DROP TABLE journal_entry",
    "CREATE TRIGGER quiet BEFORE INSERT ON journal_entry FOR EACH ROW EXECUTE FUNCTION bihuan_append_only()",
]


def test_up_upgrades_as_the_owner_and_the_serving_account_cannot_rewrite_the_journal(tmp_path, accounts):
    with Server("up", home=tmp_path, **SAFE, DATABASE_URL=accounts.runtime, DATABASE_OWNER_URL=accounts.owner) as server:
        assert server.first_answer()[0] == 301
        said = server.stop()
    assert "bihuan.W003" not in said
    with psycopg.connect(accounts.runtime, autocommit=True) as runtime:
        assert runtime.execute("SELECT count(*) FROM journal_entry").fetchone() is not None
        for statement in FORBIDDEN:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                runtime.execute(statement)


def test_without_an_owner_the_serving_account_is_warned_that_it_owns_the_journal(tmp_path, accounts):
    with Server("up", home=tmp_path, **SAFE, DATABASE_URL=accounts.owner) as server:
        assert server.first_answer()[0] == 301
        said = server.stop()
    assert "bihuan.W003" in said
    assert "DATABASE_OWNER_URL" in said
