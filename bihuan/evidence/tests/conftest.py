"""What the tests of the evidence share: a browser for somebody, the period that holds now, and a life told at set times."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from bihuan.evidence.period import Period, month_of, shifted


@pytest.fixture
def browse(company):
    def as_(key):
        client = Client()
        client.force_login(company.people[key])
        return client

    return as_


@pytest.fixture
def period():
    """The last two months: a test at midnight of the first of a month still finds its records."""
    now = month_of(timezone.now())
    return Period(shifted(now, -1), now)


@pytest.fixture
def contacted_after(company):
    """A request whose customer was spoken with *minutes* after the call, entered *entered* minutes after it."""
    from bihuan.service.domain import request as requests

    def tell(minutes, entered=None, at=None):
        import time_machine

        called = at or timezone.now() - dt.timedelta(days=1)
        with time_machine.travel(called + dt.timedelta(minutes=1), tick=False):
            request = company.registered(at=called)
            requests.assign(request, by=company.by("lead"), at=timezone.now(), engineer=company.engineer)
        said = called + dt.timedelta(minutes=minutes)
        with time_machine.travel(called + dt.timedelta(minutes=entered or minutes), tick=False):
            requests.contact(request, by=company.by("engineer"), at=said, answer="已约明早上门")
        return request

    return tell
