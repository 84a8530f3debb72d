"""One's own account: devices, password, second factor, API tokens."""

import re

import pytest
from django.utils import timezone

from bihuan.kernel.access import proof, tokens
from bihuan.kernel.access.models import SignIn, Token

from .conftest import NEW_PASSWORD, PASSWORD, code_now, journal

pytestmark = [pytest.mark.django_db, pytest.mark.urls("bihuan.kernel.access.tests.urls"), pytest.mark.both]
OWN_PAGES = ["/account/", "/account/password/", "/account/second-factor/", "/account/tokens/new/"]


@pytest.fixture
def signed_in(browser, engineer):
    browser.sign_in(engineer)
    return browser


def text(answer):
    return answer.content.decode()


def clear_on(answer):
    return re.search(r'data-copy="(bh_[\w-]+)"', text(answer)).group(1)


@pytest.mark.parametrize("path", OWN_PAGES)
def test_nobody_has_no_account(browser, path):
    assert browser.get(path)["Location"] == f"/login/?next={path}"


@pytest.mark.parametrize("path", OWN_PAGES)
def test_the_pages_open(signed_in, path):
    assert signed_in.get(path).status_code == 200


def test_ones_devices_are_listed_and_nobody_elses(signed_in, other_browser, engineer, manager):
    other_browser.sign_in(engineer, headers={"user-agent": "iPhone Safari/17"}, REMOTE_ADDR="203.0.113.9")
    type(other_browser)().sign_in(manager, REMOTE_ADDR="203.0.113.77")
    page = text(signed_in.get("/account/"))
    assert "Safari · iPhone" in page
    assert "203.0.113.9" in page
    assert "203.0.113.77" not in page
    assert page.count("本机") == 1


def test_one_device_can_be_ended_from_another(signed_in, other_browser, engineer):
    other_browser.sign_in(engineer)
    row = SignIn.objects.exclude(session_key=signed_in.session.session_key).get()
    address = f"/account/sessions/{row.pk}/end/"
    assert "请先确认是您本人" in text(signed_in.post(address))
    assert signed_in.post(address, {"password": "wrong wrong wrong"}).status_code == 422
    assert other_browser.who()
    assert signed_in.post(address, {"password": PASSWORD})["Location"] == "/account/"
    assert other_browser.who() == ""
    assert signed_in.who()


def test_another_persons_device_is_answered_like_an_absent_one(signed_in, other_browser, manager):
    other_browser.sign_in(manager)
    foreign = SignIn.objects.get(person=manager).pk
    answers = [signed_in.post(f"/account/sessions/{pk}/end/").status_code for pk in (foreign, foreign + 1000)]
    assert answers == [404, 404]
    assert other_browser.who()


def test_all_other_devices_and_tokens_end_and_this_one_goes_on(signed_in, other_browser, engineer):
    clear = tokens.issue(engineer, "ERP")
    other_browser.sign_in(engineer)
    key = signed_in.session.session_key
    signed_in.post("/account/sessions/end-others/")
    assert other_browser.who(), "nothing ends before a proof"
    signed_in.post("/account/sessions/end-others/", {"password": PASSWORD})
    assert signed_in.who()
    assert signed_in.session.session_key != key
    assert other_browser.who() == ""
    assert tokens.holder(clear) is None
    assert SignIn.objects.get().session_key == signed_in.session.session_key
    assert len(journal("session.end-others")) == 1


def change(browser, current=PASSWORD, new=NEW_PASSWORD, again=None):
    return browser.post("/account/password/", {"current": current, "new": new, "again": new if again is None else again})


def test_a_new_password_ends_every_other_session_and_every_token(signed_in, other_browser, engineer):
    clear = tokens.issue(engineer, "ERP")
    other_browser.sign_in(engineer)
    assert change(signed_in)["Location"] == "/account/"
    assert signed_in.who()
    assert other_browser.who() == ""
    assert tokens.holder(clear) is None
    assert other_browser.sign_in(engineer).status_code == 422
    assert other_browser.sign_in(engineer, NEW_PASSWORD).status_code == 302
    assert len(journal("password.change")) == 1


