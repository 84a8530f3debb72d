"""What every answer carries, what no header can do, and how refusals look (#21, #25, #29)."""

import pytest
from django.test import Client

from bihuan.kernel.access import totp
from bihuan.kernel.access.actors import actor_for
from bihuan.kernel.access.proof import prove
from bihuan.kernel.access.refusals import Invalid

from .conftest import PASSWORD, Browser, code_now

pytestmark = [pytest.mark.django_db, pytest.mark.urls("bihuan.kernel.access.tests.urls"), pytest.mark.both]
HTML = {"accept": "text/html"}
PUBLIC = ["/login/", "/reset/", "/reset/sent/", "/reset/new/", "/nowhere/", "/taken/", "/logout/"]
SIGNED_IN = ["/account/", "/account/password/", "/account/second-factor/", "/account/tokens/new/", "/whoami/"]

CHANGES = ["/logout/", "/account/language/", "/account/sessions/end-others/", "/account/sessions/1/end/", "/account/tokens/1/revoke/"]
IDENTITIES = ["X-Remote-User", "Remote-User", "X-Forwarded-User", "X_Remote_User", "X-Authenticated-User", "X-User", "Authorization"]


def assert_careful(answer):
    policy = dict(part.strip().partition(" ")[::2] for part in answer["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["object-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert answer["Cross-Origin-Resource-Policy"] == answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Cache-Control"] == "no-store, private"
    assert "camera=(self)" in answer["Permissions-Policy"]
    assert "geolocation=(self)" in answer["Permissions-Policy"]


@pytest.mark.parametrize("path", PUBLIC)
def test_pages_for_anybody_carry_every_header(browser, path):
    assert_careful(browser.get(path, headers=HTML))


@pytest.mark.parametrize("path", SIGNED_IN)
def test_pages_behind_the_door_carry_every_header(browser, engineer, path):
    browser.sign_in(engineer)
    answer = browser.get(path, headers=HTML)
    assert answer.status_code == 200
    assert_careful(answer)


def test_no_page_of_the_door_has_inline_script_or_style(browser, engineer):
    browser.sign_in(engineer)
    for path in ("/account/", "/account/tokens/new/", "/reset/new/"):
        page = browser.get(path).content.decode()
        assert "style=" not in page
        assert " onclick" not in page
        assert "<script>" not in page


def test_static_files_may_be_cached_and_carry_the_other_headers(browser):
    answer = browser.get("/static/access/access.css")
    assert answer.status_code == 200
    assert "no-store" not in answer["Cache-Control"]
    assert "Access-Control-Allow-Origin" not in answer
    answer["Cache-Control"] = "no-store, private"
    assert_careful(answer)
    answer.close()


@pytest.mark.parametrize(
    ("asked", "more", "status"),
    [("/account", {}, 301), ("/login/", {"headers": {"host": "evil.example"}}, 400), ("/static/no-such.css", {}, 404),
     ("/login/", {"CONTENT_LENGTH": str(2**31)}, 413)],
    ids=["a slash added", "another host", "no such file", "too long"],
)  # fmt: skip
def test_what_is_answered_before_any_page_carries_every_header(asked, more, status):
    answer = Client(raise_request_exception=False).get(asked, **more)
    assert answer.status_code == status
    assert_careful(answer)


def test_the_way_to_https_carries_every_header(settings):
    settings.SECURE_SSL_REDIRECT = True
    answer = Client().get("/login/")
    assert (answer.status_code, answer["Location"]) == (301, "https://testserver/login/")
    assert_careful(answer)


def test_an_error_of_ours_carries_every_header_and_tells_nothing(browser):
    browser.raise_request_exception = False
    answer = browser.get("/broken/")
    assert answer.status_code == 500
    assert "secret" not in answer.content.decode()
    assert_careful(answer)


def test_what_someone_may_not_do_is_logged_with_who_it_was(browser, engineer, caplog):
    browser.sign_in(engineer)
    browser.get("/forbidden/")
    (line,) = [record.getMessage() for record in caplog.records if record.name == "bihuan.access"]
    assert line.startswith(f"refused 403 person={engineer.pk} ")
    assert line.endswith(" GET forbidden/")


@pytest.mark.parametrize(
    "path", ["/logout/", "/account/language/", "/account/sessions/end-others/", "/account/sessions/1/end/", "/account/tokens/1/revoke/"]
)
def test_nothing_changes_by_a_link(browser, engineer, path):
    browser.sign_in(engineer)
    assert browser.get(path).status_code == 405
    assert browser.who()


@pytest.mark.parametrize(
    "path",
    ["/login/", "/login/code/", "/login/authenticator/", "/logout/", "/reset/", "/reset/new/", "/account/language/", "/account/password/",
     "/account/second-factor/", "/account/sessions/end-others/", "/account/tokens/new/"],
)  # fmt: skip
def test_a_form_without_its_token_is_refused_with_a_page_that_says_what_to_do(engineer, path):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(engineer)
    answer = strict.post(path, {"username": "zhang", "password": PASSWORD})
    assert answer.status_code == 403
    assert "页面已过期" in answer.content.decode()
    assert_careful(answer)


def test_a_form_from_another_origin_is_refused(engineer):
    strict = Client(enforce_csrf_checks=True)
    strict.get("/login/")
    token = strict.cookies["csrftoken"].value
    typed = {"username": "zhang", "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert strict.post("/login/", typed, headers={"origin": "https://evil.example"}).status_code == 403
    assert strict.post("/login/", typed, headers={"origin": "http://testserver"}).status_code == 302


@pytest.mark.parametrize(
    "header", ["X-Remote-User", "Remote-User", "X-Forwarded-User", "X_Remote_User", "X-Authenticated-User", "X-User", "Authorization"]
)
def test_no_header_signs_anybody_in(engineer, header):
    name = header.upper().replace("-", "_")
    for value in ("zhang", str(engineer.pk)):
        stranger = Browser(**{f"HTTP_{name}": value, "REMOTE_USER": value})
        assert stranger.who() == ""


def test_cookies_are_out_of_reach_of_scripts(browser, engineer):
    answer = browser.sign_in(engineer)
    for name in ("sessionid", "device"):
        assert answer.cookies[name]["httponly"], name
        assert answer.cookies[name]["samesite"] == "Lax", name


def test_in_production_the_device_cookie_is_bound_to_our_host(browser, engineer, settings):
    settings.SESSION_COOKIE_SECURE = True
    cookie = browser.sign_in(engineer).cookies["__Host-device"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")


def test_a_refusal_is_a_page_with_its_sentence(browser):
    answer = browser.get("/taken/")
    assert answer.status_code == 409
    assert "<h1>王磊刚刚接了这张单，请刷新后再看。</h1>" in answer.content.decode()


def test_a_refusal_asked_for_by_htmx_is_a_fragment(browser):
    answer = browser.get("/taken/", headers={"hx-request": "true"})
    assert (answer.status_code, answer["HX-Fragment"]) == (409, "refusal")
    assert "<html" not in answer.content.decode()
    assert "王磊刚刚接了这张单" in answer.content.decode()


def test_a_proof_is_the_password_or_the_current_code(engineer, authenticator):
    actor = actor_for(engineer)
    assert prove(actor, PASSWORD).proved_at
    with pytest.raises(Invalid):
        prove(actor, "123456")
    secret = authenticator(engineer)
    code = code_now(secret)
    assert prove(actor, code).proved_at
    with pytest.raises(Invalid):
        prove(actor, code)
    assert totp.step_of(secret, code) is not None
