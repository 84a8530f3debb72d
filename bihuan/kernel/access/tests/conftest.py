"""Two branches, headquarters, and three people: an engineer, a branch manager, someone at the service desk."""

import pyotp
import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from bihuan.kernel.access.seeds import seal

PASSWORD = "twelve o'clock at the pump"
NEW_PASSWORD = "half past one at the valve"


def journal(*actions):
    """The journal's entries of these actions, in the order they were written."""
    return list(apps.get_model("journal.Entry").objects.filter(action__in=actions).order_by("id"))


def appoint(person, role, branch):
    return apps.get_model("organisation.Appointment").objects.create(person=person, role=role, branch=branch)


class Branches:
    def __init__(self):
        make = apps.get_model("organisation.Branch").objects.create
        self.hq = make(code="ZB", name="总部", is_headquarters=True)
        self.east = make(code="HD", name="华东分公司")
        self.north = make(code="HB", name="华北分公司")


@pytest.fixture
def branches(db):
    return Branches()


def _person(username, name, role, branch, **fields):
    people = apps.get_model("organisation.Person").objects
    person = people.create_person(username, name, PASSWORD, home_branch=branch, email=f"{username}@example.com", **fields)
    appoint(person, role, branch)
    return person


@pytest.fixture
def engineer(branches):
    return _person("zhang", "张伟", "field_engineer", branches.east)


@pytest.fixture
def manager(branches):
    return _person("sun", "孙经理", "branch_manager", branches.east)


@pytest.fixture
def desk(branches):
    return _person("zhou", "周敏", "service_desk", branches.hq)


class Browser(Client):
    """A browser with the moves of the door."""

    def sign_in(self, person, password=PASSWORD, **more):
        return self.post("/login/", {"username": getattr(person, "username", person), "password": password}, **more)

    def give_code(self, code):
        return self.post("/login/code/", {"code": code})

    def who(self):
        """What the page behind the door says, or nothing when it does not open."""
        answer = self.get("/whoami/")
        return answer.content.decode() if answer.status_code == 200 else ""


@pytest.fixture
def browser():
    return Browser()


@pytest.fixture
def other_browser():
    return Browser()


def code_now(secret, off=0):
    """What an authenticator shows at this moment, or *off* steps away."""
    return pyotp.TOTP(secret).at(int(timezone.now().timestamp()) + 30 * off)


@pytest.fixture
def with_second_factor(settings):
    settings.SECOND_FACTOR = True


@pytest.fixture
def authenticator():
    """A function that gives a person an authenticator; its secret."""

    def give(person):
        secret = pyotp.random_base32()
        person.totp_secret = seal(secret)
        person.save(update_fields=["totp_secret"])
        return secret

    return give
