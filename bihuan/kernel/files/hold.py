"""Who names a file and who takes it away never meet half-way: a file without a row may get one at this very moment.

Naming holds the content until its transaction ends; taking away asks for it alone, then looks for rows, then removes. So it
either finds the committed row, or is done before the file is laid there, which then lays it anew. PostgreSQL: an advisory lock per
content, shared among those who name it. SQLite: a transaction is alone from its beginning (IMMEDIATE), there is nothing more to hold.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection, transaction

from . import disk

FILES = 7_241_861  # the first half of the key: ours among the advisory locks of this database


def hold(sha256: str) -> None:
    """Until the end of this transaction nobody takes these bytes away. Call it before looking whether they are there."""
    _ask("pg_advisory_xact_lock_shared", sha256)


def take_away(sha256: str, may_go: Callable[[str], bool], *, wait: bool = False) -> bool:
    """Remove the bytes if *may_go* says so once nobody can be naming them; whether they were removed.

    Without *wait* those that somebody names at the moment stay.
    """
    with transaction.atomic():
        alone = _ask("pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock", sha256)
        if alone is False or not may_go(sha256):
            return False
        disk.remove(sha256)
    return True


def _ask(function: str, sha256: str) -> object:
    """What *function* says of the content's lock. Two contents with one number wait for each other now and then, no more."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [FILES, int.from_bytes(bytes.fromhex(sha256[:8]), signed=True)])
        return cursor.fetchone()[0]
