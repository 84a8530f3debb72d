"""The door in a real browser: the whole way in, nothing executed that somebody typed, nothing the policy would forbid (#24)."""

import pytest
from django.db import connections
from playwright.sync_api import sync_playwright

from bihuan.kernel.access import tokens

from .conftest import PASSWORD, code_now

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("with_second_factor")]
PAYLOADS = [
    "<script>hit()</script>",
    "<img src=x onerror=hit()>",
    '"><svg onload=hit()>',
    "'\"><iframe srcdoc='<script>parent.hit()</script>'>",
    "{{7*7}}{% csrf_token %}",
    "javascript:hit()//",
]


@pytest.fixture
def page(chromium, committed, live_server):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(base_url=live_server.url, viewport={"width": 390, "height": 844}, locale="zh-CN")
        page.faults = []
        page.expose_function("hit", lambda: page.faults.append("executed"))
        page.expose_function("violated", lambda told: page.faults.append(told))
        page.add_init_script(
            "addEventListener('securitypolicyviolation', (event) => violated(event.blockedURI + ' ' + event.violatedDirective))"
        )
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        yield page
        browser.close()
        connections.close_all()  # beside Playwright's loop Django keeps connections of their own


def sign_in(page, username):
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")


def test_a_manager_finds_the_way_in_sets_up_an_authenticator_and_leaves(page, manager):
    page.goto("/login/?next=/account/")
    assert page.evaluate("document.activeElement.name") == "username"
    sign_in(page, "sun")
    secret = page.get_attribute("[data-copy]", "data-copy")
    assert page.evaluate("document.querySelector('.qr').naturalWidth") > 100, "the picture is not blocked"
    page.fill("[name=code]", code_now(secret))
    page.keyboard.press("Enter")
    page.wait_for_selector(".codes")
    page.click("text=已收好")
    page.wait_for_url(lambda url: "login" not in url)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.evaluate("document.querySelector('[data-logout]').requestSubmit()")
    page.wait_for_url("**/login/")
    page.go_back()
    page.wait_for_url("**/login/?next=/account/")
    assert page.faults == []


def test_nothing_somebody_typed_is_executed(page, engineer):
    type(engineer).objects.filter(pk=engineer.pk).update(name="".join(PAYLOADS)[:60])
    for payload in PAYLOADS:
        tokens.issue(engineer, payload)
    page.goto("/login/?next=/account/")
    for payload in PAYLOADS:
        page.fill("[name=username]", payload)
        page.fill("[name=password]", "wrong wrong wrong")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.is_visible(".refusal")
        assert page.input_value("[name=username]") == payload
    sign_in(page, "zhang")
    page.wait_for_url(lambda url: "login" not in url)
    for payload in PAYLOADS:
        assert page.get_by_text(payload, exact=True).count() == 1, payload
    assert page.faults == []
