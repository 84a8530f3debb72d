"""Every operation × every role × {own branch, foreign branch, absent}: the answer is the written one (#1, #11)."""

import pytest
from django.db import transaction
from django.urls import resolve

from bihuan.api.urls import api as ninja
from bihuan.kernel.testing.api_verdicts import OPEN, verdicts
from bihuan.organisation.roles import ROLES

from .callers import ROOT, Caller
from .objects import east, everyone, north

ABSENT = {"sites": 987654321, "contacts": 987654321, "models": 987654321, "files": "x" * 32, "uploads": "x" * 32}


def views():
    for bound in ninja._get_bound_routers():
        yield from bound.path_operations.values()


# what the router really offers, as the verdicts name it
OPERATIONS = sorted(f"{method} {operation.path}" for view in views() for operation in view.operations for method in operation.methods)


def test_every_operation_has_a_verdict_and_every_verdict_an_operation():
    assert set(OPERATIONS) == set(verdicts())


def test_every_other_route_of_the_api_is_an_open_one():
    from bihuan.api.urls import urlpatterns

    operations = {operation.url_name for view in views() for operation in view.operations}
    assert {pattern.name for pattern in urlpatterns} - operations == {"api-root", "openapi-json", "docs", "nowhere"}
    assert {resolve(ROOT + path).url_name for path in OPEN} == {"api-root", "openapi-json", "docs"}


@pytest.fixture
def world(company):
    """The company with its two places, and a caller for every role; what a call changes is taken back after it."""
    callers = {name: Caller(person) for name, person in everyone(company).items()} | {"nobody": Caller()}
    return company, {"own": east(company), "foreign": north(company)}, callers


def of(resource):
    return [name for name in OPERATIONS if name.split("/")[1] == resource]


RESOURCES = sorted({name.split("/")[1] for name in OPERATIONS})


def absent(resource):
    return ABSENT.get(resource, "BX-XX-2026-999999")


def call(caller, operation, key):
    method, path = operation.split()
    path = path.removeprefix("/").replace("{key}", str(key)).replace("{handle}", str(key))
    if method in {"HEAD", "PATCH", "DELETE"}:
        with transaction.atomic():
            answer = caller.client.generic(method, f"{ROOT}/{path}", headers=caller.headers)
            transaction.set_rollback(True)
        return answer
    if method == "GET":
        answer = caller.get(path)
        if answer.streaming:
            b"".join(answer.streaming_content)
        return answer
    with transaction.atomic():
        answer = caller.post(path)
        transaction.set_rollback(True)
    return answer


def expected(operation, who, name, company, place):
    """401, 403, 404 or 200 ("not refused") by the written rule alone. *place*: own, foreign, absent; the own branch is the east."""
    if name == "nobody":
        return 401
    tie = {"own": "engineer", "foreign": "other_engineer"}.get(place)
    if who == {"own"}:
        return 200 if name == tie else 404
    person = company.people.get(name)
    home = {"own": company.east, "foreign": company.north}.get(place)
    role = next((code for code in ROLE_OF.get(name, (name,))), name)
    at_headquarters = person.home_branch.is_headquarters if person else name not in {"branch_manager", "roleless"}
    keyed = "{" in operation
    sees = name != "roleless" and (at_headquarters or who == {"everyone"} or home == (person.home_branch if person else company.east))
    if keyed and (place == "absent" or not sees):
        return 404
    if operation.startswith("GET"):
        return 403 if keyed and who & set(ROLES) and role not in who else 200
    return 200 if role in who or ("@assignee" in who and name == tie) else 403


ROLE_OF = {
    "desk": ["service_desk"],
    "head": ["after_sales_head"],
    "auditor": ["auditor"],
    "sales_gm": ["sales_gm"],
    "admin": ["administrator"],
    "lead": ["branch_lead"],
    "engineer": ["field_engineer"],
    "colleague": ["field_engineer"],
    "other_lead": ["branch_lead"],
    "other_engineer": ["field_engineer"],
    "export": ["export_desk"],
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_answer_is_the_written_one_for_every_role_and_place(world, operation):
    company, places, callers = world
    who, resource = verdicts()[operation], operation.split("/")[1]
    wrong = []
    for name, caller in callers.items():
        for place in ("own", "foreign", "absent") if "{" in operation else ("own",):
            key = places[place].keys[resource] if place in places and "{" in operation else absent(resource)
            status = call(caller, operation, key).status_code
            refused = status if status in {401, 403, 404} else 200
            if status >= 500 or refused != expected(operation, who, name, company, place):
                wrong.append((name, place, status, expected(operation, who, name, company, place)))
    assert wrong == []


@pytest.mark.parametrize("resource", RESOURCES)
def test_foreign_and_absent_are_told_in_the_same_words(world, resource):
    _company, places, callers = world
    for operation in of(resource):
        if "{" not in operation or verdicts()[operation] == {"everyone"} or operation.startswith("HEAD"):
            continue
        foreign = call(callers["lead"], operation, places["foreign"].keys[resource]).json()
        missing = call(callers["lead"], operation, absent(resource)).json()
        assert foreign.pop("instance") != missing.pop("instance")
        assert foreign == missing


def test_a_list_names_nothing_of_a_foreign_branch(world):
    _company, places, callers = world
    marks = [str(places["foreign"].keys[name]) for name in ("customers", "requests", "orders", "records")] + ["京北制药", "other_engineer"]
    for operation in OPERATIONS:
        if operation.startswith("GET") and "{" not in operation:
            text = call(callers["lead"], operation, "").content.decode()
            assert [mark for mark in marks if mark in text] == [], operation
