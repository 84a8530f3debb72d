"""Branches and people: who works where."""

from django.utils.translation import gettext_lazy as _

from ..declare import Field, Flag, Of, Q, Resource, declare, fields

declare(
    Resource(
        "branches",
        "organisation.Branch",
        _("分公司"),
        shown=(
            *fields("code", "name", "city", "address"),
            Field("phone", "phone"),
            *fields("time_zone", "calendar"),
            *fields("is_headquarters", "handles_overseas", "is_active", kind="flag"),
        ),
        key="code",
        filters=(Flag("active", Q(is_active=True)),),
        sorts={"code": "code"},
        order="code",
        search=("code", "name", "city"),
    ),
    Resource(
        "people",
        "organisation.Person",
        _("人员"),
        shown=(
            Field("id", "whole"),
            *fields("username", "name"),
            Field("branch", path="home_branch.code"),
            Field("department", path="department.name"),
            Field("phone", "phone"),
            Field("is_active", "flag"),
        ),
        key="username",
        filters=(Of("branch", "home_branch_id", "organisation.Branch", "code"), Flag("active", Q(is_active=True))),
        sorts={"name": "name"},
        order="username",
        search=("username", "name"),
    ),
)
