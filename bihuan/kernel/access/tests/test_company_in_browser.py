"""The company's sign-in in a real browser: the policy lets the way there and back pass. ``SHOTS=folder`` keeps pictures."""

import os

import pytest
from django.db import connections
from playwright.sync_api import sync_playwright

from bihuan.organisation.models import Appointment

from .company import configured

pytestmark = pytest.mark.browser


@pytest.fixture
def company(settings, live_server):
    settings.ORIGIN = live_server.url.replace("localhost", "127.0.0.1")
    with configured(settings) as here:
        here.origin = settings.ORIGIN
        yield here


@pytest.fixture
def page(chromium, committed, company):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(base_url=company.origin, viewport={"width": 1280, "height": 800}, locale="zh-CN")
        page.faults = []
        page.expose_function("violated", lambda told: page.faults.append(told))
        page.add_init_script(
            "addEventListener('securitypolicyviolation', (event) => violated(event.blockedURI + ' ' + event.violatedDirective))"
        )
        yield page
        browser.close()
        connections.close_all()


def shot(page, name):
    if folder := os.environ.get("SHOTS"):
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


def test_one_goes_there_comes_back_signed_in_and_proves_it_anew(page, company, engineer):
    engineer.directory_name = "zhang.wei"
    engineer.set_unusable_password()
    engineer.save()
    Appointment.objects.create(person=engineer, role="administrator", branch=engineer.home_branch)
    page.goto("/login/?next=/account/")
    shot(page, "sign-in")
    page.click("text=华泵统一登录")
    page.wait_for_url("**/account/")
    assert "zhang.wei" in page.content()
    shot(page, "account")
    page.goto("/account/tokens/new/")
    shot(page, "token")
    page.click("text=到企业登录重新验证")
    page.wait_for_url("**/account/tokens/new/")
    assert page.query_selector("[name=password]") is None
    shot(page, "token-proved")
    page.goto("/people/zhang/directory/")
    shot(page, "link")
    page.goto("/people/zhang/")
    shot(page, "person")
    assert page.faults == []


def test_a_stranger_reads_whom_to_ask(page, company, engineer):
    page.goto("/login/")
    page.click("text=华泵统一登录")
    page.wait_for_selector("text=请联系系统管理员")
    shot(page, "stranger")
    assert page.faults == []
