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
from django.core.management import call_command
from django.db import DatabaseError, OperationalError, ProgrammingError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

SAID_BY_US = {"security.W009", "security.W018", "security.W020"}  # Django's words for our E001, E002, E003
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
        print(_("连不上数据库：{problem}\n  → 请核对 DATABASE_URL，并确认数据库已启动。").format(problem=str(problem).strip()), file=out)
        return False
    return passes(run_checks(tags=["database"], databases=["default"], include_deployment_checks=settings.PRODUCTION), out)


def passes(found: list[CheckMessage], out: TextIO) -> bool:
    for message in (message for message in found if message.id not in SAID_BY_US):
        print(f"{'✗' if message.is_serious() else '!'} {message.msg}  [{message.id}]", file=out)
        if message.hint:
            print(f"  → {message.hint}", file=out)
    return not any(message.is_serious() for message in found)


def waiting() -> int:
    """How many migrations are still to apply; 1 when the account may not even ask (a restored database, an owner to be named)."""
    try:
        executor = MigrationExecutor(connection)
    except ProgrammingError:
        return 1
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


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
    """Bring the schema to this version. *role*: the runtime account, whose rights are set anew afterwards."""
    with _one_at_a_time():
        call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
        if role and connection.vendor == "postgresql":
            from bihuan.kernel.journal.protect import protect_from_role

            protect_from_role(role)


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
