"""Persons' requests about their data (PI-1 – PI-5): where each stands, and no word about whom."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from ..declare import Field, Resource, declare, fields
from .service import BRANCH, CLOCKS, HEAD, _states

PERSON_REQUEST = "privacy.PersonRequest"

declare(
    Resource(
        "person-requests",
        PERSON_REQUEST,
        gettext_lazy("个人信息请求单"),
        shown=(
            *HEAD,
            Field("branch", path="branch.code"),
            *fields("wish", "identity", "basis", "answered_how"),
            *fields("decided_at", "copied_at", "answered_at", kind="moment"),
            *CLOCKS,
        ),
        filters=(_states(PERSON_REQUEST), BRANCH),
        sorts={"next_due_at": "next_due_at", "number": "number"},
        search=True,
    ),
)