@pytest.mark.parametrize(
    "typed, sentence",
    [
        ({"current": "wrong wrong wrong"}, "现在的密码不对"),
        ({"current": ""}, "请填写现在的密码"),
        ({"new": "short"}, "10"),
        ({"new": "1234567890"}, "太"),
        ({"new": "password1234"}, "太"),
        ({"new": "zhang@example.com"}, "太"),
        ({"again": "something else entirely"}, "两次输入的新密码不一样"),
    ],
)
def test_a_password_that_will_not_do_is_refused_with_a_sentence_and_changes_nothing(signed_in, engineer, typed, sentence):
    answer = change(signed_in, **typed)
    assert answer.status_code == 422
    assert sentence in text(answer)
    before = engineer.password
    engineer.refresh_from_db()
    assert engineer.password == before


def test_a_long_sentence_in_chinese_will_do(signed_in, browser, engineer):
    sentence = "修好一台机器要先听它怎么响 " * 4
    change(signed_in, new=sentence)
    browser.post("/logout/")
    assert browser.sign_in(engineer, sentence).status_code == 302


def test_no_password_is_ever_given_back(signed_in):
    page = text(change(signed_in, current="wrong wrong wrong", again="something else"))
    assert not [typed for typed in ("wrong wrong wrong", NEW_PASSWORD, "something else") if typed in page]


def test_the_present_password_can_be_guessed_ten_times(signed_in):
    codes = [change(signed_in, current="wrong wrong wrong").status_code for _guess in range(proof.LIMIT)]
    assert codes == [422] * proof.LIMIT
    assert change(signed_in).status_code == 429


def issue(browser, **typed):
    return browser.post("/account/tokens/new/", {"name": "呼叫中心对接", "days": "90", "password": PASSWORD} | typed)


def test_a_token_is_shown_once_and_kept_as_a_hash(signed_in, engineer):
    clear = clear_on(issue(signed_in))
    actor = tokens.holder(clear)
    assert (actor.person_id, actor.channel) == (engineer.pk, "api")
    token = Token.objects.get()
    assert clear not in (token.digest, token.name)
    assert (token.expires_at - timezone.now()).days == 89
    assert clear not in text(signed_in.get("/account/"))
    (entry,) = journal("token.issue")
    assert "呼叫中心对接" in entry.body
    assert clear not in entry.body


@pytest.mark.parametrize(
    "typed, sentence",
    [
        ({"password": "wrong wrong wrong"}, "密码不对"),
        ({"password": ""}, "请填写密码"),
        ({"name": ""}, "请填写用途"),
        ({"days": "100000"}, "100000"),
    ],
)
def test_a_token_is_not_issued_without_proof_purpose_and_end(signed_in, typed, sentence):
    answer = issue(signed_in, **typed)
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert not Token.objects.exists()


def test_what_was_typed_for_a_token_stays_except_the_password(signed_in):
    page = text(issue(signed_in, password="wrong wrong wrong"))
    assert 'value="呼叫中心对接"' in page
    assert "wrong wrong wrong" not in page


def test_a_token_can_be_revoked_by_its_holder(signed_in):
    clear = clear_on(issue(signed_in))
    assert "呼叫中心对接" in text(signed_in.get("/account/"))
    signed_in.post(f"/account/tokens/{Token.objects.get().pk}/revoke/")
    assert tokens.holder(clear) is None
    assert "呼叫中心对接" not in text(signed_in.get("/account/"))


def test_another_persons_token_is_answered_like_an_absent_one(signed_in, manager):
    clear = tokens.issue(manager, "ERP")
    foreign = Token.objects.get().pk
    answers = [signed_in.post(f"/account/tokens/{pk}/revoke/").status_code for pk in (foreign, foreign + 1000)]
    assert answers == [404, 404]
    assert tokens.holder(clear)


