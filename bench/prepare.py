"""Run as a program of its own on the bench's database: schema, seed, one token and one session to ask with."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def main() -> None:
    from bihuan.cli import start_django

    start_django()
    from django.core.management import call_command
    from django.db import connection

    from bihuan.demo.seed import COMMON, RARE, seed
    from bihuan.kernel.access.tokens import issue
    from bihuan.organisation.models import Person
    from bihuan.service.models import ServiceRequest

    call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    started = time.monotonic()
    with _without_a_log(connection):
        seed(int(sys.argv[1]), 1, io.StringIO())
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")  # as autovacuum would have by the time there are so many
    seconds = time.monotonic() - started
    desk, lead = Person.objects.get(username="pl_desk"), Person.objects.get(username="pl_lead03")
    head = Person.objects.get(username="pl_head")
    branches = {
        code: {"lead": issue(Person.objects.get(username=f"pl_lead{code[1:]}"), "bench"), "engineers": engineers}
        for code, engineers in _engineers().items()
    }
    numbers = list(
        ServiceRequest.objects.filter(branch__code="P03", status="closed").order_by("-id").values_list("number", flat=True)[:500]
    )
    serials = list(ServiceRequest.objects.order_by("-id").values_list("unit__serial", flat=True)[:500])
    version = connection.display_name + " " + ".".join(map(str, connection.get_database_version()))
    known = {
        "rate": int(sys.argv[1]) / seconds, "seconds": seconds, "database": version, "desk": issue(desk, "bench"), "lead": issue(lead, "bench"),
        "cookie": _cookie(lead), "head_cookie": _cookie(head), "branches": branches, "month": _last_month(),
        "numbers": numbers, "serials": serials, "common": COMMON, "rare": RARE,
        "open": ServiceRequest.objects.exclude(status__in=["closed", "cancelled"]).count(),
    }  # fmt: skip
    print(json.dumps(known))


@contextmanager
def _without_a_log(connection: Any) -> Iterator[None]:
    """SQLite would hold the whole seed, one transaction, twice: in its write-ahead log and in the database."""
    if connection.vendor != "sqlite":
        yield
        return
    _pragma(connection, "journal_mode = DELETE")
    yield
    _pragma(connection, "journal_mode = WAL")


def _pragma(connection: Any, setting: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {setting}")
        cursor.fetchall()


def _engineers() -> dict[str, list[int]]:
    """The engineers of each seeded branch, by its code."""
    from bihuan.organisation.models import Person

    found: dict[str, list[int]] = {}
    for key, username in Person.objects.filter(username__startswith="pl_eng").values_list("pk", "username"):
        found.setdefault(f"P{username[6:8]}", []).append(key)
    return found


def _cookie(person: Any) -> str:
    from django.test import Client

    client = Client()
    client.force_login(person)
    return client.cookies["sessionid"].value


def _last_month() -> str:
    from django.utils import timezone

    from bihuan.evidence.period import month_of, shifted

    return f"{shifted(month_of(timezone.now()), -1):%Y-%m}"


if __name__ == "__main__":
    main()
