"""Passkeys in a real browser with its own virtual authenticator: real keys, real signatures, nothing of ours in between."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connections
from django.utils import timezone
from playwright.sync_api import sync_playwright

from bihuan.kernel.access.models import Passkey
from bihuan.service.domain import order as orders
from bihuan.service.tests import company

from .conftest import PASSWORD

pytestmark = pytest.mark.browser
DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def visit(chromium, committed, live_server, settings):
    """A page whose browser has an authenticator built in, and a function that says whether its owner is recognised."""
    settings.ORIGIN = live_server.url
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(base_url=live_server.url, viewport={"width": 1280, "height": 800}, locale="zh-CN")
        page.faults = []
        page.expose_function("violated", lambda told: page.faults.append(told))
        page.add_init_script(
            "addEventListener('securitypolicyviolation', (event) => violated(event.blockedURI + ' ' + event.violatedDirective))"
        )
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        protocol = page.context.new_cdp_session(page)
        protocol.send("WebAuthn.enable")
        device = protocol.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]

        def recognised(yes):
            protocol.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": yes})

        yield page, recognised
        browser.close()
        connections.close_all()  # beside Playwright's loop Django keeps connections of their own


def look(page, name):
    """Keep a picture of the page at both widths, when SHOTS names a folder."""
    if folder := os.environ.get("SHOTS"):
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
        page.set_viewport_size({"width": 1280, "height": 800})


def at_account(url):
    return urlsplit(url).path == "/account/"


def sign_in(page, username, password=PASSWORD):
    page.goto("/login/?next=/account/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url(at_account)


def add_passkey(page, password=PASSWORD):
    page.goto("/account/")
    look(page, "account-none")
    page.click("text=添加通行密钥")
    look(page, "proof")
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-passkey=register]")
    look(page, "new")
    page.fill("[name=name]", "办公室电脑")
    page.click("text=用这台设备添加")
    page.wait_for_url(at_account)


def test_a_passkey_is_added_opens_the_door_and_is_removed(visit, engineer):
    page, recognised = visit
    sign_in(page, "zhang")
    add_passkey(page)
    assert page.is_visible("text=办公室电脑")
    look(page, "account")
    page.evaluate("document.querySelector('[data-logout]').requestSubmit()")
    page.wait_for_url("**/login/")
    page.goto("/login/?next=/account/")
    look(page, "login")

    recognised(False)
    page.click("text=用通行密钥登录")
    page.wait_for_selector(".passkey-failed")
    look(page, "login-failed")
    recognised(True)
    page.click("text=用通行密钥登录")
    page.wait_for_url(at_account)
    assert Passkey.objects.get().sign_count > 0

    page.click("text=改名或移除")
    look(page, "one")
    page.fill("[name=password]", PASSWORD)
    page.click("button[name=remove]")
    page.wait_for_url(at_account)
    assert not Passkey.objects.exists()
    assert page.faults == []


def test_an_order_is_approved_by_touch_instead_of_the_password(visit, committed_company):
    page, recognised = visit
    order = committed_company.drafted()
    orders.submit(order, by=committed_company.by("lead"), at=timezone.now())
    head = committed_company.head
    sign_in(page, head.username, company.PASSWORD)
    add_passkey(page, company.PASSWORD)
    page.goto(f"/r/{order.number}/steps/approve/")
    look(page, "approve")
    recognised(False)
    page.click("text=用通行密钥确认")
    page.wait_for_selector(".passkey-failed")
    order.refresh_from_db()
    assert order.status == "submitted"
    recognised(True)
    page.click("text=用通行密钥确认")
    page.wait_for_url(lambda url: "steps" not in url)
    order.refresh_from_db()
    assert order.status == "approved"
    assert page.faults == []
