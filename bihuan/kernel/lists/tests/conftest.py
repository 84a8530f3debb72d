"""People of two branches and headquarters, and a list of them. Models are imported late: Django may not be set up yet."""

import pytest
from django.apps import apps


@pytest.fixture(autouse=True)
def no_navigation():
    """The top bar leads to pages of contexts, which these tests' routes do not have."""
    from bihuan.kernel.ui import nav

    before = dict(nav._items)
    nav._items.clear()
    yield
    nav._items.update(before)


def _branch(code, name, **more):
    return apps.get_model("organisation.Branch").objects.create(code=code, name=name, **more)


@pytest.fixture
def headquarters(db):
    return _branch("ZB", "总部", is_headquarters=True)


@pytest.fixture
def east(db):
    return _branch("HD", "华东分公司")


@pytest.fixture
def south(db):
    return _branch("HN", "华南分公司")


@pytest.fixture
def person():
    """A function that makes a person; ``role`` appoints them at their branch."""
    Person, Appointment = apps.get_model("organisation.Person"), apps.get_model("organisation.Appointment")

    def make(branch, name, *, role="", **fields):
        made = Person.objects.create(username=f"u{Person.objects.count()}", name=name, home_branch=branch, **fields)
        if role:
            Appointment.objects.create(person=made, role=role, branch=branch)
        return made

    return make


def acting(person):
    from bihuan.kernel.access.actors import actor_for

    return actor_for(person)


@pytest.fixture
def desk(headquarters, person):
    """Someone who sees every branch."""
    return acting(person(headquarters, "周接线", role="service_desk"))


@pytest.fixture
def east_lead(east, person):
    return acting(person(east, "李主管", role="branch_lead"))


@pytest.fixture
def south_lead(south, person):
    return acting(person(south, "何主管", role="branch_lead"))


@pytest.fixture
def people_list():
    """A list of people, in the registry while the test runs."""
    from django.db.models import Q

    from bihuan.kernel.lists.declare import Column, List, Tab, register, registry
    from bihuan.kernel.lists.filters import ChoiceFilter, FlagFilter, PeriodFilter, PersonFilter

    Branch = apps.get_model("organisation.Branch")
    made = register(
        List(
            "persons",
            "人员",
            "organisation.Person",
            columns=[
                Column("name", "姓名", kind="link", sort="name"),
                Column("phone", "手机", sort="phone"),
                Column("department", "部门", value="department.name", sort="department__name"),
                Column("branch", "分公司", value="home_branch.name", sort="home_branch__name"),
                Column("last_login", "上次登录", kind="time", sort="last_login"),
                Column("language", "语言", kind="choice"),
                Column("active", "在职", value="is_active", kind="flag"),
                Column("totp_last_step", "次数", kind="number", sort="totp_last_step"),
                Column("email", "邮箱", wide=True),
            ],
            filters=[
                ChoiceFilter("language", "语言", [("zh-hans", "简体中文"), ("en", "English")], multiple=True),
                ChoiceFilter("home_branch", "分公司", lambda actor: [(b.pk, b.name) for b in Branch.objects.all()]),
                PeriodFilter("last_login", "上次登录"),
                PersonFilter("deputies__deputy", "代理人"),
                FlagFilter("gone", "已离职", Q(is_active=False)),
            ],
            tabs=[Tab("all", "全部"), Tab("foreign", "英文", Q(language="en"))],
            order="name",
            row_url=lambda row: f"/people/{row.pk}/",
            select_related=("department", "home_branch"),
            may=lambda actor: "auditor" not in actor.roles,
        )
    )
    yield made
    del registry["persons"]


@pytest.fixture
def select(people_list, desk):
    """What a query string selects from the list: ``select("q=王工")``."""
    from django.http import QueryDict

    from bihuan.kernel.lists.selection import Selection

    return lambda query="", actor=desk: Selection(people_list, actor, QueryDict(query))


@pytest.fixture
def as_client(db):
    """A client signed in as an actor's person; the same one each time."""
    from django.test import Client

    clients = {}

    def sign_in(actor):
        if actor.person_id not in clients:
            clients[actor.person_id] = Client()
            clients[actor.person_id].force_login(actor.person)
        return clients[actor.person_id]

    return sign_in
