"""Approving without a password here: the proof is a new sign-in at the company's provider, at most five minutes old (#23)."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from bihuan.kernel.access.tests.company import configured, through
from bihuan.organisation.domain.people import link
from bihuan.service.domain import order as orders

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def provider(settings):
    with configured(settings) as here:
        yield here


@pytest.fixture
def order(company):
    drafted = company.drafted()
    orders.submit(drafted, by=company.by("lead"), at=timezone.now())
    return drafted


def test_who_has_no_password_approves_after_signing_in_anew(company, provider, order, time_machine):
    link(company.head, "chen.zhiqiang", by=company.by("admin"), at=timezone.now())
    provider.claims |= {"sub": "c9", "preferred_username": "chen.zhiqiang"}
    browser, step = Client(), f"/r/{order.number}/steps/approve/"
    through(browser, provider)
    page = browser.get(step).content.decode()
    anew = f"/account/company/?next=/r/{order.number}/"
    assert anew in page.replace("%2F", "/")
    for given in ({}, {"password": ""}, {"password": "bihuan-test-2026"}):
        assert browser.post(step, given).status_code == 422
    assert through(browser, provider, anew)["Location"] == f"/r/{order.number}/"
    assert 'name="password"' not in browser.get(step).content.decode()
    signed_in = timezone.now()
    time_machine.move_to(signed_in + dt.timedelta(seconds=301))
    assert browser.post(step, {}).status_code == 422
    through(browser, provider, anew)
    assert browser.post(step, {}).status_code in {200, 204, 302}
    order.refresh_from_db()
    assert order.status == "approved"
    assert order.approved_at is not None
