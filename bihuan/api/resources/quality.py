"""Nonconformities (QM-2, QM-3)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from ..declare import Field, Resource, declare, fields
from .service import BRANCH, CLOCKS, HEAD, _states

NONCONFORMITY = "quality.Nonconformity"

declare(
    Resource(
        "nonconformities",
        NONCONFORMITY,
        gettext_lazy("不合格报告"),
        shown=(
            *HEAD,
            Field("branch", path="branch.code"),
            Field("source", path="source_number"),
            Field("clause"),
            Field("description", "words"),
            Field("responsible", path="responsible.username"),
            Field("responsible_name", path="responsible.name"),
            Field("disposition"),
            *fields("due_at", "verified_at", kind="moment"),
            *CLOCKS,
        ),
        more=fields("containment", "cause", "correction", "result", "finding", kind="words"),
        filters=(_states(NONCONFORMITY), BRANCH),
        sorts={"next_due_at": "next_due_at", "number": "number"},
        search=True,
    ),
)
