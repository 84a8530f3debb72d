"""Signing in with the password of the company's LDAP directory: a real server, and what must not open."""

import pytest

from bihuan.kernel.access import directory, ldap
from bihuan.kernel.access.actors import actor_for
from bihuan.kernel.access.proof import prove
from bihuan.kernel.access.refusals import Invalid
from bihuan.organisation.domain.people import link as tie

from . import slapd, test_timing
from .conftest import PASSWORD, Browser, appoint, code_now, journal
from .slapd import BASE, READER, READER_PASSWORD
from .slapd import PASSWORD as THEIRS
from .test_timing import QuickArgon2, looks_the_same

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("bihuan.kernel.access.tests.urls"),
    pytest.mark.both,
    pytest.mark.skipif(not slapd.found(), reason="LDAP tests skipped: no slapd found (apt-get install slapd)"),
]
WRONG = "账号或密码不对"


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with slapd.running(tmp_path_factory.mktemp("slapd")) as here:
        yield here


@pytest.fixture
def company(server, settings):
    settings.LDAP_URL, settings.LDAP_CA, settings.LDAP_BASE = server.plain, server.authority, f"ou=people,{BASE}"
    settings.LDAP_SEARCHER, settings.LDAP_SEARCHER_PASSWORD = READER, READER_PASSWORD
    return server


@pytest.fixture
def linked(engineer):
    return link(engineer, "zhang.wei")


def link(person, name):
    person.directory_name = name
    person.set_unusable_password()
    person.save()
    return person


@pytest.fixture
def by_template(settings):
    settings.LDAP_BIND, settings.LDAP_BASE, settings.LDAP_SEARCHER = f"uid={{name}},ou=people,{BASE}", "", ""


@pytest.mark.parametrize("typed", ["zhang", "zhang.wei", " Zhang.Wei "])
def test_the_companys_password_opens_under_either_name(browser, company, linked, typed):
    assert browser.sign_in(typed, THEIRS).status_code == 302
    assert browser.who().startswith("张伟|field_engineer")
    assert journal("signin")[0].record_number == "zhang"


def test_it_opens_by_template_too(browser, company, linked, by_template):
    assert browser.sign_in(linked, "wrong wrong wrong").status_code == 422
    assert browser.sign_in(linked, THEIRS).status_code == 302


def test_it_opens_over_a_line_that_is_encrypted_from_the_start(browser, company, linked, settings):
    settings.LDAP_URL = company.sealed
    assert browser.sign_in(linked, THEIRS).status_code == 302


@pytest.mark.parametrize("password", ["wrong wrong wrong", PASSWORD, " ", "", "\x00"])
def test_no_other_password_opens(browser, company, linked, password):
    assert browser.sign_in(linked, password).status_code == 422
    assert browser.who() == ""


@pytest.mark.parametrize("template", [False, True])
def test_an_empty_password_is_never_asked_about(company, linked, settings, template):
    """This very server says yes to it, as many do (RFC 4513, unauthenticated bind)."""
    assert slapd.says_yes_to_an_empty_password(company, f"uid=sun,ou=people,{BASE}")
    if template:
        settings.LDAP_BIND = f"uid={{name}},ou=people,{BASE}"
    assert not ldap.holds(linked, "")


@pytest.mark.parametrize(
    "name", ["*", "zhang*", "zhang.wei)(uid=*", "*)(|(uid=*", "zhang.wei\\2a", "uid=zhang.wei", "zhang.wei,ou=people", "\\", "#"]
)
@pytest.mark.parametrize("template", [False, True])
def test_a_name_that_means_to_be_a_filter_finds_nobody(company, engineer, settings, name, template):
    if template:
        settings.LDAP_BIND = f"uid={{name}},ou=people,{BASE}"
    assert not ldap.holds(link(engineer, name), THEIRS)


def test_what_is_typed_at_the_door_never_reaches_the_directory(browser, company, linked, monkeypatch):
    asked = []
    whole = ldap._entry
    monkeypatch.setattr(ldap, "_entry", lambda name: asked.append(name) or whole(name))
    for typed in ("sun", "*)(uid=*", "zhou"):
        browser.sign_in(typed, THEIRS)
    assert len(asked) == 3
    assert all(name.startswith("nobody-") for name in asked)


def test_who_is_in_the_directory_and_not_linked_is_nobody_here(browser, company, manager):
    manager.set_unusable_password()
    manager.save()
    assert browser.sign_in("sun", THEIRS).status_code == 422


