"""Record numbers: form, branch, year in branch time, running number (``BX-HD-2026-000417``)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Model

_NEXT_ID = {
    "postgresql": "nextval(pg_get_serial_sequence(%s, 'id'))",
    "sqlite": "(SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = %s)",  # whoever counts holds the only write lock
}


def draw(form: str, branch_code: str, zone: ZoneInfo, at: datetime) -> str:
    """The next number, drawn in the caller's transaction: rolled back with it, so there are no gaps and no doubles (#66).

    Raises RuntimeError outside a transaction.
    """
    [running] = _count(form, branch_code, at.astimezone(zone).year, "", [])
    return _number(form, branch_code, at.astimezone(zone).year, running)


def draw_with_id(form: str, branch_code: str, zone: ZoneInfo, at: datetime, model: type[Model]) -> tuple[str, int]:
    """The same, and the id that the next row of *model* is to have, which the caller gives it. One statement."""
    year = at.astimezone(zone).year
    running, pk = _count(form, branch_code, year, f", {_NEXT_ID[connection.vendor]}", [model._meta.db_table])
    return _number(form, branch_code, year, running), pk


def _number(form: str, branch_code: str, year: int, running: int) -> str:
    return f"{form}-{branch_code}-{year}-{running:06d}"


def _count(form: str, branch_code: str, year: int, more: str, values: list[str]) -> tuple[int, ...]:
    if not connection.in_atomic_block:
        raise RuntimeError("A number is drawn in the transaction of the record that takes it.")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO numbering_counter (form, branch, year, last) VALUES (%s, %s, %s, 1) "  # noqa: S608 -- our own SQL
            f"ON CONFLICT (form, branch, year) DO UPDATE SET last = numbering_counter.last + 1 RETURNING last{more}",
            [form, branch_code, year, *values],
        )
        return cursor.fetchone()