def test_an_engineer_may_set_up_an_authenticator_of_their_own_after_a_proof(signed_in, other_browser, engineer):
    other_browser.sign_in(engineer)
    clear = tokens.issue(engineer, "ERP")
    assert signed_in.get("/login/authenticator/")["Location"] == "/account/"
    assert signed_in.post("/account/second-factor/", {"password": PASSWORD})["Location"] == "/login/authenticator/"
    secret = re.search(r'data-copy="([A-Z2-7]{32})"', text(signed_in.get("/login/authenticator/"))).group(1)
    answer = signed_in.post("/login/authenticator/", {"code": code_now(secret)})
    assert "恢复码" in text(answer)
    assert signed_in.who()
    assert other_browser.who() == ""
    assert tokens.holder(clear) is None
    assert other_browser.sign_in(engineer)["Location"] == "/login/code/"


def test_without_the_password_no_authenticator_is_set_up(signed_in):
    assert signed_in.post("/account/second-factor/", {"password": "wrong wrong wrong"}).status_code == 422
    assert signed_in.get("/login/authenticator/")["Location"] == "/account/"


def test_the_current_code_proves_as_well_as_the_password_and_only_once(browser, engineer, authenticator):
    secret = authenticator(engineer)
    browser.sign_in(engineer)
    browser.give_code(code_now(secret, -1))
    code = code_now(secret)
    answer = browser.post("/account/second-factor/", {"password": code, "codes": "1"})
    assert len(re.findall(r"<li>\d{4} \d{4} \d{4}</li>", text(answer))) == 10
    assert browser.post("/account/second-factor/", {"password": code, "codes": "1"}).status_code == 422


def test_every_text_a_person_may_choose_is_inert(signed_in, engineer):
    type(engineer).objects.filter(pk=engineer.pk).update(name="<script>alert(1)</script>{{7*7}}")
    tokens.issue(engineer, '"><img src=x onerror=alert(1)>{{7*7}}')
    page = text(signed_in.get("/account/"))
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "{{7*7}}" in page


@pytest.mark.parametrize("weak", ["bihuan2026!!", "闭环售后服务2026", "Admin123456789", "password-mima-1"])
def test_words_that_everybody_would_try_here_are_no_password(browser, engineer, weak):
    browser.sign_in(engineer)
    answer = browser.post("/account/password/", {"current": PASSWORD, "new": weak, "again": weak})
    assert answer.status_code == 422
    assert engineer.check_password(PASSWORD)


@pytest.mark.parametrize("good", ["the admin of seven lighthouses", "售后服务第一课：先听客户把话说完", "bihuan kx160 valve spring"])
def test_a_sentence_may_hold_such_words(browser, engineer, good):
    browser.sign_in(engineer)
    assert browser.post("/account/password/", {"current": PASSWORD, "new": good, "again": good}).status_code == 302


def test_a_new_password_gives_the_session_a_new_key(browser, engineer):
    browser.sign_in(engineer)
    before = browser.session.session_key
    browser.post("/account/password/", {"current": PASSWORD, "new": NEW_PASSWORD, "again": NEW_PASSWORD})
    assert browser.who()
    assert browser.session.session_key != before


def test_a_new_authenticator_gives_the_session_a_new_key_and_ends_the_others(browser, other_browser, engineer):
    browser.sign_in(engineer)
    other_browser.sign_in(engineer)
    before, clear = browser.session.session_key, tokens.issue(engineer, "呼叫中心")
    browser.post("/account/second-factor/", {"password": PASSWORD})
    browser.get("/login/authenticator/")
    browser.post("/login/authenticator/", {"code": code_now(browser.session["access_enrolling"])})
    assert browser.who()
    assert browser.session.session_key != before
    assert other_browser.who() == ""
    assert tokens.holder(clear) is None
