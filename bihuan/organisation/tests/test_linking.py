"""Who someone is in the company's directory: the administrator's to say, with a proof, and never so that nobody gets in any more."""

import pytest
from django.utils import timezone

from bihuan.kernel.access.refusals import Conflict, Invalid, NotAllowed
from bihuan.kernel.access.tokens import holder, issue
from bihuan.kernel.journal.read import differences, history
from bihuan.organisation import roles
from bihuan.organisation.domain import people as verbs
from bihuan.service.tests.company import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture(autouse=True)
def directory(settings):
    settings.LDAP_URL = "ldaps://ldap.example.com"


def link(company, person, name, key="admin"):
    verbs.link(person, name, by=company.by(key), at=timezone.now())
    person.refresh_from_db()


def test_the_administrator_writes_the_name_down_with_a_proof(browse, company):
    admin, address = browse("admin"), f"/people/{company.engineer.username}/directory/"
    assert "企业账号" in admin.get(f"/people/{company.engineer.username}/").content.decode()
    for password, status in [("", 422), ("wrong wrong wrong", 422), (PASSWORD, 302)]:
        answer = admin.post(address, {"directory_name": " Zhang.Wei ", "password": password})
        assert answer.status_code == status
    company.engineer.refresh_from_db()
    assert company.engineer.directory_name == "zhang.wei"
    assert history(company.engineer)[0].action == "person.directory"
    assert list(differences()) == []


@pytest.mark.parametrize("key", ["desk", "head", "lead", "engineer"])
def test_nobody_else_does(browse, company, key):
    assert browse(key).post(f"/people/{company.engineer.username}/directory/", {"directory_name": "x"}).status_code == 403
    with pytest.raises(NotAllowed):
        link(company, company.engineer, "x", key)


def test_sessions_tokens_and_password_end_with_the_link_and_a_password_is_not_given(browse, company):
    theirs, clear = browse("engineer"), issue(company.engineer, "手机")
    assert theirs.get("/deputies/").status_code == 200
    link(company, company.engineer, "zhang.wei")
    assert theirs.get("/deputies/").status_code == 302
    assert holder(clear) is None
    assert not company.engineer.has_usable_password()
    with pytest.raises(Conflict):
        verbs.password_link(company.engineer, by=company.by("admin"), at=timezone.now())
    link(company, company.engineer, "")
    assert verbs.password_link(company.engineer, by=company.by("admin"), at=timezone.now()).startswith("http")


def test_a_new_name_forgets_who_it_was_before(company):
    link(company, company.engineer, "zhang.wei")
    type(company.engineer).objects.filter(pk=company.engineer.pk).update(directory_mark="a" * 64)
    company.engineer.refresh_from_db()
    link(company, company.engineer, "zhang.wei2")
    assert company.engineer.directory_mark == ""


def test_a_name_belongs_to_one_person_however_it_is_written(company):
    link(company, company.engineer, "zhang.wei")
    with pytest.raises(Conflict):
        link(company, company.colleague, "ZHANG.WEI")


@pytest.mark.parametrize("name", ["\u212aim", "ｚｈａｎｇ", "zhang\u200b\x00"])
def test_letters_that_cannot_be_seen_for_what_they_are_are_refused(company, name):
    with pytest.raises(Invalid) as refused:
        link(company, company.engineer, name)
    assert refused.value.field == "directory_name"


def test_one_administrator_with_a_password_is_always_left(company):
    with pytest.raises(Conflict) as refused:
        link(company, company.admin, "guan")
    assert "唯一有密码" in refused.value.sentence
    verbs.appoint(company.head, roles.ADMINISTRATOR.code, company.hq, by=company.by("admin"), at=timezone.now(), starts_at=timezone.now())
    link(company, company.admin, "guan")
    with pytest.raises(Conflict):
        link(company, company.head, "chen")
