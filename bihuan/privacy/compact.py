"""After deleting: nothing of what was deleted is left in the bytes of the database's files."""

from __future__ import annotations

import time
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from bihuan.kernel.access.refusals import Conflict, NotAllowed

PATIENCE = 600.0  # seconds; somebody on the same server may be exporting or upgrading
# A deleted row's bytes go when no snapshot can see it: not one held in this database or by a copy that streams from it,
# and not our own, which reaches back to the oldest transaction still writing anywhere on the server. Transactions are
# numbered in 32 bits, round and round: those up to half of them behind *mark* came before it.
_MARK = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
_OLDER = """
SELECT count(*) FROM (
    SELECT backend_xmin FROM pg_stat_activity
     WHERE (datname = current_database() OR backend_type = 'walsender') AND pid <> pg_backend_pid()
    UNION ALL SELECT xmin FROM pg_replication_slots
    UNION ALL SELECT pg_snapshot_xmin(pg_current_snapshot())::xid
) AS held (xmin)
WHERE (%(mark)s - xmin::text::bigint + 4294967296) %% 4294967296 BETWEEN 1 AND 2147483647
"""


def require_owner() -> None:
    """PostgreSQL rewrites a table only for the account that owns it, and skips the others with a warning. Raises NotAllowed for another."""
    if connection.vendor == "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'journal_entry'::regclass")
        if not cursor.fetchone()[0]:
            raise NotAllowed(_("整理数据库须用表的所有者账号，请把 DATABASE_URL 换成 DATABASE_OWNER_URL 的值再运行本命令。"))


def compact() -> None:
    """Rewrite the database so that deleted rows leave no bytes behind. Outside a transaction; people wait meanwhile.

    SQLite: merge the search index, VACUUM, empty the write-ahead log. PostgreSQL: VACUUM FULL of our tables (needs the
    account that owns them, DATABASE_OWNER_URL); its write-ahead log is recycled by the server in its own time. Raises
    Conflict when somebody's transaction from before the deletion does not end: what it can still read cannot be removed.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("INSERT INTO lists_words (lists_words) VALUES ('optimize')")
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return
        _wait_for_older(cursor)
        for table in sorted(connection.introspection.table_names()):
            cursor.execute(f"VACUUM FULL {connection.ops.quote_name(table)}")


def _wait_for_older(cursor: Any) -> None:
    """Until nobody reads the database as it was before now, and nobody on the server still writes since then."""
    cursor.execute(_MARK)
    mark, until = cursor.fetchone()[0] % 2**32, time.monotonic() + PATIENCE
    while True:
        cursor.execute(_OLDER, {"mark": mark})
        if not cursor.fetchone()[0]:
            return
        if time.monotonic() > until:
            raise Conflict(
                _("数据库服务器上还有更早的查询或写入没有结束，删掉的内容还留在文件里。等它结束后请运行 bihuan forget-person --again。")
            )
        time.sleep(0.2)
