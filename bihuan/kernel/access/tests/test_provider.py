"""Signing in at the company's OpenID Connect provider, and what a false one, a false answer or a false person gets."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from bihuan.kernel.access.models import SignIn

from .company import FOREIGN, configured, provider, through, unsigned, with_public_key_as_secret
from .conftest import PASSWORD, Browser, code_now, journal

pytestmark = [pytest.mark.django_db, pytest.mark.urls("bihuan.kernel.access.tests.urls"), pytest.mark.both]
NOT_HELD = "没有通过核对"


@pytest.fixture
def company(settings):
    with configured(settings) as here:
        yield here


@pytest.fixture
def linked(engineer):
    return link(engineer, "zhang.wei")


def link(person, name):
    person.directory_name = name
    person.set_unusable_password()
    person.save()
    return person


def test_a_linked_person_comes_in_by_the_companys_sign_in(browser, company, linked):
    page = browser.get("/login/?next=/whoami/").content.decode()
    assert "华泵统一登录" in page
    assert 'href="/login/company/?next=/whoami/"' in page.replace("%2F", "/")
    answer = through(browser, company, "/login/company/?next=/whoami/")
    assert (answer.status_code, answer["Location"]) == (302, "/whoami/")
    assert browser.who().startswith("张伟|field_engineer")
    (told,) = journal("signin")
    assert (told.actor_id, '"oidc"' in told.body) == (linked.pk, True)
    assert SignIn.objects.filter(person=linked, session_key=browser.session.session_key).count() == 1


def test_the_question_carries_a_challenge_a_state_and_a_nonce_of_its_own_each_time(browser, company, linked):
    through(browser, company)
    first = company.asked
    through(Browser(), company)
    assert (first["code_challenge_method"], first["response_type"]) == ("S256", "code")
    assert first["redirect_uri"].endswith("/login/company/back/")
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 20
        assert first[name] != company.asked[name]


def test_a_session_laid_by_a_stranger_is_not_the_one_that_signs_in(browser, company, linked):
    out = browser.get("/login/company/")
    before = browser.session.session_key
    browser.get(company.consent(out["Location"]))
    assert browser.who()
    assert browser.session.session_key != before


WRONG = {
    "another nonce": {"nonce": "of another time"},
    "no nonce": {"nonce": None},
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "for another program": {"aud": "payroll"},
    "for another program too": {"aud": ["bihuan", "payroll"], "azp": "bihuan"},
    "for another program, asked by us": {"aud": "payroll", "azp": "bihuan"},
    "expired": {"exp": int(time.time()) - 120},
    "without end": {"exp": None},
    "from tomorrow": {"iat": int(time.time()) + 86400},
    "nobody": {"sub": ""},
    "no subject": {"sub": None},
}


@pytest.mark.parametrize("claims", WRONG.values(), ids=WRONG)
def test_a_token_of_which_anything_is_wrong_opens_nothing(browser, company, linked, claims):
    company.claims |= claims
    answer = through(browser, company)
    assert answer.status_code == 422
    assert NOT_HELD in answer.content.decode()
    assert browser.who() == ""
    assert len(journal("signin.company-failed")) == 1


def _without_signature(company):
    company.forged = unsigned


def _with_the_public_key(company):
    company.forged = with_public_key_as_secret


def _with_a_foreign_key(company):
    company.key, company.header = FOREIGN, {"alg": "RS256", "kid": "ours"}


def _with_an_unknown_key(company):
    company.key, company.header = FOREIGN, {"alg": "RS256", "kid": "theirs"}


def _without_any(company):
    company.forged = lambda _claims: "not.a.token"


@pytest.mark.parametrize(
    "forge",
    [_without_signature, _with_the_public_key, _with_a_foreign_key, _with_an_unknown_key, _without_any],
    ids=lambda forge: forge.__name__,
)
@pytest.mark.parametrize("boasts", [["RS256"], ["none", "HS256", "RS256"]], ids=["honest", "boasting"])
def test_a_token_that_the_provider_did_not_sign_opens_nothing(browser, company, linked, forge, boasts):
    company.described["id_token_signing_alg_values_supported"] = boasts
    forge(company)
    answer = through(browser, company)
    assert (answer.status_code, browser.who()) == (422, "")
    assert "/token" in company.calls and NOT_HELD in answer.content.decode(), "it was asked, and its token refused"


def test_an_answer_counts_once(browser, company, linked):
    out = browser.get("/login/company/")
    back = company.consent(out["Location"])
    assert browser.get(back).status_code == 302
    browser.post("/logout/")
    again = browser.get(back)
    assert (again.status_code, browser.who()) == (422, "")
    assert "重新开始" in again.content.decode()


def test_an_answer_that_was_refused_is_used_up_too(browser, company, engineer):
    """Nobody is linked: the session goes on, its question does not, not even with a fresh code."""
    out = browser.get("/login/company/")
    assert browser.get(company.consent(out["Location"])).status_code == 403
    asked = company.calls.count("/token")
    assert browser.get(company.consent(out["Location"])).status_code == 422
    assert company.calls.count("/token") == asked


def test_an_answer_counts_only_in_the_browser_that_asked(browser, other_browser, company, linked):
    back = company.consent(browser.get("/login/company/")["Location"])
    assert (other_browser.get(back).status_code, other_browser.who()) == (422, "")


def test_the_code_of_another_sign_in_opens_nothing(browser, other_browser, company, linked):
    """A stranger's code laid under one's own state: the verifier does not fit it."""
    stolen = company.consent(other_browser.get("/login/company/")["Location"]).split("code=")[1].split("&")[0]
    out = browser.get("/login/company/")
    company.consent(out["Location"])
    answer = browser.get(f"/login/company/back/?code={stolen}&state={company.asked['state']}")
    assert (answer.status_code, browser.who()) == (422, "")


def test_an_answer_after_ten_minutes_opens_nothing(browser, company, linked, time_machine):
    out = browser.get("/login/company/")
    time_machine.move_to(timezone.now() + timedelta(seconds=601))
    assert (browser.get(company.consent(out["Location"])).status_code, browser.who()) == (422, "")


def test_an_answer_in_the_name_of_another_provider_is_not_even_asked_about(browser, company, linked):
    answer = through(browser, company, iss="https://evil.example")
    assert (answer.status_code, browser.who()) == (422, "")
    assert "/token" not in company.calls


@pytest.mark.parametrize(
    "described",
    [{"issuer": "https://evil.example"}, {"token_endpoint": "ftp://evil.example/"}, {"id_token_signing_alg_values_supported": ["none"]}],
)
def test_a_provider_that_describes_itself_as_another_is_not_asked(browser, company, linked, described):
    company.described |= described
    answer = browser.get("/login/company/")
    assert answer.status_code == 409
    assert "设置不对" in answer.content.decode()


def test_the_secret_follows_no_answer_to_another_host(browser, company, linked):
    with provider() as elsewhere:
        company.token = lambda _form, _authorization: (307, {"location": f"{elsewhere.issuer}/token"})
        assert through(browser, company).status_code == 422
        assert elsewhere.calls == []


def test_a_provider_that_is_down_is_a_sentence_and_passwords_go_on(browser, company, engineer, settings):
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    answer = browser.get("/login/company/")
    assert answer.status_code == 409
    assert "现在连不上" in answer.content.decode()
    assert browser.sign_in(engineer).status_code == 302


def test_who_changed_their_mind_there_is_told_to_begin_again(browser, company, linked):
    out = browser.get("/login/company/")
    company.consent(out["Location"])
    answer = browser.get(f"/login/company/back/?error=access_denied&error_description=<b>x&state={company.asked['state']}")
    assert answer.status_code == 422
    assert "<b>x" not in answer.content.decode()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", r"/\evil.example"])
def test_nobody_is_sent_on_to_a_page_that_is_not_ours(browser, company, linked, target):
    answer = through(browser, company, f"/login/company/?next={target}")
    assert answer["Location"] == "/"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_somebody_else_begins_no_sign_in(browser, company, linked, site):
    answer = browser.get("/login/company/?next=/whoami/", headers={"sec-fetch-site": site})
    assert answer["Location"] == "/login/?next=%2Fwhoami%2F"
    assert "/authorize" not in "".join(company.calls)


def test_nobody_is_taken_on_by_signing_in_and_the_sentence_says_whom_to_ask(browser, company, engineer):
    people = type(engineer).objects.count()
    answer = through(browser, company)
    assert answer.status_code == 403
    assert "zhang.wei" in answer.content.decode() and "系统管理员" in answer.content.decode()
    assert type(engineer).objects.count() == people


def test_roles_are_bihuans_whatever_the_token_says(browser, company, linked):
    company.claims |= {"roles": ["administrator"], "groups": ["administrator"], "is_superuser": True}
    through(browser, company)
    assert browser.who().split("|")[1] == "field_engineer"


def test_a_leaver_is_refused_and_one_who_leaves_is_out_at_once(browser, other_browser, company, linked):
    through(browser, company)
    type(linked).objects.filter(pk=linked.pk).update(is_active=False)
    assert browser.who() == ""
    assert through(other_browser, company).status_code == 403


def test_a_name_given_to_somebody_else_later_opens_nothing(browser, other_browser, company, linked):
    through(browser, company)
    company.claims["sub"] = "a new colleague of the same name"
    assert through(other_browser, company).status_code == 403
    company.claims |= {"sub": "7f3a", "preferred_username": "zhang.wei2"}
    assert through(other_browser, company).status_code == 302, "the same person under a new name is the same person"


def test_letters_that_only_look_alike_are_not_the_same_name(browser, company, engineer):
    link(engineer, "kim")
    company.claims["preferred_username"] = "\u212aim"  # the sign of the kelvin
    assert through(browser, company).status_code == 403


@pytest.mark.parametrize("verified, status", [(True, 302), (False, 403), ("true", 403), (None, 403)])
def test_an_address_of_mail_counts_only_when_the_provider_has_verified_it(browser, company, engineer, settings, verified, status):
    settings.OIDC_CLAIM = "email"
    link(engineer, "zhang@example.com")
    company.claims |= {"email": "Zhang@example.com", "email_verified": verified}
    assert through(browser, company).status_code == status


def test_whoever_is_linked_has_no_password_here_and_gets_none(browser, company, linked, mailoutbox):
    from bihuan.kernel.access.reset import send_resets

    assert browser.sign_in(linked, PASSWORD).status_code == 422
    browser.post("/reset/", {"name": "zhang"})
    send_resets()
    assert mailoutbox == []


def test_our_own_second_factor_stays_unless_the_providers_is_said_to_count(company, manager, settings, with_second_factor, authenticator):
    link(manager, "sun")
    company.claims["preferred_username"] = "sun"
    secret = authenticator(manager)
    first = Browser()
    assert through(first, company)["Location"] == "/login/code/"
    assert first.who() == ""
    assert first.give_code(code_now(secret)).status_code == 302
    assert first.who().startswith("孙经理")
    settings.OIDC_SECOND_FACTOR = ["mfa"]
    assert through(Browser(), company)["Location"] == "/login/code/", "one factor was enough for the provider this time"
    company.claims["amr"] = ["pwd", "mfa"]
    second = Browser()
    assert through(second, company)["Location"] == "/"
    assert second.who().startswith("孙经理")


def test_misses_at_the_door_do_not_keep_the_companys_people_out(browser, company, linked):
    for _miss in range(11):
        browser.sign_in(linked, "wrong wrong wrong")
    assert through(browser, company).status_code == 302


def test_a_hundred_begun_and_not_finished_are_enough_for_one_network(browser, company, linked):
    for _begun in range(100):
        browser.get("/login/company/")
    assert browser.get("/login/company/").status_code == 429


class TestProvingAnew:
    def proves(self, browser, company, **more):
        return through(browser, company, "/account/company/?next=/account/tokens/new/", **more)

    def test_it_asks_for_the_password_again_and_counts_for_five_minutes(self, browser, company, linked, time_machine):
        through(browser, company)
        assert "到企业登录重新验证" in browser.get("/account/tokens/new/").content.decode()
        assert browser.post("/account/tokens/new/", {"name": "呼叫中心", "days": "30"}).status_code == 422
        before = browser.session.session_key
        assert self.proves(browser, company)["Location"] == "/account/tokens/new/"
        assert (company.asked["prompt"], company.asked["max_age"]) == ("login", "0")
        assert browser.session.session_key != before
        assert browser.post("/account/tokens/new/", {"name": "呼叫中心", "days": "30"}).status_code == 200
        time_machine.move_to(timezone.now() + timedelta(seconds=301))
        assert browser.post("/account/tokens/new/", {"name": "呼叫中心", "days": "30"}).status_code == 422

    @pytest.mark.parametrize(
        "auth_time",
        [None, "now", True, int(time.time()) - 3600, int(time.time()) + 3600],
        ids=["none", "text", "true", "an hour ago", "an hour ahead"],
    )
    def test_a_provider_that_did_not_ask_proves_nothing(self, browser, company, linked, auth_time):
        through(browser, company)
        company.claims["auth_time"] = auth_time
        assert self.proves(browser, company).status_code == 422
        assert browser.post("/account/tokens/new/", {"name": "呼叫中心", "days": "30"}).status_code == 422

    def test_somebody_else_proves_nothing_for_me(self, browser, company, linked, manager):
        link(manager, "sun")
        through(browser, company)
        company.claims |= {"sub": "of the manager", "preferred_username": "sun"}
        assert self.proves(browser, company).status_code == 403
        assert browser.post("/account/tokens/new/", {"name": "呼叫中心", "days": "30"}).status_code == 422

    def test_signing_in_alone_is_no_proof(self, browser, company, linked):
        company.claims["auth_time"] = int(timezone.now().timestamp())
        through(browser, company)
        assert browser.post("/account/tokens/new/", {"name": "呼叫中心", "days": "30"}).status_code == 422

    def test_who_has_a_password_is_not_sent_there(self, browser, company, engineer):
        browser.sign_in(engineer)
        assert browser.get("/account/company/").status_code == 404
        assert "到企业登录重新验证" not in browser.get("/account/tokens/new/").content.decode()
