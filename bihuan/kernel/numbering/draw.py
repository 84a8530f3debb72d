"""Record numbers: form, branch, year in branch time, running number (``BX-HD-2026-000417``)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection


def draw(form: str, branch_code: str, zone: ZoneInfo, at: datetime) -> str:
    """The next number, drawn in the caller's transaction: rolled back with it, so there are no gaps and no doubles (#66).

    Raises RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A number is drawn in the transaction of the record that takes it.")
    year = at.astimezone(zone).year
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO numbering_counter (form, branch, year, last) VALUES (%s, %s, %s, 1) "
            "ON CONFLICT (form, branch, year) DO UPDATE SET last = numbering_counter.last + 1 RETURNING last",
            [form, branch_code, year],
        )
        (running,) = cursor.fetchone()
    return f"{form}-{branch_code}-{year}-{running:06d}"
