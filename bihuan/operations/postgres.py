"""PostgreSQL's own tools: found, or named in the sentence that asks for them. Passwords go through the environment, never through arguments."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from bihuan.config import env
from bihuan.kernel.access.refusals import Conflict, Invalid

PACKAGE = "postgresql-client"


def settings_of(url: str) -> dict[str, Any]:
    """The parts of ``postgres://…``."""
    return env.database(url, Path())


def owner_settings() -> dict[str, Any]:
    """Of the account that owns the tables (DATABASE_OWNER_URL), else of the one that serves."""
    owner = env.text("DATABASE_OWNER_URL")
    return settings_of(owner) if owner else connection.settings_dict


def dump(settings: dict[str, Any], path: Path, snapshot: str) -> None:
    """Write the database as seen by the exported *snapshot*, compressed, in pg_dump's custom format."""
    _run("pg_dump", settings, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={path}")


def load(settings: dict[str, Any], path: Path) -> None:
    """Restore a dump into the empty database of *settings*: whole, or not at all."""
    _run("pg_restore", settings, "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", str(path))


def is_empty(settings: dict[str, Any]) -> bool:
    """Whether no table stands in it. Raises Invalid when it cannot be reached."""
    with connected(settings) as database:
        return database.execute("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()").fetchone()[0] == 0


@contextmanager
def passing_database(settings: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """A new, empty database beside the one of *settings*, gone afterwards. Raises Conflict when the account may not make one."""
    import psycopg
    from psycopg import sql

    quoted = sql.Identifier(name)
    with connected(settings) as server:
        try:
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(quoted))
        except psycopg.errors.InsufficientPrivilege:
            raise Conflict(
                _("演练要新建一个临时数据库，但账号没有这个权利。请执行：ALTER ROLE {user} CREATEDB。").format(user=settings["USER"])
            )
    try:
        yield settings | {"NAME": name}
    finally:
        with connected(settings) as server:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(quoted))


@contextmanager
def connected(settings: dict[str, Any]) -> Iterator[Any]:
    import psycopg

    try:
        database = psycopg.connect(_address(settings), password=settings["PASSWORD"] or None, autocommit=True)
    except psycopg.OperationalError as problem:
        raise Invalid(_("连不上数据库：{problem}。请核对地址，并确认数据库已启动。").format(problem=str(problem).strip()))
    with database:
        yield database


def url_of(settings: dict[str, Any]) -> str:
    """``postgres://…`` of *settings*, for a process of our own."""
    from urllib.parse import quote, urlencode

    account = quote(settings["USER"], safe="") + (f":{quote(settings['PASSWORD'], safe='')}" if settings["PASSWORD"] else "")
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    query = urlencode({name: value for name, value in settings.get("OPTIONS", {}).items() if isinstance(value, str)})
    return f"postgres://{account}@{settings['HOST']}{port}/{settings['NAME']}" + (f"?{query}" if query else "")


def _address(settings: dict[str, Any]) -> str:
    from psycopg.conninfo import make_conninfo

    parts = {"dbname": settings["NAME"], "user": settings["USER"], "host": settings["HOST"], "port": settings["PORT"]}
    more = {name: value for name, value in settings.get("OPTIONS", {}).items() if isinstance(value, str)}
    return make_conninfo("", **{name: value for name, value in parts.items() if value}, **more)


def _tool(name: str) -> str:
    """Where the tool lies: on the path, or where Debian keeps those of each version."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4].split(".")[0]))
    if found := shutil.which(name) or next((str(path) for path in reversed(versions)), None):
        return found
    raise Invalid(_("找不到 {name}。请安装 {package}（版本不低于数据库服务器的版本）。").format(name=name, package=PACKAGE))


def _run(name: str, settings: dict[str, Any], *arguments: str) -> None:
    command = [_tool(name), f"--dbname={_address(settings)}", *arguments]
    secret = {"PGPASSWORD": settings["PASSWORD"]} if settings["PASSWORD"] else {}
    done = subprocess.run(command, env=os.environ | secret, capture_output=True, text=True)  # noqa: S603 -- a tool found on the path
    if done.returncode:
        raise Conflict(_("{name} 失败：{problem}").format(name=name, problem=" ".join(done.stderr.split())[:500]))
