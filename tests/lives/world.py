"""The company that the random lives are led in, and the plain way to its API."""

from __future__ import annotations

import base64
import datetime as dt
import json
import uuid
from typing import Any

from django.test import Client

from bihuan.kernel.access.tokens import issue
from bihuan.organisation import roles
from bihuan.organisation.models import Appointment
from bihuan.service.tests.company import PASSWORD, PEOPLE, STROKES, Company, png

from .model import HERE

START = dt.datetime(2026, 10, 12, 9, tzinfo=HERE)  # a Monday with eleven weeks before the next holiday
NEWCOMERS = {
    "chief": ("陈副部长", "ZB", roles.AFTER_SALES_HEAD),
    "north_lead": ("高敏", "HB", roles.BRANCH_LEAD),
    "abroad": ("马克", "JC", roles.FIELD_ENGINEER),
}
SECOND_ROLES = {"chief": (roles.SERVICE_DESK, "ZB"), "other_lead": (roles.FIELD_ENGINEER, "HB")}  # who might approve their own
UNITS = {"22A0457": "HD", "21B0033": "HB", "EX-1": "JC", "NOWHERE": None}
SIGNATURE = {"signer_name": "王工", "image": "data:image/png;base64," + base64.b64encode(png()).decode(), "strokes": STROKES}


class Place:
    """The company, with a token for each person and the ids that bodies name."""

    def __init__(self) -> None:
        company = Company()
        for key, told in NEWCOMERS.items():
            company.people[key] = company._person(key, *told)
        branches = {branch.code: branch for branch in (company.hq, company.east, company.north, company.overseas)}
        for key, (role, code) in SECOND_ROLES.items():
            Appointment.objects.create(
                person=company.people[key], role=role.code, branch=branches[code], starts_at=START - dt.timedelta(days=900)
            )
        company.machine("EX-1", "海外客户", company.beijing, company.overseas)
        company.machine("NOWHERE", "无主之地", company.beijing, None)
        self.branch_ids = {code: branch.pk for code, branch in branches.items()}
        self.branch_codes = {pk: code for code, pk in self.branch_ids.items()}
        self.ids = {key: person.pk for key, person in company.people.items()}
        self.tokens = {key: issue(person, "lives") for key, person in company.people.items()}
        self.client = Client()

    @property
    def people(self) -> dict[str, list[tuple[str, str]]]:
        """Who holds which role where."""
        told = {key: [(role.code, code)] for key, (_name, code, role) in (PEOPLE | NEWCOMERS).items()}
        for key, (role, code) in SECOND_ROLES.items():
            told[key].append((role.code, code))
        return told

    def get(self, who: str, path: str) -> Any:
        return self.client.get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {self.tokens[who]}"})

    def post(self, who: str | None, path: str, body: dict[str, Any], key: str = "") -> Any:
        """One write; *who* None comes without a token, an empty *key* is a fresh one."""
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        if who:
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        return self.client.post(
            f"/api/v1/{path}", json.dumps(body, default=dt.datetime.isoformat), content_type="application/json", headers=headers
        )

    def written(self, body: dict[str, Any]) -> dict[str, Any]:
        """*body* with people and branches as the API names them."""
        named = dict(body)
        if "engineer" in named:
            named["engineer"] = self.ids[named["engineer"]]
        if "branch" in named:
            named["branch"] = self.branch_ids[named["branch"]]
        if named.pop("sure", False):
            named["password"] = PASSWORD
        return named
