"""The floor of each operation: the statements it makes, without the application around them.

Run as a program of its own on the seeded database. The statements are recorded while the operation runs once in this process,
then sent again through the database driver, in a transaction that is rolled back; a writing operation's floor adds the
commit of one small row.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from typing import Any

from .operations import OPERATIONS, request

REPEATS = 60
WRITING = ("create", "change")
EXPLAINED = ("list", "rare", "common")
NO_STATEMENT = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")


def main() -> None:
    from bihuan.cli import start_django

    start_django()
    known = json.loads(sys.argv[1])
    known["fresh"] = []
    print(json.dumps({operation.name: _floor(operation.name, known) for operation in OPERATIONS}))


def _floor(name: str, known: dict[str, Any]) -> dict[str, Any]:
    _ask(name, known, 1)  # what is read once per process is read now
    statements = _ask(name, known, 2)
    milliseconds = statistics.median(_replay(statements) for _ in range(REPEATS)) + (_commit() if name in WRITING else 0)
    asked = next((one for one in statements if "service_servicerequest" in one[0] and "ORDER BY" in one[0]), None)
    return {"statements": len(statements), "ms": milliseconds, "plan": _plan(asked) if name in EXPLAINED and asked else ""}


def _ask(name: str, known: dict[str, Any], seed: int) -> list[tuple[str, Any]]:
    """The operation once, in this process; what it said to the database."""
    from django.db import connection
    from django.test import Client

    told: list[tuple[str, Any]] = []

    def listen(execute, sql, params, many, context):
        if not sql.startswith(NO_STATEMENT):
            told.append((sql, params))
        return execute(sql, params, many, context)

    method, path, body, headers = request(name, known, random.Random(f"floor {seed}"))
    client, cookie = Client(headers={"host": "127.0.0.1"}), headers.pop("Cookie", "")
    if cookie:
        client.cookies["sessionid"] = cookie.partition("=")[2]
    kind = headers.pop("Content-Type", "application/json")
    with connection.execute_wrapper(listen):
        answer = client.generic(method, path, body or b"", content_type=kind, headers=headers)
    if answer.status_code not in {200, 201}:
        raise RuntimeError(f"{name}: {answer.status_code} {answer.content[:300]!r}")
    if name == "create":
        known["fresh"].append(answer.json()["number"])
    return told


def _replay(statements: list[tuple[str, Any]]) -> float:
    """Milliseconds for the statements alone."""
    from django.db import connection, transaction

    with transaction.atomic():
        start = time.perf_counter()
        with connection.cursor() as cursor:
            for sql, params in statements:
                _send(cursor, sql, params)
        spent = time.perf_counter() - start
        transaction.set_rollback(True)
    return 1000 * spent


def _send(cursor: Any, sql: str, params: Any) -> None:
    from django.db import DatabaseError, transaction

    try:
        with transaction.atomic() if "INSERT INTO" in sql[:40] else _nothing():
            cursor.execute(sql, params)
            if cursor.description:
                cursor.fetchall()
    except DatabaseError:
        return  # a row that is there already costs the same look into the index


class _nothing:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_more: Any) -> None:
        return None


def _commit() -> float:
    from django.db import connection

    spent = []
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_scratch (n integer)")
        for number in range(30):
            start = time.perf_counter()
            cursor.execute("INSERT INTO bench_scratch VALUES (%s)", [number])
            spent.append(1000 * (time.perf_counter() - start))
        cursor.execute("DROP TABLE bench_scratch")
    return statistics.median(spent)


def _plan(one: tuple[str, Any]) -> str:
    """How the database finds the rows of the list or the search."""
    from django.db import connection

    explain = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
    with connection.cursor() as cursor:
        cursor.execute(explain + one[0], one[1])
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


if __name__ == "__main__":
    main()