def test_a_leaver_is_refused_as_for_a_wrong_password(browser, company, linked):
    linked.is_active = False
    linked.save()
    answer = browser.sign_in(linked, THEIRS)
    assert answer.status_code == 422
    assert WRONG in answer.content.decode()


def test_an_entry_made_anew_under_the_old_name_opens_nothing(browser, company, linked):
    type(linked).objects.filter(pk=linked.pk).update(directory_mark=directory.mark_of("ldap", "the entry of before"))
    assert browser.sign_in(linked, THEIRS).status_code == 422


def test_the_right_person_is_bound_to_the_entry_at_the_first_time(browser, company, linked):
    browser.sign_in(linked, THEIRS)
    linked.refresh_from_db()
    assert len(linked.directory_mark) == 64
    assert len(journal("signin.directory-bound")) == 1


def test_misses_are_counted_under_both_names_as_one(browser, company, linked):
    for each in range(10):
        assert browser.sign_in(("zhang", "zhang.wei")[each % 2], "wrong wrong wrong").status_code == 422
    assert browser.sign_in("zhang", THEIRS).status_code == 429
    assert browser.sign_in("zhang.wei", THEIRS).status_code == 429
    assert len(journal("signin.failed")) == 10


@pytest.mark.parametrize("wrong", ["name", "authority", "down", "searcher"])
def test_a_directory_that_is_not_what_it_should_be_gets_no_password_and_local_people_still_get_in(
    browser, company, linked, manager, settings, wrong
):
    if wrong == "name":
        settings.LDAP_URL = company.by_address  # the certificate is for another name
    elif wrong == "authority":
        settings.LDAP_CA = ""
    elif wrong == "searcher":
        settings.LDAP_SEARCHER_PASSWORD = "changed meanwhile"
    else:
        settings.LDAP_URL = "ldap://127.0.0.1:9"
    answers = [browser.sign_in(name, THEIRS) for name in ("zhang", "sun", "nobody")]
    assert {answer.status_code for answer in answers} == {422}
    assert all("公司目录现在连不上" in answer.content.decode() for answer in answers)
    assert browser.sign_in(manager).status_code == 302


def test_a_directory_without_encryption_gets_no_password_unless_it_is_said(browser, company, linked, settings):
    with slapd.unencrypted(company) as plain:
        settings.LDAP_URL = plain
        assert browser.sign_in(linked, THEIRS).status_code == 422
        settings.LDAP_PLAIN = True
        assert browser.sign_in(linked, THEIRS).status_code == 302


def test_one_proves_who_one_is_with_the_companys_password(company, linked):
    actor = actor_for(linked)
    assert prove(actor, THEIRS).proved_at
    with pytest.raises(Invalid):
        prove(actor, "wrong wrong wrong")
    with pytest.raises(Invalid):
        prove(actor, "")


def test_proving_says_so_when_the_directory_is_down(company, linked, settings):
    settings.LDAP_URL = "ldap://127.0.0.1:9"
    with pytest.raises(Invalid) as refused:
        prove(actor_for(linked), THEIRS)
    assert "连不上" in refused.value.sentence


def test_our_own_second_factor_stays(browser, company, manager, with_second_factor, authenticator):
    secret = authenticator(link(manager, "sun"))
    assert browser.sign_in("sun", THEIRS)["Location"] == "/login/code/"
    assert browser.who() == ""
    browser.give_code(code_now(secret))
    assert browser.who().startswith("孙经理")


@pytest.mark.alone
def test_known_and_unknown_accounts_take_as_long(company, linked, settings, monkeypatch):
    monkeypatch.setattr(test_timing, "PAIRS", 40)  # each try asks a server twice
    settings.PASSWORD_HASHERS = [f"{QuickArgon2.__module__}.QuickArgon2"]
    browser = Browser()
    assert looks_the_same(lambda name: browser.sign_in(name, "wrong wrong wrong"), "zhang", "zhong")


def test_linking_takes_the_password_away_and_ends_every_session(browser, company, engineer, manager):
    from django.utils import timezone

    appoint(manager, "administrator", manager.home_branch)
    browser.sign_in(engineer)
    tie(engineer, "Zhang.Wei", by=actor_for(manager), at=timezone.now())
    engineer.refresh_from_db()
    assert (engineer.directory_name, engineer.has_usable_password(), browser.who()) == ("zhang.wei", False, "")
    assert browser.sign_in(engineer).status_code == 422
    assert browser.sign_in(engineer, THEIRS).status_code == 302
