"""A record that names something of a foreign branch is refused, and no row changes (#3). The relations are read from the forms."""

import datetime as dt
import hashlib

import pytest
from django import forms
from django.apps import apps
from django.utils import timezone

import bihuan.api.resources  # noqa: F401  (they declare themselves)
from bihuan.api.declare import all_resources
from bihuan.api.reference import Reference
from bihuan.kernel.tables.perform import form_class
from bihuan.quality.tests.test_nonconformity import declared
from bihuan.quality.tests.test_review import opened, review_of

from .callers import registration
from .objects import place

VOLATILE = {"access_attempt", "access_token", "django_session"}


def relations():
    """(resource, step, field) of every field of every form that names another record."""
    for resource in all_resources():
        if resource.procedure is None:
            continue
        for step in resource.procedure.steps:
            if step.move.frm and step.follows:
                continue
            if not step.move.frm:
                if resource.opening is None:
                    continue
                made = resource.opening.form(resource.model())
            else:
                made = form_class(resource.model(), step)
            for name, field in made.base_fields.items():
                if isinstance(field, Reference | forms.ModelChoiceField):
                    yield resource.name, step.name, name


RELATIONS = sorted(relations())

FOREIGN = {  # what stands in the field: something real of the north, or of nowhere
    "engineer": lambda company, there: company.other_engineer.pk,
    "branch": lambda company, there: company.hq.pk,  # every branch may be named; headquarters serves no territory
    "unit": lambda company, there: there.keys["units"],
    "customer": lambda company, there: there.keys["customers"],
    "site": lambda company, there: there.keys["sites"],
    "contact_person": lambda company, there: there.keys["contacts"],
    "responsible": lambda company, there: company.other_lead.pk,
    "reviewer": lambda company, there: company.other_lead.pk,
    "follows_up": lambda company, there: there.keys["requests"],
}
ABSENT = {"engineer": 10**9, "responsible": 10**9, "reviewer": 10**9, "branch": 10**9, "site": 10**9, "contact_person": 10**9}

ASKED = {  # the rest of the body, complete, so that only the foreign name can be at fault
    "assign": {},
    "reassign": {"reason": "换人"},
    "forward": {},
    "reroute": {"reason": "区域有误"},
    "amend": {"task": "检查", "carry": [{"kind": "tool", "name": "压力表"}]},
    "hand_over": {"reason": "请假"},
    "escalate": {"findings": [1], "description": "补录"},
    "draft": {"task": "检查", "carry": [{"kind": "tool", "name": "压力表"}]},
}


def rows():
    """A digest of every row of every table: what tells whether anything changed."""
    digest = {}
    for model in apps.get_models():
        if model._meta.db_table not in VOLATILE and model._meta.managed:
            values = sorted(map(repr, model._base_manager.values_list(*[field.attname for field in model._meta.concrete_fields])))
            digest[model._meta.label] = hashlib.sha256("\n".join(values).encode()).hexdigest()
    return digest


def subject(company, resource, step):
    """A record of the east in a state from which the step starts, and who may take it."""
    if step == "register":
        return None, "requests", "export"
    if step == "draft":
        number = company.contacted().number
        return number, f"requests/{number}/orders", "lead"
    if resource == "reviews":
        number = (opened(company) if step == "assign" else review_of(company, company.east)).number
        return number, f"reviews/{number}/steps/{step}", "head"
    makers = {
        "assign": (company.registered, "lead"),
        "reassign": (company.assigned, "lead"),
        # without a place it waits at headquarters to be forwarded
        "forward": (lambda: company.registered(site=None, unit=None, customer=company.unit.customer), "desk"),
        "reroute": (company.assigned, "desk"),
        "amend": (company.drafted, "lead"),
        "hand_over": (lambda: declared(company), "head"),
    }
    make, who = makers[step]
    number = make().number
    return number, f"{resource}/{number}/steps/{step}", who


def test_the_forms_name_the_relations_that_are_tried_here():
    assert {name for _resource, _step, name in RELATIONS} == set(FOREIGN)
    assert {step for _resource, step, _name in RELATIONS} == {*ASKED, "register"}


@pytest.mark.parametrize(("resource", "step", "name"), RELATIONS)
def test_a_foreign_or_unknown_name_is_refused_and_nothing_changes(api, company, resource, step, name):
    there = place(company, company.other_unit, "other_lead", "other_engineer")
    _number, path, who = subject(company, resource, step)
    if step == "register":
        body = registration(company, unit=None)
    else:
        body = dict(ASKED[step])
        body |= {"planned_arrival": (timezone.now() + dt.timedelta(hours=3)).isoformat()} if step in {"amend", "draft"} else {}
    caller, before = api(who), rows()
    told = []

    for foreign in (FOREIGN[name](company, there), ABSENT.get(name, "NIRGENDS-1")):
        answer = caller.post(path, body | {name: foreign})
        assert answer.status_code in {404, 422}, answer.content.decode()
        assert name in [error["field"] for error in answer.json().get("errors", [])], answer.content.decode()
        assert "须为" not in answer.json()["detail"]  # not for its type
        told.append(answer.json()["detail"].replace(str(foreign), ""))

    assert rows() == before
    assert told[0] == told[1]


def test_the_same_body_with_an_own_name_is_accepted(api, company):
    """So that the refusals above are owed to the name alone."""
    lead, desk = api("lead"), api("desk")
    request = company.registered()
    assert lead.post(f"requests/{request.number}/steps/assign", {"engineer": company.engineer.pk}).status_code == 200
    assert desk.post("requests", registration(company)).status_code == 201
    answer = desk.post("requests", registration(company, unit=None, site=company.unit.site.pk))
    assert answer.status_code == 201, answer.content.decode()
    assert desk.post("requests", registration(company, unit=None, customer=company.unit.customer.number)).status_code == 201


def test_names_that_do_not_belong_together_are_refused(api, company):
    desk = api("desk")  # sees both branches' customers
    for other in (
        {"customer": company.other_unit.customer.number},
        {"site": company.other_unit.site.pk},
        {"contact_person": company.other_unit.site.contacts.get().pk},
    ):
        answer = desk.post("requests", registration(company, **other))
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == next(iter(other))
