"""What stands between a server and its first request: safe settings, a database of this version, no needless rights."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from django.conf import settings
from django.core.checks import CheckMessage, run_checks
from django.core.management import CommandError, call_command
from django.db import DatabaseError, OperationalError, ProgrammingError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _

SAID_BY_US = {"security.W009", "security.W018", "security.W020"}  # Django's words for our E001, E002, E003
UPGRADING = "upgrading"
STARTING = 7_241_860_001  # PostgreSQL's advisory lock: several machines may start at the same moment


def ready(out: TextIO) -> bool:
    """Whether the server may start. Prints each finding with its remedy; errors refuse, warnings do not."""
    if not passes(run_checks(include_deployment_checks=settings.PRODUCTION), out):
        return False
    try:
        if not passes(run_checks(tags=["database"], databases=["default"]), out):
            return False
        if waiting():
            upgrade()
    except DatabaseError as problem:
        print(_unreachable(problem), file=out)
        return False
    if not passes(run_checks(tags=["database"], databases=["default"], include_deployment_checks=settings.PRODUCTION), out):
        return False
    _keep_rules(out)
    return True


def _keep_rules(out: TextIO) -> None:
    """What this version's procedures say is in force from now on; a text that changed under its old revision is named."""
    from bihuan.kernel.tables import revisions

    for row in revisions.keep():
        if revisions.texts_of(row.code, row.number) > 1:
            print(_("! {rule} 的内容变了，版次没有升。请核对 docs/procedures/。").format(rule=row), file=out)


def _unreachable(problem: DatabaseError) -> str:
    return _("连不上数据库：{problem}\n  → 请核对 DATABASE_URL，并确认数据库已启动。").format(problem=str(problem).strip())


def passes(found: list[CheckMessage], out: TextIO) -> bool:
    for message in (message for message in found if message.id not in SAID_BY_US):
        print(f"{'✗' if message.is_serious() else '!'} {message.msg}  [{message.id}]", file=out)
        if message.hint:
            print(f"  → {message.hint}", file=out)
    return not any(message.is_serious() for message in found)


def current(out: TextIO) -> bool:
    """Whether work may begin on the database as it is: neither newer than the program nor waiting for its upgrade (#82). Prints why not."""
    from bihuan.config.checks import database_not_newer

    try:
        if not passes(database_not_newer(None, databases=["default"]), out):
            return False
        if not waiting():
            return True
    except DatabaseError as problem:
        print(_unreachable(problem), file=out)
        return False
    print(_("数据库还没有升级到本程序的版本。\n  → 请先启动 bihuan up，由它升级。"), file=out)
    return False


def waiting() -> int:
    """How many migrations are still to apply. 1 as well when an upgrade was cut off behind its last migration, or when the account may
    not even ask (a restored database, an owner to be named)."""
    try:
        executor = MigrationExecutor(connection)
    except ProgrammingError:
        return 1
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes())) or int(_cut_off())


def upgrade() -> None:
    """Apply the migrations, as the owner of the tables where DATABASE_OWNER_URL names one."""
    owner = os.environ.get("DATABASE_OWNER_URL")
    if not owner:
        migrate()
        return
    connection.close()
    program = f"from bihuan.cli import start_django; start_django(); from bihuan import cli_start; cli_start.migrate({_role()!r})"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_URL")} | {"DATABASE_URL": owner}
    done = subprocess.run([sys.executable, "-c", program], env=environment, stderr=subprocess.PIPE, text=True)  # noqa: S603 -- ourselves
    if done.returncode:
        problem = re.split(r"^(?=[\w.]+Error: )", done.stderr, flags=re.MULTILINE)[-1]  # what stands below the traceback
        raise OperationalError(f"DATABASE_OWNER_URL: {' '.join(problem.split())}")


def _role() -> str:
    return connection.settings_dict.get("USER") or ""


def migrate(role: str = "") -> None:
    """Bring the schema to this version. *role*: the runtime account, whose rights are set anew afterwards.

    Raises CommandError for a database that is newer than the program.
    """
    from bihuan.config.checks import database_not_newer

    with _one_at_a_time():
        for newer in database_not_newer(None, databases=["default"]):
            raise CommandError(f"{newer.msg}{newer.hint}  [{newer.id}]")
        MigrationRecorder(connection).ensure_schema()
        _mark(UPGRADING)
        call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
        if role and connection.vendor == "postgresql":
            from bihuan.kernel.journal.protect import protect_from_role

            protect_from_role(role)
        _mark("")


def _mark(word: str) -> None:
    """Say in the database that an upgrade is under way: its triggers and rights come after the last migration, and must not be left out."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"COMMENT ON TABLE django_migrations IS '{word}'")
        else:
            cursor.execute(f"PRAGMA user_version = {int(bool(word))}")


def _cut_off() -> bool:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT obj_description(to_regclass('django_migrations'), 'pg_class') = %s", [UPGRADING])
        else:
            cursor.execute("PRAGMA user_version")
        return bool(cursor.fetchone()[0])


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [STARTING])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [STARTING])
