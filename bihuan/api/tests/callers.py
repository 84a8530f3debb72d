"""People who call the API, each with a token of their own."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.test import Client
from django.utils import timezone

from bihuan.kernel.access.tokens import issue
from bihuan.kernel.testing.marked import PHONE

ROOT = "/api/v1"


class Caller:
    """One person's way to the API: ``get("requests", limit=5)``, ``post("requests", {...}, key="…")``."""

    def __init__(self, person: Any = None, **headers: str) -> None:
        self.headers = ({"Authorization": f"Bearer {issue(person, 'test')}"} if person else {}) | headers
        self.client = Client()

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"{ROOT}/{path}", query, headers=self.headers)

    def post(self, path: str, data: Any = None, *, key: str | None = "", **headers: str) -> Any:
        """*key*: empty for a fresh one, None for none. *data* as text is sent as it is."""
        sent = {} if key is None else {"Idempotency-Key": key or str(uuid.uuid4())}
        body = data if isinstance(data, str | bytes) else json.dumps(data or {})
        return self.client.post(f"{ROOT}/{path}", body, content_type="application/json", headers=self.headers | sent | headers)


def registration(company: Any, **fields: Any) -> dict[str, Any]:
    """The body of a registration that is complete."""
    return {
        "unit": company.unit.serial,
        "called_at": timezone.now().isoformat(),
        "fault": "高压报警停机",
        "caller_phone": PHONE,
    } | fields
