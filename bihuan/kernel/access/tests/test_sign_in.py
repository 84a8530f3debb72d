"""Signing in with account and password, and where one is sent on to."""

import pytest

from .conftest import PASSWORD, journal

pytestmark = [pytest.mark.django_db, pytest.mark.urls("bihuan.kernel.access.tests.urls"), pytest.mark.both]
FOREIGN = [
    "https://evil.example/",
    "//evil.example/",
    r"/\evil.example",
    "///evil.example",
    "javascript:alert(1)",
    "evil",
    "/\n/evil.example",
]
WRONG = "账号或密码不对"


def test_the_right_password_opens_the_door(browser, engineer):
    answer = browser.sign_in(engineer)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert browser.who().startswith("张伟|field_engineer")


def test_a_wrong_password_is_refused_with_what_to_do_and_keeps_the_account_but_not_the_password(browser, engineer):
    answer = browser.sign_in(engineer, "not the password")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert WRONG in page
    assert 'value="zhang"' in page
    assert "not the password" not in page
    assert browser.who() == ""


@pytest.mark.parametrize("missing, sentence", [("username", "请填写账号。"), ("password", "请填写密码。")])
def test_an_empty_field_is_named(browser, engineer, missing, sentence):
    answer = browser.post("/login/", {"username": "zhang", "password": PASSWORD} | {missing: ""})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_unknown_people_leavers_and_wrong_passwords_get_one_answer(browser, engineer, manager):
    manager.is_active = False
    manager.save()
    pages = {
        browser.sign_in(name, password).content.decode().replace(name, "…")
        for name, password in [("zhang", "wrong wrong wrong"), ("nobody", PASSWORD), ("sun", PASSWORD), ("sun", "wrong wrong wrong")]
    }
    texts = {_without_token(page) for page in pages}
    assert len(texts) == 1
    assert WRONG in texts.pop()


def _without_token(page):
    return "\n".join(line for line in page.splitlines() if "csrf" not in line.lower() and "server-time" not in line)


def test_spaces_around_the_account_do_not_matter_but_those_of_the_password_do(browser, engineer):
    assert browser.sign_in(" zhang ").status_code == 302
    browser.post("/logout/")
    assert browser.sign_in("zhang", f"{PASSWORD} ").status_code == 422


def test_characters_that_no_database_takes_are_refused_and_not_an_error(browser, engineer):
    assert browser.sign_in("zhang\x00").status_code == 422


@pytest.mark.parametrize("target", ["/whoami/", "/whoami/?page=2&q=%E5%8E%8B"])
def test_one_comes_back_to_where_one_was_going(browser, engineer, target):
    answer = browser.get(target)
    assert answer["Location"].startswith("/login/?next=")
    signed = browser.post(answer["Location"], {"username": "zhang", "password": PASSWORD})
    assert signed["Location"] == target


@pytest.mark.parametrize("target", FOREIGN)
def test_nobody_is_sent_to_a_page_that_is_not_ours(browser, engineer, target):
    answer = browser.post("/login/", {"username": "zhang", "password": PASSWORD}, query_params={"next": target})
    assert answer["Location"] == "/"


def test_whoever_is_in_already_is_not_asked_again(browser, engineer):
    browser.sign_in(engineer)
    assert browser.get("/login/?next=/whoami/")["Location"] == "/whoami/"


def test_the_session_key_changes_when_one_signs_in(browser, engineer):
    browser.get("/reset/")
    session = browser.session
    session["laid"] = "by a stranger"
    session.save()
    before = session.session_key
    browser.sign_in(engineer)
    assert browser.session.session_key != before
    assert "laid" not in browser.session


def test_the_journal_knows_who_came_and_who_was_refused_without_what_was_typed(browser, engineer):
    browser.sign_in(engineer, "wrong wrong wrong")
    browser.sign_in("hunter2-typed-here")
    browser.sign_in(engineer)
    known, unknown, came = journal("signin.failed", "signin")
    assert (known.record_number, known.actor_id) == ("zhang", None)
    assert unknown.record_number.startswith("account:")
    assert "hunter2" not in unknown.body
    assert (came.actor_id, came.record_number) == (engineer.pk, "zhang")


def test_the_page_is_chinese_first_and_english_when_asked(browser):
    assert "登录" in browser.get("/login/").content.decode()
    answer = browser.post("/account/language/", {"language": "en", "next": "/login/"})
    assert answer["Location"] == "/login/"
    assert '<html lang="en"' in browser.get("/login/").content.decode()


def test_the_language_of_a_person_goes_with_them_to_other_devices(browser, other_browser, engineer):
    browser.sign_in(engineer)
    browser.post("/account/language/", {"language": "en", "next": "/account/"})
    other_browser.sign_in(engineer)
    assert '<html lang="en"' in other_browser.get("/account/").content.decode()


def test_a_language_nobody_speaks_changes_nothing(browser, engineer):
    browser.sign_in(engineer)
    answer = browser.post("/account/language/", {"language": "xx", "next": "https://evil.example/"})
    engineer.refresh_from_db()
    assert (engineer.language, answer["Location"]) == ("zh-hans", "/")
