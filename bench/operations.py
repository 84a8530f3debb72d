"""What is measured: each operation as an HTTP request, with the figure it is to reach (on PostgreSQL, a million records)."""

from __future__ import annotations

import datetime as dt
import json
import random
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

SQLITE_ALLOWANCE = 1.5  # "everything else within 1.5 × of the PostgreSQL target"


@dataclass(frozen=True)
class Operation:
    """``rate`` and ``p95`` (ms): the target on PostgreSQL, 0 where there is none; ``sqlite_rate`` where SQLite has one of its own."""

    name: str
    title: str
    clients: int
    rate: int
    p95: int
    sqlite_rate: int = 0


OPERATIONS = (
    Operation("list", "branch's open list by deadline, JSON, 60 rows", 4, 150, 45),
    Operation("rare", "search a rare two-character word", 4, 120, 50),
    Operation("common", "search a common one (1 in 20)", 4, 120, 50),
    Operation("record", "one record, JSON", 4, 250, 25),
    Operation("page", "one record, HTML page", 4, 60, 90),
    Operation("html", "the open list as an HTML page", 4, 60, 90),
    Operation("print", "one controlled form as PDF", 1, 0, 300),
    Operation("evidence", "evidence of one time limit, one month, all branches", 1, 0, 150),
    Operation("create", "create a request, API", 8, 250, 50, 120),
    Operation("change", "one state change: assign an engineer, API", 4, 200, 40),
)


def request(name: str, known: dict[str, Any], chance: random.Random) -> tuple[str, str, bytes | None, dict[str, str]]:
    """(method, path, body, headers) of one such request."""
    if name == "change":
        return _assignment(known, chance)
    number = chance.choice(known["numbers"])
    reader = {"Authorization": f"Bearer {known['lead']}"}
    if name == "create":
        body = {
            "unit": chance.choice(known["serials"]), "called_at": dt.datetime.now(dt.UTC).isoformat(), "caller_name": "王工",
            "caller_phone": "138 0000 5678", "fault": f"早上开机就报高压，声音也不对 {chance.randrange(10**6)}",
        }  # fmt: skip
        headers = {"Authorization": f"Bearer {known['desk']}", "Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        return "POST", "/api/v1/requests", json.dumps(body).encode(), headers
    pages = {
        "page": (f"/r/{number}/", "cookie"),
        "html": ("/lists/requests/?sort=next_due_at", "cookie"),
        "print": (f"/r/{number}/print/", "cookie"),
        "evidence": (f"/evidence/BX/first_contact/?from={known['month']}&to={known['month']}", "head_cookie"),
    }
    if name in pages:
        path, cookie = pages[name]
        return "GET", path, None, {"Cookie": f"sessionid={known[cookie]}", "Accept-Encoding": "gzip"}  # as a browser asks
    paths = {
        "list": "/api/v1/requests?open=true&sort=next_due_at&limit=60",
        "rare": f"/api/v1/requests?q={quote(known['rare'])}",
        "common": f"/api/v1/requests?q={quote(known['common'])}",
        "record": f"/api/v1/requests/{number}",
    }
    return "GET", paths[name], None, reader


def _assignment(known: dict[str, Any], chance: random.Random) -> tuple[str, str, bytes | None, dict[str, str]]:
    """The lead of its branch gives a new request (one of ``known["fresh"]``, used up by it) to an engineer."""
    number = known["fresh"].pop()
    branch = known["branches"][number.split("-")[1]]
    headers = {"Authorization": f"Bearer {branch['lead']}", "Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
    return "POST", f"/api/v1/requests/{number}/steps/assign", json.dumps({"engineer": chance.choice(branch["engineers"])}).encode(), headers
