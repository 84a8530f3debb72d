"""Nonconformities (QM-2, QM-3) and monthly reviews of the journal (QM-7)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from ..declare import Field, Resource, declare, fields
from .service import BRANCH, CLOCKS, HEAD, _states

NONCONFORMITY = "quality.Nonconformity"
REVIEW = "quality.Review"

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
declare(
    Resource(
        "reviews",
        REVIEW,
        gettext_lazy("日志月度审查"),
        shown=(
            *HEAD,
            Field("branch", path="branch.code"),
            Field("scope"),
            Field("month", "day"),
            Field("entries", "whole"),
            Field("counts", "object"),
            Field("reviewer", path="reviewer.username"),
            Field("reviewer_name", path="reviewer.name"),
            Field("concluded_at", "moment"),
            *CLOCKS,
        ),
        more=(Field("thresholds", "object"), Field("signals", "items"), Field("conclusion", "words")),
        filters=(_states(REVIEW), BRANCH),
        sorts={"month": "month", "number": "number"},
    ),
)
